"""Skipped blocks: how much of the saved computation is saved time, for three ways to skip.

The networks are AdaNet and SkipNet on ResNet-110 with random weights. Their own gates decide, and every figure includes
the cost of the gates. AdaNet's biases are set one after another, so that each gate opens for the given share of the
images. SkipNet's recurrent gate has one threshold for all blocks, and opens some of them for every image.

`mask` computes every block and multiplies by 0 or 1. `gather` selects samples of four-dimensional tensors and adds the
branch to a copy. `served` is the result of `zoo.optimize_for_inference`. The dense network is the same ResNet without
gates; like all the others it is folded, channels-last and in inference mode. It runs twice: served in the same way, and
in plain PyTorch, in which the first two ways run too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.numerics import single_threaded
from zoo import RoutedNet, Served, Setting, Task, create, optimize_for_inference
from zoo.execution.gated_block import gated_residual
from zoo.methods.adanet import AdaNet, Gate
from zoo.serving.gates import LeanGates
from zoo.sizing.unit_costs import measure_ledger

TASK = Task(shape=(3, 32, 32), classes=10)
NARROW = "blocks=(18, 18, 18), stem_kind=cifar"
WIDE = "blocks=(3, 3, 3), widths=(64, 128, 256), stem_kind=cifar"
SKIPNET = "skipnet[tiny, gate=rnn, open_log_odds=None, "
RATES = (0.75, 0.5, 0.25)
TARGETS = {1: 0.65, 8: 0.45, 64: 0.90, 256: 0.90}
WIDE_TARGET = 0.80


@dataclass(frozen=True)
class Case:
    """A routed network, its baseline, and the input of both.

    Attributes:
        name: in the table.
        shape: parameters of both networks.
        batch: number of images.
        rate: fraction of the blocks that runs.
        target: of realised over theoretical speed-up; NaN for no target.
        method: of the routed network, with its own parameters.
    """

    name: str
    shape: str
    batch: int
    rate: float
    target: float
    method: str = "adanet[tiny, "


CASES = [
    *[Case("AdaNet-110", NARROW, batch, rate, TARGETS[batch]) for batch in (1, 8, 64) for rate in RATES],
    Case("AdaNet-110", NARROW, 256, 0.5, TARGETS[256]),
    *[Case("AdaNet-20 of 64/128/256 channels", WIDE, 8, rate, WIDE_TARGET) for rate in (0.5, 0.25)],
    *[Case("SkipNet-110", NARROW, batch, 0.5, math.nan, SKIPNET) for batch in (1, 8, 64)],
]


def measure(seconds: float) -> pd.DataFrame:
    """Realised over theoretical speed-up in one-thread CPU time, and the speed-up itself, which must be at least 1.

    Args:
        seconds: for the turns of all rows together.

    Returns:
        Rows per way, batch and rate, columns as `benchmarks.speed.table.row_of` says.
    """
    rows = []
    with single_threaded():
        for case in CASES:
            rows += _lines(case, seconds / len(CASES))
    return pd.DataFrame(rows)


def networks(case: Case) -> tuple[RoutedNet, RoutedNet, Tensor]:
    """The routed network at its rate, its baseline, and the images (N, C, H, W)."""
    torch.manual_seed(0)
    images = random_images(max(case.batch, 8))
    net = normalised(create(f"{case.method}{case.shape}]", TASK), images)
    images = images[: case.batch]
    set_rate(net, images, case.rate)
    return net, create(f"resnet[tiny, {case.shape}]", TASK), images


def _lines(case: Case, seconds: float) -> list[dict[str, Any]]:
    net, baseline, images = networks(case)
    dense, plain_dense = optimize_for_inference(baseline), optimize_for_inference(baseline, fused=False)
    served, plain = optimize_for_inference(net), optimize_for_inference(net, fused=False)
    calls: dict[str, Callable[[], object]] = {
        "dense": lambda: dense(images),
        "plain dense": lambda: plain_dense(images),
        "mask": lambda: plain(images, compute="all"),
        "served": lambda: served(images),
    }
    if isinstance(net, AdaNet):
        calls["gather"] = lambda: _gathered(plain, images)
    times = take_turns(calls, seconds)

    route = served(images).route
    saved = measure_ledger(baseline).nominal / measure_ledger(net).routed(route).double().mean().item()
    where = f"{case.name}, batch {case.batch}, {route.float().mean().item():.0%} of the blocks run"
    rows = []
    for way in ("mask", "gather"):
        if way in times:
            found = ratio(times["plain dense"], times[way])
            rows.append(row_of(f"realised / theoretical, {way}", where, found.scaled(1 / saved)))
    found = ratio(times["dense"], times["served"])
    rows.append(row_of("realised / theoretical, served", where, found.scaled(1 / saved), target=case.target))
    over_plain = ratio(times["plain dense"], times["served"])
    rows.append(row_of("the same, over dense in plain PyTorch", where, over_plain.scaled(1 / saved)))
    if case.batch in (1, 64):
        rows.append(row_of("speed-up, served", where, found, target=1.0))
    return rows


def random_images(count: int) -> Tensor:
    """Noise of different brightness: (count, C, H, W) in [0, 1]."""
    return torch.rand(count, *TASK.shape) * torch.rand(count, 1, 1, 1)


@torch.no_grad()
def normalised(net: RoutedNet, images: Tensor) -> RoutedNet:
    """A network with random weights and the batch statistics of these images (N, C, H, W), in eval mode."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    net.train()(images)
    return net.eval()


