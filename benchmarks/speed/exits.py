"""Early exits: how much of the saved computation is saved time, including the exits' heads and entropies.

The network is BranchyNet on ResNet-110 with random weights. Thresholds are set so that given shares of the images
leave at the first and at the second exit. The dense network is the same ResNet without early exits.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor

from benchmarks.speed.skipping import NARROW, TASK, normalised, random_images
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.numerics import single_threaded
from zoo import RoutedNet, Setting, create, optimize_for_inference
from zoo.execution.thresholds import entropy
from zoo.sizing.unit_costs import measure_ledger

SHARES = ((0.4, 0.3), (0.2, 0.2))
"""Shares of the images that leave at the first and at the second exit."""
CASES = [(batch, shares) for batch in (1, 8, 64) for shares in SHARES]
IMAGES = 20
"""At batch 1, one after another."""
TARGET = 0.80


def measure(seconds: float) -> pd.DataFrame:
    """Realised over theoretical speed-up, in CPU time of one thread.

    Args:
        seconds: for the turns of all rows together.

    Returns:
        A row per batch and shares, columns as `benchmarks.speed.table.row_of` says.
    """
    with single_threaded():
        return pd.DataFrame([_case(batch, shares, seconds / len(CASES)) for batch, shares in CASES])


def _case(batch: int, shares: tuple[float, float], seconds: float) -> dict[str, Any]:
    torch.manual_seed(0)
    count = max(batch, IMAGES)
    images = random_images(count)
    net = normalised(create(f"branchynet[tiny, {NARROW}]", TASK), images)
    dense = optimize_for_inference(create(f"resnet[tiny, {NARROW}]", TASK))
    net.use(leaving(net, images, shares))
    served = optimize_for_inference(net)
    batches = images.split(batch) if batch == 1 else images[: count // batch * batch].split(batch)
    ledger = measure_ledger(net)
    routed = torch.cat([ledger.routed(served(part).route) for part in batches]).double().mean().item()
    times = take_turns(
        {"dense": lambda: [dense(part) for part in batches], "served": lambda: [served(part) for part in batches]},
        seconds,
    )
    saved = measure_ledger(dense.net).nominal / routed
    where = f"ResNet-110, batch {batch}, {shares[0]:.0%} leave at the first exit, {shares[1]:.0%} at the second"
    return row_of(
        "realised / theoretical, served", where, ratio(times["dense"], times["served"]).scaled(1 / saved), TARGET
    )


@torch.no_grad()
def leaving(net: RoutedNet, images: Tensor, shares: tuple[float, float]) -> Setting:
    """Entropy thresholds at which those shares of the images (N, C, H, W) leave at two early exits."""
    first, second = (entropy(logits) for logits in net(images).exit_logits[:2])
    threshold = float(first.quantile(shares[0]))
    rest = second[first >= threshold]
    return Setting(name="shares", values={"thresholds": [threshold, float(rest.quantile(shares[1] / (1 - shares[0])))]})
