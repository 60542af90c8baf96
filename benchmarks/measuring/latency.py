"""Wall-clock time of routed inference, beside the same network computing everything and beside its baseline.

All are optimised alike (`zoo.optimize_for_inference`). Configurations take turns (A B C A B C) on the same test images,
alone on the machine; each pass is timed by itself.
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
from benchmarks.measuring.configurations import Configuration, configurations, first_image
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict

WARM_UP = 0.2
"""Share of the time budget that is spent before anything is recorded."""
MIN_PASSES = 5
"""Passes of each configuration that are recorded at least, however small the budget."""
COLUMNS = ["batch_size", "repetition", "order", "first", "setting", "compute", "seconds", "device_seconds", "macs"]


class LatencyOptions(Strict):
    """Wall-clock time.

    Attributes:
        batch_sizes: images per batch.
        seconds: spent on each batch size.
        compile: time the baseline through `torch.compile` too, which takes up to a minute more and a C++ compiler.
    """

    batch_sizes: BatchSizes = (1, 32, 256)
    seconds: float = Field(2.0, gt=0)
    compile: bool = False


@evaluator("latency", alone=True, options=LatencyOptions, needs=("baseline",), order=4)
def latency(trained: TrainedNetwork, options: LatencyOptions) -> pd.DataFrame:
    """One row per timed pass.

    Columns: batch_size, repetition, order (`natural`: shuffled once; `sorted`: images of the same route together),
    first (position in that order of the first image), setting, compute, seconds (wall-clock), device_seconds (CUDA
    events; NaN elsewhere), macs (mean routed multiply-accumulates of the pass's images). `compute` is `needed` for
    every setting, `all` for the headline setting, whose routed batches are also timed in sorted order where routes
    differ. The baseline's rows have the setting `static resnet`, computing `all` or `compiled`.
    """
    everything = list(configurations(trained, compiled=options.compile))
    sizes = dict.fromkeys(min(size, len(trained.dataset.test)) for size in options.batch_sizes)
    return pd.concat([_time(everything, size, options.seconds) for size in sizes], ignore_index=True)


def _time(everything: list[Configuration], size: int, seconds: float) -> pd.DataFrame:
    started = time.perf_counter()
    chosen = [c for c in everything if size > 1 or c.order == "natural"]
    total = len(chosen[0].images)
    rows = []
    recorded = 0
    for turn in count():
        first = first_image(turn, size, total)
        elapsed = time.perf_counter() - started
        warm = turn > 0 and elapsed > WARM_UP * seconds
        if recorded >= MIN_PASSES and elapsed > seconds:
            break
        for configuration in chosen:
            wall, device = _timed(configuration, configuration.images[first : first + size])
            if warm:
                macs = configuration.macs[first : first + size].mean().item()
                place = (configuration.order, first, configuration.name, configuration.compute)
                rows.append((size, recorded, *place, wall, device, macs))
        recorded += warm
        if turn == 0:
            started = time.perf_counter()  # compilation and other first-time costs are not part of the budget
    return pd.DataFrame(rows, columns=COLUMNS)


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
