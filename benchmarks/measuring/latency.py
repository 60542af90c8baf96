"""Wall-clock time of routed inference, beside the same network computing everything and beside its baseline.

Each is timed in the engine that is the fastest for it on this machine: PyTorch, ONNX Runtime and others race first, in
turns that are stored and used for nothing else. Configurations take turns on the same test images, alone on the
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
from benchmarks.measuring.contenders import baselines, in_runtime
from benchmarks.measuring.engine_names import EAGER, OPENVINO, PYTORCH, RACING, RUNTIME, SERVED, EngineName
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
RACE = 0.25
"""Share of the time that engines race for, besides; each of them runs `RACED` times at least."""
RACED = 4
INTERVAL, BUDGET = "interval", "budget"
"""What ended the turns: every interval was narrow, or the time was spent."""
COLUMNS = [
    *("batch_size", "repetition", "order", "first", "setting", "measured_as", "compute", "engine"),
    *("seconds", "device_seconds", "macs", "ended_by"),
]


class LatencyOptions(Strict):
    """Wall-clock time.

    Attributes:
        batch_sizes: images per batch.
        seconds: spent on each batch size at most, but for the first passes.
        half_width: turns end sooner where the 95 % interval of every setting's speed-up is the speed-up plus or minus
            this part of it.
        engines: that may race; PyTorch's own always does. `torch.compile`, and `torch.compile max-autotune` with
            frozen weights, take up to a minute more each and a C++ compiler; ONNX Runtime takes seconds per network
            to write it down.
    """

    batch_sizes: BatchSizes = (1, 32, 256)
    seconds: float = Field(2.0, gt=0)
    half_width: float = Field(0.015, gt=0, lt=1)
    engines: tuple[EngineName, ...] = (EAGER, RUNTIME, OPENVINO)


@evaluator("latency", alone=True, options=LatencyOptions, needs=("baseline",), order=4)
def latency(trained: TrainedNetwork, options: LatencyOptions) -> pd.DataFrame:
    """One row per timed pass and setting, in the order of time.

    Columns: batch_size, repetition (the turn), order (`natural`: shuffled once; `sorted`: images of the same route
    together), first (position in that order of the first image), setting, measured_as (the setting that was timed: of
    settings with equal values the first), compute, engine (`benchmarks.measuring.engine_names`), seconds (wall-clock),
    device_seconds (CUDA events; NaN elsewhere), macs (mean routed multiply-accumulates of the pass's images), ended_by
    (what ended the turns at this batch size: `interval` or `budget`; `race`: this pass chose an engine, and has a turn
    of another count). `compute` is `needed` for every setting, `all` for the headline setting, whose routed batches are
    also timed in sorted order where routes differ. The baseline's rows have the setting `static resnet`, computing
    `all`.
    """
    static, *own = configurations(trained)
    runtime = in_runtime(trained, own) if RUNTIME in options.engines else []
    on_cpu = trained.device.type == "cpu"
    names = [name for name in (SERVED, *options.engines) if on_cpu or name in PYTORCH]
    sizes = dict.fromkeys(min(size, len(trained.dataset.test)) for size in options.batch_sizes)
    tables = []
    for size in sizes:
        dense = baselines(trained, size, static.images, names)
        fastest, race = _race([dense, *_by_role(own, runtime)], size, options, trained.seed)
        everything = [
            *fastest[:2],
            *(c for c in (*own, *runtime) if c.compute == "needed" and c.engine == fastest[2].engine),
        ]
        tables += [race, take_turns(everything, size, options, trained.seed)]
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def _by_role(own: Sequence[Configuration], runtime: Sequence[Configuration]) -> list[list[Configuration]]:
    """The headline setting in every engine: computing everything, and what is needed, which stands for all settings."""
    everyone = [c for c in (*own, *runtime) if c.setting is own[0].setting and c.order == "natural"]
    return [[c for c in everyone if c.compute == compute] for compute in ("all", "needed")]


def _race(
    roles: Sequence[Sequence[Configuration]], size: int, options: LatencyOptions, seed: int
) -> tuple[list[Configuration], pd.DataFrame]:
    """The fastest configuration of every role by the median of its passes, and the rows of all passes."""
    contenders = [c for role in roles if len(role) > 1 for c in role]
    shuffle = random.Random(derive_seed(seed, "race", size)).shuffle
    order = list(range(len(contenders)))
    rows: list[tuple[object, ...]] = []
    recorded: list[list[float]] = []
    started = time.perf_counter()
    while contenders and (len(recorded) < RACED or time.perf_counter() - started < RACE * options.seconds):
        shuffle(order)
        passes, first = _turn(contenders, order, len(recorded), size)
        for place, (wall, device) in passes.items():
            rows += [(*row, RACING) for row in _rows(contenders[place], size, len(recorded), first, wall, device)]
        recorded.append([passes[place][0] for place in range(len(contenders))])
    medians = np.median(recorded[1:], axis=0) if recorded else np.zeros(0)  # the first turn warms up
    times = {id(c): float(t) for c, t in zip(contenders, medians, strict=True)}
    chosen = [min(role, key=lambda c: times.get(id(c), 0.0)) for role in roles]
    return chosen, pd.DataFrame(rows, columns=COLUMNS)


def _turn(
    chosen: Sequence[Configuration], order: Sequence[int], turn: int, size: int
) -> tuple[dict[int, tuple[float, float]], int]:
    """One pass of each in that order, by its place: seconds by the wall clock and the GPU's; and the first image."""
    first = first_image(turn, size, len(chosen[0].images))
    return {place: _timed(chosen[place], chosen[place].images[first : first + size]) for place in order}, first


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
        passes, first = _turn(chosen, order, turn, size)
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
