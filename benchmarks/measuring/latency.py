"""Wall-clock time of routed inference, beside the same network computing everything and beside its baseline.

All are optimised alike (`zoo.optimize_for_inference`). Configurations take turns on the same test images, alone on the
machine; each pass is timed by itself. The order is shuffled in every turn (A B C, C A B, ...): a pass may be faster
because of what ran before it. Turns go on until the interval of every speed-up is narrow, or the time is spent.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import count

import numpy as np
import pandas as pd
import torch
from pydantic import Field
from torch import Tensor

from benchmarks.measuring import evaluator
from benchmarks.measuring.batch_sizes import BatchSizes
from benchmarks.measuring.configurations import Configuration, configurations, first_image
from benchmarks.measuring.ratios import Turns
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed

WARM_UP = 0.2
"""Share of the time budget that is spent before anything is recorded."""
MIN_PASSES = 5
"""Passes of each configuration that are recorded at least, however small the budget."""
FIRST_LOOK = 30
"""Turns after which it is first asked whether intervals are narrow: of fewer, their width itself is uncertain."""
NEXT_LOOK = 1.25
"""Growth of the number of turns until the next look."""
INTERVAL, BUDGET = "interval", "budget"
"""What ended the turns: every interval was narrow, or the time was spent."""
COLUMNS = [
    *("batch_size", "repetition", "order", "first", "setting", "measured_as", "compute"),
    *("seconds", "device_seconds", "macs", "ended_by"),
]


class LatencyOptions(Strict):
    """Wall-clock time.

    Attributes:
        batch_sizes: images per batch.
        seconds: spent on each batch size at most, but for the first passes.
        half_width: turns end sooner where the 95 % interval of every setting's speed-up is the speed-up plus or minus
            this part of it.
        compile: time the baseline through `torch.compile` too, which takes up to a minute more and a C++ compiler.
    """

    batch_sizes: BatchSizes = (1, 32, 256)
    seconds: float = Field(2.0, gt=0)
    half_width: float = Field(0.015, gt=0, lt=1)
    compile: bool = False


@evaluator("latency", alone=True, options=LatencyOptions, needs=("baseline",), order=4)
def latency(trained: TrainedNetwork, options: LatencyOptions) -> pd.DataFrame:
    """One row per timed pass and setting, in the order of time.

    Columns: batch_size, repetition (the turn), order (`natural`: shuffled once; `sorted`: images of the same route
    together), first (position in that order of the first image), setting, measured_as (the setting that was timed: of
    settings with equal values the first), compute, seconds (wall-clock), device_seconds (CUDA events; NaN elsewhere),
    macs (mean routed multiply-accumulates of the pass's images), ended_by (what ended the turns at this batch size:
    `interval` or `budget`). `compute` is `needed` for every setting, `all` for the headline setting, whose routed
    batches are also timed in sorted order where routes differ. The baseline's rows have the setting `static resnet`,
    computing `all` or `compiled`.
    """
    everything = list(configurations(trained, compiled=options.compile))
    sizes = dict.fromkeys(min(size, len(trained.dataset.test)) for size in options.batch_sizes)
    tables = [take_turns(everything, size, options, trained.seed) for size in sizes]
    return pd.concat(tables, ignore_index=True)


def take_turns(everything: Sequence[Configuration], size: int, options: LatencyOptions, seed: int) -> pd.DataFrame:
    """Time configurations at one batch size; columns as `latency` says.

    Args:
        everything: configurations of the same images; the first is the one that speed-ups compare with.
        size: images per batch.
        options: of the evaluator.
        seed: of the order of every turn.
    """
    chosen = [c for c in everything if size > 1 or c.order == "natural"]
    speeds = [place for place, c in enumerate(chosen) if c.compute == "needed" and c.order == "natural"]
    shuffle = random.Random(derive_seed(seed, "turns", size)).shuffle
    order = list(range(len(chosen)))
    rows: list[tuple[object, ...]] = []
    recorded: list[list[float]] = []
    look = FIRST_LOOK
    started = time.perf_counter()
    for turn in count():
        elapsed = time.perf_counter() - started
        warm = turn > 0 and elapsed > WARM_UP * options.seconds
        if len(recorded) >= look:
            look = int(NEXT_LOOK * look)
            if _widest(recorded, speeds) <= options.half_width:
                return pd.DataFrame([(*row, INTERVAL) for row in rows], columns=COLUMNS)
        if len(recorded) >= MIN_PASSES and elapsed > options.seconds:
            return pd.DataFrame([(*row, BUDGET) for row in rows], columns=COLUMNS)
        shuffle(order)
        first = first_image(turn, size, len(chosen[0].images))
        passes = {place: _timed(chosen[place], chosen[place].images[first : first + size]) for place in order}
        if warm:
            for place, (wall, device) in passes.items():
                rows += _rows(chosen[place], size, len(recorded), first, wall, device)
            recorded.append([passes[place][0] for place in range(len(chosen))])
        if turn == 0:
            started = time.perf_counter()  # compilation and other first-time costs are not part of the budget
    raise AssertionError("turns end by interval or budget")


def _rows(
    configuration: Configuration, size: int, turn: int, first: int, wall: float, device: float
) -> list[tuple[object, ...]]:
    """A row per setting that a pass measured, without its last column."""
    macs = configuration.macs[first : first + size].mean().item()
    return [
        (size, turn, configuration.order, first, name, configuration.name, configuration.compute, wall, device, macs)
        for name in configuration.names
    ]


def _widest(recorded: Sequence[Sequence[float]], speeds: Sequence[int]) -> float:
    """The largest relative half-width of the speed-ups over the first configuration."""
    turns = Turns(np.array(recorded))
    return max(turns.ratio(0, place).half_width for place in speeds)


def _timed(configuration: Configuration, batch: Tensor) -> tuple[float, float]:
    """Seconds of one pass over (N, C, H, W): by the wall clock, and by the GPU's, NaN where there is none."""
    configuration.apply_setting()
    if not batch.is_cuda:
        started = time.perf_counter()
        configuration.answer(batch)
        return time.perf_counter() - started, float("nan")
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    stream = torch.cuda.current_stream(batch.device)
    torch.cuda.synchronize(batch.device)
    started = time.perf_counter()
    before.record(stream)
    configuration.answer(batch)
    after.record(stream)
    torch.cuda.synchronize(batch.device)
    return time.perf_counter() - started, before.elapsed_time(after) / 1e3
