"""Energy of routed inference on a GPU, beside the same network computing everything and beside its baseline.

The configurations are those of `benchmarks.measuring.latency`. They take turns (A B C A B C): each runs batch after
batch for about a second, waiting for each result. All go through the same images in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from time import sleep

import pandas as pd
import torch
from pydantic import Field

from benchmarks.measuring import evaluator
from benchmarks.measuring.batch_sizes import BatchSizes
from benchmarks.measuring.configurations import Configuration, configurations, first_image
from benchmarks.measuring.doing import doing, part
from benchmarks.measuring.energy_meter import EnergyUnavailable, Meter, energy_meter
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict

IDLE_INTERVAL = 0.005
"""Seconds between two readings of the counter while the GPU is idle."""
COLUMNS = [
    *("batch_size", "repetition", "setting", "measured_as", "compute"),
    *("passes", "seconds", "joules", "idle_watts", "note"),
]


class EnergyOptions(Strict):
    """Energy by a GPU's counter.

    Attributes:
        batch_sizes: images per batch.
        seconds: that each configuration runs in each turn; the counter changes every 20 to 100 ms, so that longer is
            more exact.
        repetitions: turns of all configurations.
    """

    batch_sizes: BatchSizes = (1, 32, 256)
    seconds: float = Field(1.0, gt=0)
    repetitions: int = Field(3, ge=1)


@evaluator("energy", alone=True, options=EnergyOptions, needs=("baseline",), order=5)
def energy(trained: TrainedNetwork, options: EnergyOptions) -> pd.DataFrame:
    """One row per configuration, batch size and turn; where energy cannot be measured, one per batch size and setting.

    Columns: batch_size, repetition, setting, measured_as, compute (as in the table `latency`), passes (number of
    batches), seconds and joules (of all passes together, by NVML's counter: the whole GPU's, idle power included),
    idle_watts (power of the idle GPU at the beginning of that turn), note (empty, or `not available: ...`, with no
    passes and NaN for every measurement).
    """
    sizes = list(dict.fromkeys(min(size, len(trained.dataset.test)) for size in options.batch_sizes))
    try:
        with energy_meter(trained.device) as meter:
            rows = _measure(trained, options, sizes, meter)
    except EnergyUnavailable as reason:
        nothing = (0, *[float("nan")] * 3, f"not available: {reason}")
        rows = [
            (size, 0, setting.name, setting.name, "needed", *nothing) for size in sizes for setting in trained.settings
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _measure(
    trained: TrainedNetwork, options: EnergyOptions, sizes: list[int], meter: Meter
) -> list[tuple[object, ...]]:
    chosen = [configuration for configuration in configurations(trained) if configuration.order == "natural"]
    rows: list[tuple[object, ...]] = []
    for size in sizes:
        passes = [_batch_after_batch(configuration, size) for configuration in chosen]
        for repetition in range(options.repetitions):
            _say(sizes, size, repetition, options, chosen)
            idle = meter.measure(lambda: sleep(IDLE_INTERVAL), options.seconds).watts
            for configuration, step in zip(chosen, passes, strict=True):
                configuration.apply_setting()
                found = meter.measure(step, options.seconds)
                measured = (found.steps, found.seconds, found.joules, idle, "")
                for name in configuration.names:
                    rows.append((size, repetition, name, configuration.name, configuration.compute, *measured))
    return rows


def _say(sizes: list[int], size: int, repetition: int, options: EnergyOptions, chosen: Sequence[Configuration]) -> None:
    """Tell which turn begins, of all turns at all batch sizes, which take equally long."""
    turns = options.repetitions * len(sizes)
    before = options.repetitions * sizes.index(size) + repetition
    with part(before / turns, (before + 1) / turns):
        what = f"batch {size}, {chosen[0].engine}, turn {repetition + 1} of {options.repetitions}"
        doing(what, options.seconds * (1 + len(chosen)))


def _batch_after_batch(configuration: Configuration, size: int) -> Callable[[], None]:
    """A function that runs the next batch each time, and returns when the result is there."""
    turns = count()
    total = len(configuration.images)

    def step() -> None:
        first = first_image(next(turns), size, total)
        configuration.answer(configuration.images[first : first + size])
        if configuration.images.is_cuda:
            torch.cuda.synchronize(configuration.images.device)

    return step
