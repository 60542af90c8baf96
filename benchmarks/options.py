"""What is measured, and how: the options of every evaluator, as checked values."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from benchmarks.recipe import Strict


class RobustnessOptions(Strict):
    """Attacks within an L-infinity ball.

    Attributes:
        samples: pictures of the test split, from its beginning.
        epsilons: radii in units of [0, 1] pixels, None for the data set's own row.
        pgd_steps: of PGD.
        batch_size: pictures that are attacked together; on a CPU 50 to 100 are fastest.
        engine: of PGD: `compacting` leaves a picture alone once it is fooled, `foolbox` takes every step for every
            picture and judges the last; see `benchmarks.evaluators.pgd` for what differs.
    """

    samples: int = Field(500, ge=1)
    epsilons: tuple[float, ...] | None = None
    pgd_steps: int = Field(20, ge=1)
    batch_size: int = Field(100, ge=1)
    engine: Literal["compacting", "foolbox"] = "compacting"

    @field_validator("epsilons")
    @classmethod
    def _positive(cls, epsilons: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if epsilons is not None and (not epsilons or min(epsilons) <= 0 or max(epsilons) > 1):
            raise ValueError("epsilons must be numbers above 0 and at most 1, in units of [0, 1] pixels")
        return epsilons


def _positive_sizes(sizes: tuple[int, ...]) -> tuple[int, ...]:
    if not sizes or min(sizes) < 1:
        raise ValueError("batch_sizes must be numbers of at least 1")
    return sizes


class LatencyOptions(Strict):
    """Wall-clock.

    Attributes:
        batch_sizes: to time.
        seconds: spent on each.
        compile: time the static ResNet through `torch.compile` too, which takes up to a minute more and a C++ compiler.
    """

    batch_sizes: tuple[int, ...] = (1, 32, 256)
    seconds: float = Field(2.0, gt=0)
    compile: bool = False

    _checked = field_validator("batch_sizes")(_positive_sizes)


class EnergyOptions(Strict):
    """Energy by a GPU's counter.

    Attributes:
        batch_sizes: to measure at.
        seconds: of each contender in each turn; the counter moves every 20 to 100 ms, which is how exact an end is.
        repetitions: turns of all contenders.
    """

    batch_sizes: tuple[int, ...] = (1, 32, 256)
    seconds: float = Field(1.0, gt=0)
    repetitions: int = Field(3, ge=1)

    _checked = field_validator("batch_sizes")(_positive_sizes)


class CostOptions(Strict):
    """Counting: batch size at which executed operations are counted over the whole test set."""

    batch_size: int = Field(250, ge=1)


class FidelityOptions(Strict):
    """Sizes against those that were published: a wildcard for the presets to build."""

    presets: str = "*"


class Evaluation(Strict):
    """Options of every evaluator; None switches one off."""

    cost: CostOptions | None = CostOptions()
    robustness: RobustnessOptions | None = RobustnessOptions()
    latency: LatencyOptions | None = LatencyOptions()
    energy: EnergyOptions | None = EnergyOptions()
    fidelity: FidelityOptions | None = FidelityOptions()
