"""Wall-clock of routed inference, beside the same network computing everything and beside the static ResNet.

All are served alike (`zoo.optimize_for_inference`): batch norms folded, channels-last, in inference mode. Contenders
take turns on the same real test pictures (A B C A B C), alone on the machine, each pass timed by itself.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from itertools import count

import pandas as pd
import torch
from torch import Tensor

from benchmarks.evaluators.base import Subject, evaluator
from benchmarks.options import Evaluation
from benchmarks.seeds import derive
from zoo.contract import Compute, Setting
from zoo.serving import Served, optimize_for_inference

BASELINE = "static resnet"
"""Setting name of the baseline's rows."""
WARM_UP = 0.2
"""Part of the time budget spent before anything is recorded."""
FEWEST = 5
"""Passes of each contender that are recorded whatever the budget."""


@dataclass(frozen=True)
class Contender:
    """Something to time: a network at a setting (None: it has none), computing all or only what is needed."""

    net: Served
    setting: Setting | None
    compute: Compute

    @property
    def name(self) -> str:
        """As the table's column `setting` has it."""
        return self.setting.name if self.setting else BASELINE

    def timed(self, batch: Tensor) -> float:
        """Seconds of one pass over (N, C, H, W)."""
        if self.setting is not None and self.net.setting is not self.setting:
            self.net.use(self.setting)
        _synchronize(batch.device)
        started = time.perf_counter()
        self.net(batch, compute=self.compute)
        _synchronize(batch.device)
        return time.perf_counter() - started


@evaluator("latency", alone=True, options="latency")
def latency(subject: Subject, evaluation: Evaluation) -> pd.DataFrame:
    """One row per timed pass.

    Columns: batch_size, repetition, first (position in the test order of the first picture), setting, compute,
    seconds. `compute` is `needed` for every setting, `all` for the headline setting, and the baseline's rows have
    the setting `static resnet`.
    """
    options = evaluation.latency
    assert options is not None
    images = torch.cat([batch.images for batch in subject.dataset.test.batches(500, device=subject.device)])
    order = list(range(len(images)))
    random.Random(derive(subject.seed, "latency")).shuffle(order)
    images = images[torch.tensor(order, device=images.device)].contiguous(memory_format=torch.channels_last)
    contenders = _contenders(subject)
    sizes = dict.fromkeys(min(size, len(images)) for size in options.batch_sizes)
    tables = [_time(contenders, images, size, options.seconds) for size in sizes]
    return pd.concat(tables, ignore_index=True)


def _contenders(subject: Subject) -> list[Contender]:
    net = optimize_for_inference(subject.net)
    return [
        Contender(optimize_for_inference(subject.baseline), None, "all"),
        Contender(net, subject.settings[0], "all"),
        *(Contender(net, setting, "needed") for setting in subject.settings),
    ]


def _time(contenders: list[Contender], images: Tensor, size: int, seconds: float) -> pd.DataFrame:
    started = time.perf_counter()
    rows = []
    recorded = 0
    for turn in count():
        first = turn * size % (len(images) - size + 1)
        batch = images[first : first + size]
        elapsed = time.perf_counter() - started
        warm = turn > 0 and elapsed > WARM_UP * seconds
        if recorded >= FEWEST and elapsed > seconds:
            break
        for contender in contenders:
            taken = contender.timed(batch)
            if warm:
                rows.append((size, recorded, first, contender.name, contender.compute, taken))
        recorded += warm
    columns = ["batch_size", "repetition", "first", "setting", "compute", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
