"""What is measured, and how: the options of every evaluator, each as its own module defines them."""

from __future__ import annotations

from benchmarks.evaluators.cost import CostOptions
from benchmarks.evaluators.energy import EnergyOptions
from benchmarks.evaluators.fidelity import FidelityOptions
from benchmarks.evaluators.latency import LatencyOptions
from benchmarks.evaluators.robustness import RobustnessOptions
from benchmarks.strict import Strict


class Evaluation(Strict):
    """Options of every evaluator that has some, by its name; None switches one off."""

    cost: CostOptions | None = CostOptions()
    robustness: RobustnessOptions | None = RobustnessOptions()
    latency: LatencyOptions | None = LatencyOptions()
    energy: EnergyOptions | None = EnergyOptions()
    fidelity: FidelityOptions | None = FidelityOptions()
