"""Wall-clock of routed inference, beside the same network computing everything and beside the static ResNet.

All are served alike (`zoo.optimize_for_inference`). Contenders take turns on the same real test pictures (A B C A B C),
alone on the machine, each pass timed by itself.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pandas as pd
import torch
from torch import Tensor

from benchmarks.evaluators.base import Subject, evaluator, route_text
from benchmarks.options import Evaluation, LatencyOptions
from benchmarks.seeds import derive
from zoo.contract import Setting
from zoo.serving import Served, optimize_for_inference

BASELINE = "static resnet"
"""Setting name of the baseline's rows."""
WARM_UP = 0.2
"""Part of the time budget spent before anything is recorded."""
FEWEST = 5
"""Passes of each contender that are recorded whatever the budget."""
COLUMNS = ["batch_size", "repetition", "order", "first", "setting", "compute", "seconds", "device_seconds", "macs"]


@dataclass(frozen=True)
class Contender:
    """Something to time.

    Attributes:
        served: the network.
        setting: it is at; None: it has none.
        compute: `needed`, `all`, or `compiled`, which is all of it through `torch.compile`.
        order: of the pictures, `natural` or `sorted` by route.
        images: (T, C, H, W) in that order.
        macs: (T,) what each of them costs, float64; NaN where that is not known.
        answer: takes (N, C, H, W).
    """

    served: Served
    setting: Setting | None
    compute: str
    order: str
    images: Tensor
    macs: Tensor
    answer: Callable[[Tensor], object]

    @property
    def name(self) -> str:
        """As the table's column `setting` has it."""
        return self.setting.name if self.setting else BASELINE

    def timed(self, batch: Tensor) -> tuple[float, float]:
        """Seconds of one pass over (N, C, H, W): by the wall clock, and by the GPU's, NaN where there is none."""
        if self.setting is not None and self.served.setting is not self.setting:
            self.served.use(self.setting)
        if not batch.is_cuda:
            started = time.perf_counter()
            self.answer(batch)
            return time.perf_counter() - started, float("nan")
        before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        stream = torch.cuda.current_stream(batch.device)
        torch.cuda.synchronize(batch.device)
        started = time.perf_counter()
        before.record(stream)
        self.answer(batch)
        after.record(stream)
        torch.cuda.synchronize(batch.device)
        return time.perf_counter() - started, before.elapsed_time(after) / 1e3


@evaluator("latency", alone=True, options="latency")
def latency(subject: Subject, evaluation: Evaluation) -> pd.DataFrame:
    """One row per timed pass.

    Columns: batch_size, repetition, order (`natural`: shuffled once; `sorted`: pictures of the same route together),
    first (position in that order of the first picture), setting, compute, seconds (wall-clock), device_seconds (CUDA
    events; NaN elsewhere), macs (mean routed multiply-accumulates of the pass's pictures). `compute` is `needed` for
    every setting, `all` for the headline setting, whose routed batches are also timed in sorted order where routes
    differ. The baseline's rows have the setting `static resnet`, computing `all` or `compiled`.
    """
    options = evaluation.latency
    assert options is not None
    images = torch.cat([batch.images for batch in subject.dataset.test.batches(500, device=subject.device)])
    order = list(range(len(images)))
    random.Random(derive(subject.seed, "latency")).shuffle(order)
    images = images[torch.tensor(order, device=images.device)].contiguous(memory_format=torch.channels_last)
    contenders = list(_contenders(subject, images, options))
    sizes = dict.fromkeys(min(size, len(images)) for size in options.batch_sizes)
    return pd.concat([_time(contenders, size, options.seconds) for size in sizes], ignore_index=True)


def _contenders(subject: Subject, images: Tensor, options: LatencyOptions) -> Iterator[Contender]:
    static, served = optimize_for_inference(subject.baseline), optimize_for_inference(subject.net)
    unknown = torch.full((len(images),), float("nan"), dtype=torch.float64)
    yield Contender(static, None, "all", "natural", images, unknown, static)
    if options.compile:
        yield Contender(static, None, "compiled", "natural", images, unknown, _compiled(static))
    headline = subject.settings[0]
    nominal = torch.full_like(unknown, subject.ledger.nominal)
    yield Contender(served, headline, "all", "natural", images, nominal, lambda batch: served(batch, compute="all"))
    for setting in subject.settings:
        route = _routes(served, setting, images)
        macs = subject.ledger.routed(route).double()
        yield Contender(served, setting, "needed", "natural", images, macs, served)
        if setting is headline and len(route.unique(dim=0)) > 1:
            texts = route_text(route)
            together = torch.tensor(sorted(range(len(texts)), key=texts.__getitem__))
            ordered = images[together.to(images.device)].contiguous(memory_format=torch.channels_last)
            yield Contender(served, setting, "needed", "sorted", ordered, macs[together], served)


def _routes(served: Served, setting: Setting, images: Tensor) -> Tensor:
    served.use(setting)
    return torch.cat([served(batch).route for batch in images.split(500)]).cpu()


def _compiled(served: Served) -> Callable[[Tensor], object]:
    network = torch.compile(served.net, dynamic=False)

    def answer(batch: Tensor) -> object:
        with torch.inference_mode():
            return network(batch)

    return answer


def _time(contenders: list[Contender], size: int, seconds: float) -> pd.DataFrame:
    started = time.perf_counter()
    taking_part = [c for c in contenders if size > 1 or c.order == "natural"]
    total = len(taking_part[0].images)
    rows = []
    recorded = 0
    for turn in count():
        first = turn * size % (total - size + 1)
        elapsed = time.perf_counter() - started
        warm = turn > 0 and elapsed > WARM_UP * seconds
        if recorded >= FEWEST and elapsed > seconds:
            break
        for contender in taking_part:
            wall, device = contender.timed(contender.images[first : first + size])
            if warm:
                macs = contender.macs[first : first + size].mean().item()
                place = (contender.order, first, contender.name, contender.compute)
                rows.append((size, recorded, *place, wall, device, macs))
        recorded += warm
        if turn == 0:
            started = time.perf_counter()  # compilation and other first-time costs are not part of the budget
    return pd.DataFrame(rows, columns=COLUMNS)