def set_rate(net: RoutedNet, images: Tensor, rate: float) -> None:
    """Set the gates so that about that fraction of the blocks runs for these images (N, C, H, W)."""
    if isinstance(net, AdaNet):
        _set_biases(net, images, rate)
    else:
        _set_threshold(net, images, rate)


@torch.no_grad()
def _set_biases(net: AdaNet, images: Tensor, rate: float) -> None:
    """Give the gates random weights, and biases with which each opens for that share of the images.

    For a single image, that share of the gates opens, evenly spread over the depth.
    """
    x = net.backbone.stem(net.normalize(images))
    for index, (gate, block) in enumerate(zip(net.gates, net.backbone.blocks, strict=True)):
        assert isinstance(gate, Gate)
        nn.init.normal_(gate.choice.weight)
        nn.init.zeros_(gate.choice.bias)
        odds = gate(x)
        if len(images) == 1:
            wanted = int((index + 1) * rate) > int(index * rate)
            middle = odds[0] + (-1 if wanted else 1)
        else:
            ranked = odds.sort(descending=True).values
            last = round(rate * len(images))
            middle = ranked[last - 1 : last + 1].mean()
        gate.choice.bias[1] = -middle
        x = gated_residual(block, x, gate(x) > 0, "needed")


@torch.no_grad()
def _set_threshold(net: RoutedNet, images: Tensor, rate: float) -> None:
    """Find the threshold of all gates at which that share of the blocks runs, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        net.use(Setting(name="rate", values={"threshold": middle}))
        runs = net(images, compute="needed").route.float().mean().item()
        low, high = (middle, high) if runs > rate else (low, middle)


def _gathered(served: Served, images: Tensor) -> None:
    """Skipping as it is usually written: index, run, and add to a copy."""
    net = served.net
    assert isinstance(net, AdaNet)
    gates: nn.Module = net.gates
    assert isinstance(gates, LeanGates)
    with torch.inference_mode():
        x = net.backbone.stem(net.normalize(images.contiguous(memory_format=torch.channels_last)))
        for index, block in enumerate(net.backbone.blocks):
            log_odds, _ = gates.from_means(index, x.mean(dim=(2, 3)), None)
            active = (log_odds > 0).nonzero().squeeze(1)
            shortcut = block.shortcut(x)
            if len(active):
                shortcut = shortcut.index_add(0, active, block.branch(x[active]))
            x = torch.relu(shortcut)
        net.backbone.head(x)
