"""What is measured, and how: the options of every evaluator, each as its own module defines them."""

from __future__ import annotations

from benchmarks.measuring.cost import CostOptions
from benchmarks.measuring.energy import EnergyOptions
from benchmarks.measuring.fidelity import FidelityOptions
from benchmarks.measuring.latency import LatencyOptions
from benchmarks.measuring.robustness import RobustnessOptions
from benchmarks.strict import Strict


class Evaluation(Strict):
    """Options of every evaluator that has some, by its name; None switches one off."""

    cost: CostOptions | None = CostOptions()
    robustness: RobustnessOptions | None = RobustnessOptions()
    latency: LatencyOptions | None = LatencyOptions()
    energy: EnergyOptions | None = EnergyOptions()
    fidelity: FidelityOptions | None = FidelityOptions()
