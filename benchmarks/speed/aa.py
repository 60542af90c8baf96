"""A/A: the same network timed twice is not called different, and a planted slow-down is found.

The evaluator of latency times three contenders in turns, by the wall clock: a small ResNet, a copy of it, and a copy
whose every pass waits for another 5 % of its time. Its summary says of both copies whether they differ
from the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from benchmarks import data
from benchmarks.data import Dataset
from benchmarks.measuring.configurations import Configuration
from benchmarks.measuring.latency import LatencyOptions
from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.measuring.summaries.latency import latency_columns
from benchmarks.measuring.turns import take_turns
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import Ratio
from benchmarks.training.numerics import single_threaded
from benchmarks.training.tasks import task_of
from zoo import Setting, create, optimize_for_inference

CHECKS = 100
SLOWER = 0.05
SIZES = (1, 32)
"""Batch sizes, in turns."""
SELECTOR = "resnet[tiny]"
IMAGES = 1000
SAME, FOUND = 0.99, 0.95
"""Least shares of checks in which the copy is not different, and in which the slow one is."""


def measure(seconds: float) -> pd.DataFrame:
    """How often timing is right about two copies.

    Args:
        seconds: for the turns of all checks together, at most; too few leave intervals wide, and slow-downs unfound.

    Returns:
        Two rows, columns as `benchmarks.speed.table.row_of` says: shares of checks, their 95 % intervals, number of
        checks.
    """
    with single_threaded():
        digits = data.load("mnist5k")
        rows = [check(digits, SIZES[n % len(SIZES)], seconds / CHECKS, seed=n) for n in range(CHECKS)]
    found = pd.DataFrame(rows)
    narrow = f"{found['narrow'].mean():.0%} of the checks ended with a narrow interval"
    where = (
        f"{SELECTOR}, batch {' and '.join(map(str, SIZES))}, median of {found['passes'].median():.0f} turns; {narrow}"
    )
    bias = f"ratios from {found['same'].min():.3f} to {found['same'].max():.3f}"
    sure = found[found["narrow"] == 1]
    slow = (
        f"{(sure['slowed_verdict'] == -1).sum()} of {len(sure)} with a narrow interval; "
        f"ratios from {found['slowed'].min():.3f} to {found['slowed'].max():.3f}"
    )
    return pd.DataFrame(
        [
            share_of("the same network is not called different", f"{where}; {bias}", found["same_verdict"] == 0, SAME),
            share_of(f"{SLOWER:.0%} slower is found", slow, found["slowed_verdict"] == -1, FOUND),
        ]
    )


def check(digits: Dataset, size: int, seconds: float, *, seed: int) -> dict[str, float]:
    """Time the three contenders on test images, and say what the summary says of the two copies.

    Args:
        digits: whose images are taken.
        size: images per batch.
        seconds: at most.
        seed: of the order of turns.

    Returns:
        Speed-up and verdict of both (`same`, `same_verdict`, `slowed`, ...), number of turns, whether the interval
        ended them.
    """
    contenders = [contender(digits, name) for name in ("", "same", "slowed")]
    table = take_turns(contenders, size, seed, seconds=seconds, half_width=LatencyOptions().half_width)
    summary = latency_columns(table, pd.DataFrame()).to_dict("index")
    found = {}
    for name in ("same", "slowed"):
        found[name], found[f"{name}_verdict"] = summary[name][f"speedup_{size}"], summary[name][f"faster_{size}"]
    return {**found, "passes": summary["same"][f"passes_{size}"], "narrow": summary["same"][f"narrow_{size}"]}


def contender(digits: Dataset, name: str) -> Configuration:
    """A copy of the network, with the same weights: the baseline if it has no name, slow if it is `slowed`."""
    torch.manual_seed(0)
    served = optimize_for_inference(create(SELECTOR, task_of(digits.info)))
    batch = next(iter(digits.test.batches(IMAGES)))
    images = batch.images.contiguous(memory_format=torch.channels_last)
    answer: Callable[[Tensor], object] = slow_down(served) if name == "slowed" else served
    costs = torch.ones(len(images), dtype=torch.float64)
    setting = Setting(name=name) if name else None
    return Configuration(served, setting, "needed" if name else "all", "natural", images, costs, answer)


def slow_down(answer: Callable[[Tensor], object]) -> Callable[[Tensor], object]:
    """The same answers, `SLOWER` later."""

    def slowed(batch: Tensor) -> object:
        started = time.perf_counter()
        found = answer(batch)
        until = time.perf_counter() + SLOWER * (time.perf_counter() - started)
        while time.perf_counter() < until:
            pass
        return found

    return slowed


def share_of(what: str, configuration: str, right: pd.Series, target: float) -> dict[str, Any]:
    """The row of a share of checks."""
    low, high = wilson_interval(int(right.sum()), len(right))
    return row_of(what, configuration, Ratio(float(right.mean()), low, high, len(right)), target)
