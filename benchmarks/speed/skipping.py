"""Skipped blocks: how much of the computation that is saved is time saved, by three ways to skip.

The network is AdaNet on ResNet-110 with random weights. Its gates decide for themselves, and what they cost is in every
figure; their biases are set one after the other so that each opens for the wanted share of the pictures. The dense
network is the same ResNet without gates, folded, channels-last and in inference mode like all the others.

`mask` computes every block and multiplies, `gather` picks samples out of four-dimensional tensors and adds the branch
to a copy, `served` is what `zoo.optimize_for_inference` answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from benchmarks.cost import measure_ledger
from benchmarks.jobs import single_threaded
from benchmarks.speed.table import line
from benchmarks.speed.turns import ratio, take_turns
from zoo import RoutedNet, Served, Task, create, optimize_for_inference
from zoo.adanet import AdaNet, Gate
from zoo.routing import gated_residual

TASK = Task(shape=(3, 32, 32), classes=10)
NARROW = "blocks=(18, 18, 18), stem_kind=cifar"
WIDE = "blocks=(3, 3, 3), widths=(64, 128, 256), stem_kind=cifar"
RATES = (0.75, 0.5, 0.25)
CASES = [
    *[("ResNet-110", NARROW, batch, rate) for batch in (1, 8, 64) for rate in RATES],
    ("ResNet-110", NARROW, 256, 0.5),
    *[("64/128/256-wide ResNet-20", WIDE, 8, rate) for rate in (0.5, 0.25)],
]
BARS = {("ResNet-110", 1): 0.65, ("ResNet-110", 8): 0.45, ("ResNet-110", 64): 0.90, ("ResNet-110", 256): 0.90}
WIDE_BAR = 0.80


def measure(seconds: float) -> pd.DataFrame:
    """Realised over theoretical speed-up, in CPU time of one thread; and the speed-up itself, which may not be a loss.

    Args:
        seconds: for the turns of all rows together.

    Returns:
        Rows per way, batch and rate, columns as `benchmarks.speed.table.line` says.
    """
    rows = []
    with single_threaded():
        for name, shape, batch, rate in CASES:
            rows += _case(name, shape, batch, rate, seconds / len(CASES))
    return pd.DataFrame(rows)


def _case(name: str, shape: str, batch: int, rate: float, seconds: float) -> list[dict[str, Any]]:
    torch.manual_seed(0)
    images = random_pictures(max(batch, 8))
    net = normalised(create(f"adanet[tiny, {shape}]", TASK), images)
    images = images[:batch]
    assert isinstance(net, AdaNet)
    set_rate(net, images, rate)
    dense = optimize_for_inference(create(f"resnet[tiny, {shape}]", TASK))
    served = optimize_for_inference(net)
    route = served(images).route
    saved = measure_ledger(dense.net).nominal / measure_ledger(net).routed(route).double().mean().item()
    contenders: Mapping[str, Callable[[], object]] = {
        "dense": lambda: dense(images),
        "mask": lambda: served(images, compute="all"),
        "gather": lambda: _gathered(served, images),
        "served": lambda: served(images),
    }
    times = take_turns(contenders, seconds)
    where = f"{name}, batch {batch}, {route.float().mean().item():.0%} of the blocks run"
    bar = BARS.get((name, batch), WIDE_BAR)
    rows = []
    for way in ("mask", "gather", "served"):
        found = ratio(times["dense"], times[way])
        promised = {"bar": bar} if way == "served" else {}
        rows.append(line(f"realised / theoretical, {way}", where, found.scaled(1 / saved), **promised))
        if way == "served" and batch in (1, 64):
            rows.append(line("speed-up, served", where, found, bar=1.0))
    return rows


def random_pictures(count: int) -> Tensor:
    """Noise of different brightness: (count, C, H, W) in [0, 1]."""
    return torch.rand(count, *TASK.shape) * torch.rand(count, 1, 1, 1)


@torch.no_grad()
def normalised(net: RoutedNet, images: Tensor) -> RoutedNet:
    """A network with random weights whose batch norms know these pictures (N, C, H, W), in eval mode."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    net.train()(images)
    return net.eval()


@torch.no_grad()
def set_rate(net: AdaNet, images: Tensor, rate: float) -> None:
    """Give an AdaNet gates that depend on the picture and each open for that share of these pictures (N, C, H, W).

    Of a single picture, that share of the gates opens, evenly spread.
    """
    x = net.backbone.stem(net.normalize(images))
    for index, (gate, block) in enumerate(zip(net.gates, net.backbone.residual_blocks(), strict=True)):
        assert isinstance(gate, Gate)
        torch.nn.init.normal_(gate.choice.weight)
        torch.nn.init.zeros_(gate.choice.bias)
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


def _gathered(served: Served, images: Tensor) -> None:
    """Skipping as it is usually written: index, run, and add to a copy."""
    net = served.net
    assert isinstance(net, AdaNet)
    with torch.inference_mode():
        x = net.backbone.stem(net.normalize(images.contiguous(memory_format=torch.channels_last)))
        for index, block in enumerate(net.backbone.residual_blocks()):
            log_odds, _ = net.gates(index, x.mean(dim=(2, 3)), None)
            active = (log_odds > 0).nonzero().squeeze(1)
            around = block.shortcut(x)
            if len(active):
                around = around.index_add(0, active, block.branch(x[active]))
            x = torch.relu(around)
        net.backbone.head(x)
