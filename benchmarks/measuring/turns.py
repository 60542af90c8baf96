"""Timing in turns: configurations run one after another, in an order that is shuffled in every turn."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import count

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from benchmarks.measuring.configurations import Configuration, first_image
from benchmarks.measuring.doing import doing
from benchmarks.measuring.ratios import Turns
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
    *("batch_size", "repetition", "order", "first", "setting", "measured_as", "compute", "engine"),
    *("seconds", "device_seconds", "macs", "ended_by"),
]


def take_turns(
    everything: Sequence[Configuration], size: int, seed: int, *, seconds: float, half_width: float
) -> pd.DataFrame:
    """Time configurations at one batch size; columns as the table `latency` has them.

    Args:
        everything: configurations of as many images; the first is the one that the others are compared with.
        size: images per batch.
        seed: of the order of every turn.
        seconds: that are spent at most, but for the first passes.
        half_width: turns end sooner where the 95 % interval of every ratio to the first is that ratio plus or minus
            this part of it.
    """
    chosen = [c for c in everything if size > 1 or c.order == "natural"]
    speeds = [place for place, c in enumerate(chosen) if c.compute == "needed" and c.order == "natural"]
    shuffle = random.Random(derive_seed(seed, "turns", size)).shuffle
    order = list(range(len(chosen)))
    rows: list[tuple[object, ...]] = []
    recorded: list[list[float]] = []
    look = FIRST_LOOK
    doing(f"batch {size}, {' and '.join(dict.fromkeys(c.engine for c in chosen))}", seconds)
    started = time.perf_counter()
    for turn in count():
        elapsed = time.perf_counter() - started
        warm = turn > 0 and elapsed > WARM_UP * seconds
        if len(recorded) >= look:
            look = int(NEXT_LOOK * look)
            if _widest(recorded, speeds) <= half_width:
                return pd.DataFrame([(*row, INTERVAL) for row in rows], columns=COLUMNS)
        if len(recorded) >= MIN_PASSES and elapsed > seconds:
            return pd.DataFrame([(*row, BUDGET) for row in rows], columns=COLUMNS)
        shuffle(order)
        passes, first = one_turn(chosen, order, turn, size)
        if warm:
            for place, (wall, device) in passes.items():
                rows += rows_of_pass(chosen[place], size, len(recorded), first, wall, device)
            recorded.append([passes[place][0] for place in range(len(chosen))])
        if turn == 0:
            started = time.perf_counter()  # compilation and other first-time costs are not part of the budget
    raise AssertionError("turns end by interval or budget")


def one_turn(
    chosen: Sequence[Configuration], order: Sequence[int], turn: int, size: int
) -> tuple[dict[int, tuple[float, float]], int]:
    """One pass of each in that order, by its place: seconds by the wall clock and the GPU's; and the first image."""
    first = first_image(turn, size, len(chosen[0].images))
    return {place: _timed(chosen[place], chosen[place].images[first : first + size]) for place in order}, first


def rows_of_pass(
    configuration: Configuration, size: int, turn: int, first: int, wall: float, device: float
) -> list[tuple[object, ...]]:
    """A row per setting that a pass measured, without its last column."""
    c = configuration
    macs = c.macs[first : first + size].mean().item()
    return [(size, turn, c.order, first, name, c.name, c.compute, c.engine, wall, device, macs) for name in c.names]


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
