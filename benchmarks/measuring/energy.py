"""Energy of routed inference on a GPU, beside the same network computing everything and beside the static ResNet.

The contenders of `benchmarks.measuring.latency`, served alike. One after another answers batch after batch for a
second or so, waiting for each answer, and then all take the next turn (A B C A B C). Each goes through the same
pictures in the same order, as far as its time lasts.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from time import sleep

import pandas as pd
import torch
from pydantic import Field

from benchmarks.measuring import evaluator
from benchmarks.measuring.batch_sizes import BatchSizes
from benchmarks.measuring.contenders import Contender, contenders, first_picture
from benchmarks.measuring.nvml import Meter, NoEnergy, energy_meter
from benchmarks.measuring.subject import Subject
from benchmarks.strict import Strict

NAP = 0.005
"""Seconds that the host sleeps between looks at the counter of an idle GPU."""
COLUMNS = [
    *("batch_size", "repetition", "setting", "compute", "passes", "seconds", "joules", "idle_watts", "note"),
]


class EnergyOptions(Strict):
    """Energy by a GPU's counter.

    Attributes:
        batch_sizes: to measure at.
        seconds: of each contender in each turn; the counter moves every 20 to 100 ms, which is how exact an end is.
        repetitions: turns of all contenders.
    """

    batch_sizes: BatchSizes = (1, 32, 256)
    seconds: float = Field(1.0, gt=0)
    repetitions: int = Field(3, ge=1)


@evaluator("energy", alone=True, options=EnergyOptions, needs=("baseline",), order=5)
def energy(subject: Subject, options: EnergyOptions) -> pd.DataFrame:
    """One row per contender, batch size and turn; where energy cannot be measured, one per size and setting says why.

    Columns: batch_size, repetition, setting, compute (as in the table `latency`), passes (batches answered), seconds
    and joules (of all of them together, by NVML's counter: the whole GPU's, what it takes idle included), idle_watts
    (what the GPU took at the beginning of that turn, doing nothing), note (empty, or `not available: ...`, with no
    passes and NaN for every measurement).
    """
    sizes = list(dict.fromkeys(min(size, len(subject.dataset.test)) for size in options.batch_sizes))
    try:
        with energy_meter(subject.device) as meter:
            rows = _measure(subject, options, sizes, meter)
    except NoEnergy as reason:
        nothing = (0, *[float("nan")] * 3, f"not available: {reason}")
        rows = [(size, 0, setting.name, "needed", *nothing) for size in sizes for setting in subject.settings]
    return pd.DataFrame(rows, columns=COLUMNS)


def _measure(subject: Subject, options: EnergyOptions, sizes: list[int], meter: Meter) -> list[tuple[object, ...]]:
    taking_part = [contender for contender in contenders(subject) if contender.order == "natural"]
    rows: list[tuple[object, ...]] = []
    for size in sizes:
        passes = [_batch_after_batch(contender, size) for contender in taking_part]
        for repetition in range(options.repetitions):
            idle = meter.measure(lambda: sleep(NAP), options.seconds).watts
            for contender, step in zip(taking_part, passes, strict=True):
                contender.get_ready()
                found = meter.measure(step, options.seconds)
                what = (size, repetition, contender.name, contender.compute)
                rows.append((*what, found.steps, found.seconds, found.joules, idle, ""))
    return rows


def _batch_after_batch(contender: Contender, size: int) -> Callable[[], None]:
    """What answers the next batch each time, and returns when the answer is there."""
    turns = count()
    total = len(contender.images)

    def step() -> None:
        first = first_picture(next(turns), size, total)
        contender.answer(contender.images[first : first + size])
        if contender.images.is_cuda:
            torch.cuda.synchronize(contender.images.device)

    return step
