"""Dense networks in every inference runtime of this machine, and served networks that skip against the fastest of them.

The runtimes are those of `benchmarks.measuring.engines`. Which of them is the fastest dense one is found in the same
turns. Networks that skip run in ONNX Runtime, in segments, and for comparison in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from benchmarks.measuring.engine_names import PYTORCH, RUNTIME, SERVED
from benchmarks.measuring.engines import Answer, available
from benchmarks.speed.skipping import NARROW, SKIPNET, Case, networks, normalised
from benchmarks.speed.table import NotMeasured, row_of
from benchmarks.speed.turns import Times, ratio, take_turns
from benchmarks.training.numerics import single_threaded
from zoo import RoutedNet, Task, create, optimize_for_inference

DIGITS = Task(shape=(1, 28, 28), classes=10)


@dataclass(frozen=True)
class Routed:
    """A network that skips, and how much faster than the fastest dense network it has to be.

    Attributes:
        case: network, baseline and images.
        target: smallest ratio that is good enough; NaN for none.
    """

    case: Case
    target: float


def _routed(name: str, method: str, rate: float, targets: Mapping[int, float]) -> list[Routed]:
    return [Routed(Case(name, NARROW, batch, rate, math.nan, method), goal) for batch, goal in targets.items()]


ROUTED = [
    *_routed("AdaNet-110", "adanet[tiny, ", 0.5, {1: 1.55, 8: 1.45, 64: 1.6}),
    *_routed("AdaNet-110", "adanet[tiny, ", 0.25, {1: 2.4, 8: 2.2, 64: 2.7}),
    *_routed("AdaNet-110", "adanet[tiny, ", 0.75, {1: 1.0, 64: 1.0}),
    *_routed("SkipNet-110", SKIPNET, 0.5, {1: 1.3, 8: 1.3, 64: 1.5}),
]
DENSE = [(name, batch) for name in ("resnet[tiny]", "msdnet[tiny]") for batch in (1, 8, 64, 256)]


def measure(seconds: float) -> pd.DataFrame:
    """Ratios of one-thread CPU times; routed networks have targets, dense ones are for comparison.

    Args:
        seconds: for the turns of all rows together; export and compilation take a minute or two more.

    Returns:
        Rows per network, batch and engine, columns as `benchmarks.speed.table.row_of` says.

    Raises:
        NotMeasured: no runtime but PyTorch is installed.
    """
    sizes = sorted({routed.case.batch for routed in ROUTED})
    share = seconds / (len(ROUTED) + len(DENSE))
    rows: list[dict[str, Any]] = []
    with single_threaded():
        for size in sizes:
            own = [routed for routed in ROUTED if routed.case.batch == size]
            rows += _against_dense(own, share * len(own))
        for name, batch in DENSE:
            rows += _dense(name, batch, share)
    return pd.DataFrame(rows)


def fastest(times: Mapping[str, Times]) -> str:
    """The engine whose median time is the smallest."""
    return min(times, key=lambda name: float(np.median(times[name])))


def _against_dense(several: Sequence[Routed], seconds: float) -> list[dict[str, Any]]:
    """The dense ResNet in every engine, and networks that skip over the fastest of them, all in the same turns."""
    _, baseline, images = networks(several[0].case)
    images = images.contiguous()
    engines = _engines(baseline.eval(), images)
    skipping: dict[tuple[Routed, str], Callable[[], object]] = {}
    shares = []
    for routed in several:
        net, _, own = networks(routed.case)
        served, runtime = optimize_for_inference(net), optimize_for_inference(net, engine="onnxruntime")
        shares.append(runtime(own).route.float().mean().item())
        skipping[routed, SERVED] = partial(served, own)
        skipping[routed, RUNTIME] = partial(runtime, own.contiguous())
    turns = {f"{routed} in {engine}": call for (routed, engine), call in skipping.items()}
    times = _turns(engines, images, seconds, turns)
    dense = {name: times[name] for name in engines}
    best = fastest(dense)
    rows = _engine_rows("ResNet-110", len(images), dense)
    for routed, share in zip(several, shares, strict=True):
        for engine in (RUNTIME, SERVED):
            taken = times[f"{routed} in {engine}"]
            what = f"{routed.case.name}, batch {routed.case.batch}, {share:.0%} of the blocks run, in {engine}"
            where = f"{what}: {1000 * float(np.median(taken)):.3g} ms; dense in {best}"
            target = routed.target if engine == RUNTIME else math.nan
            found = ratio(dense[best], taken)
            rows.append(row_of("skipping, over the fastest dense engine", where, found, target=target))
    return rows


def _dense(name: str, batch: int, seconds: float) -> list[dict[str, Any]]:
    torch.manual_seed(0)
    images = torch.rand(batch, *DIGITS.shape)
    net = normalised(create(name, DIGITS), torch.rand(16, *DIGITS.shape))
    return _engine_rows(f"{name}, every unit", batch, _turns(_engines(net, images), images, seconds, {}))


def _engines(net: RoutedNet, images: Tensor) -> dict[str, Answer]:
    found = available(net, images)
    if set(found) <= PYTORCH:
        raise NotMeasured("neither ONNX Runtime nor OpenVINO takes the network")
    return found


def _turns(
    engines: Mapping[str, Answer], images: Tensor, seconds: float, others: Mapping[str, Callable[[], object]]
) -> dict[str, Times]:
    def call(answer: Answer) -> Callable[[], object]:
        return lambda: answer(images)

    return take_turns({**{name: call(answer) for name, answer in engines.items()}, **others}, seconds)


def _engine_rows(network: str, batch: int, times: Mapping[str, Times]) -> list[dict[str, Any]]:
    """Every engine as a multiple of the served network's speed, with its milliseconds."""
    return [
        row_of(
            f"dense in {name}, over dense served here",
            f"{network}, batch {batch}: {1000 * float(np.median(own)):.3g} ms",
            ratio(times[SERVED], own),
        )
        for name, own in times.items()
        if name != SERVED
    ]
