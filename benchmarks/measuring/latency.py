"""Wall-clock of routed inference, beside the same network computing everything and beside the static ResNet.

All are served alike (`zoo.optimize_for_inference`). Contenders take turns on the same real test pictures (A B C A B C),
alone on the machine, each pass timed by itself.
"""

from __future__ import annotations

import time
from itertools import count

import pandas as pd
import torch
from pydantic import Field
from torch import Tensor

from benchmarks.measuring import evaluator
from benchmarks.measuring.batch_sizes import BatchSizes
from benchmarks.measuring.contenders import Contender, contenders, first_picture
from benchmarks.measuring.subject import Subject
from benchmarks.strict import Strict

WARM_UP = 0.2
"""Part of the time budget spent before anything is recorded."""
FEWEST = 5
"""Passes of each contender that are recorded whatever the budget."""
COLUMNS = ["batch_size", "repetition", "order", "first", "setting", "compute", "seconds", "device_seconds", "macs"]


class LatencyOptions(Strict):
    """Wall-clock.

    Attributes:
        batch_sizes: to time.
        seconds: spent on each.
        compile: time the static ResNet through `torch.compile` too, which takes up to a minute more and a C++ compiler.
    """

    batch_sizes: BatchSizes = (1, 32, 256)
    seconds: float = Field(2.0, gt=0)
    compile: bool = False


@evaluator("latency", alone=True, options=LatencyOptions, needs=("baseline",), order=4)
def latency(subject: Subject, options: LatencyOptions) -> pd.DataFrame:
    """One row per timed pass.

    Columns: batch_size, repetition, order (`natural`: shuffled once; `sorted`: pictures of the same route together),
    first (position in that order of the first picture), setting, compute, seconds (wall-clock), device_seconds (CUDA
    events; NaN elsewhere), macs (mean routed multiply-accumulates of the pass's pictures). `compute` is `needed` for
    every setting, `all` for the headline setting, whose routed batches are also timed in sorted order where routes
    differ. The baseline's rows have the setting `static resnet`, computing `all` or `compiled`.
    """
    everyone = list(contenders(subject, compiled=options.compile))
    sizes = dict.fromkeys(min(size, len(subject.dataset.test)) for size in options.batch_sizes)
    return pd.concat([_time(everyone, size, options.seconds) for size in sizes], ignore_index=True)


def _time(everyone: list[Contender], size: int, seconds: float) -> pd.DataFrame:
    started = time.perf_counter()
    taking_part = [c for c in everyone if size > 1 or c.order == "natural"]
    total = len(taking_part[0].images)
    rows = []
    recorded = 0
    for turn in count():
        first = first_picture(turn, size, total)
        elapsed = time.perf_counter() - started
        warm = turn > 0 and elapsed > WARM_UP * seconds
        if recorded >= FEWEST and elapsed > seconds:
            break
        for contender in taking_part:
            wall, device = _timed(contender, contender.images[first : first + size])
            if warm:
                macs = contender.macs[first : first + size].mean().item()
                place = (contender.order, first, contender.name, contender.compute)
                rows.append((size, recorded, *place, wall, device, macs))
        recorded += warm
        if turn == 0:
            started = time.perf_counter()  # compilation and other first-time costs are not part of the budget
    return pd.DataFrame(rows, columns=COLUMNS)


def _timed(contender: Contender, batch: Tensor) -> tuple[float, float]:
    """Seconds of one pass over (N, C, H, W): by the wall clock, and by the GPU's, NaN where there is none."""
    contender.get_ready()
    if not batch.is_cuda:
        started = time.perf_counter()
        contender.answer(batch)
        return time.perf_counter() - started, float("nan")
    before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    stream = torch.cuda.current_stream(batch.device)
    torch.cuda.synchronize(batch.device)
    started = time.perf_counter()
    before.record(stream)
    contender.answer(batch)
    after.record(stream)
    torch.cuda.synchronize(batch.device)
    return time.perf_counter() - started, before.elapsed_time(after) / 1e3
