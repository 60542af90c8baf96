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

import numpy as np
import pandas as pd
from pydantic import Field

from benchmarks.measuring import evaluator
from benchmarks.measuring.batch_sizes import BatchSizes
from benchmarks.measuring.configurations import Configuration, configurations
from benchmarks.measuring.contenders import baselines, in_runtime
from benchmarks.measuring.doing import doing, part
from benchmarks.measuring.engine_names import EAGER, OPENVINO, PYTORCH, RACING, RUNTIME, SERVED, EngineName
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.measuring.turns import COLUMNS, one_turn, rows_of_pass, take_turns
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed

RACE = 0.25
"""Share of the time that engines race for, besides; each of them runs `RACED` times at least."""
RACED = 4


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
    doing("preparing its engines")
    static, *own = configurations(trained)
    runtime = in_runtime(trained, own) if RUNTIME in options.engines else []
    on_cpu = trained.device.type == "cpu"
    names = [name for name in (SERVED, *options.engines) if on_cpu or name in PYTORCH]
    sizes = list(dict.fromkeys(min(size, len(trained.dataset.test)) for size in options.batch_sizes))
    tables = []
    for place, size in enumerate(sizes):
        with part(place / len(sizes), (place + 1) / len(sizes)):
            with part(0, RACE / (1 + RACE)):
                doing(f"batch {size}, preparing the baseline's engines")
                dense = baselines(trained, size, static.images, names)
                fastest, race = _race([dense, *_by_role(own, runtime)], size, options, trained.seed)
            everything = [
                *fastest[:2],
                *(c for c in (*own, *runtime) if c.compute == "needed" and c.engine == fastest[2].engine),
            ]
            with part(RACE / (1 + RACE), 1):
                turns = take_turns(
                    everything, size, trained.seed, seconds=options.seconds, half_width=options.half_width
                )
        tables += [race, turns]
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
    if contenders:
        doing(f"batch {size}, {len({c.engine for c in contenders})} engines race", RACE * options.seconds)
    started = time.perf_counter()
    while contenders and (len(recorded) < RACED or time.perf_counter() - started < RACE * options.seconds):
        shuffle(order)
        passes, first = one_turn(contenders, order, len(recorded), size)
        for place, (wall, device) in passes.items():
            rows += [
                (*row, RACING) for row in rows_of_pass(contenders[place], size, len(recorded), first, wall, device)
            ]
        recorded.append([passes[place][0] for place in range(len(contenders))])
    medians = np.median(recorded[1:], axis=0) if recorded else np.zeros(0)  # the first turn warms up
    times = {id(c): float(t) for c, t in zip(contenders, medians, strict=True)}
    chosen = [min(role, key=lambda c: times.get(id(c), 0.0)) for role in roles]
    return chosen, pd.DataFrame(rows, columns=COLUMNS)
