"""Speed of training, compared with the usual loop; and the time that dropped blocks save."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from benchmarks.speed.plain import plain_training
from benchmarks.speed.setups import Setup, resnet20, tiny
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.loop import make_optimizer, train_epoch
from benchmarks.training.numerics import computes_bf16, single_threaded
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import epochs_of_phases
from zoo import RoutedNet
from zoo.methods.stochastic_depth import StochasticDepth
from zoo.network import route_macs
from zoo.sizing.unit_costs import measure_ledger

CPU = torch.device("cpu")
Precision = Literal["auto", "bf16", "fp32"]
FASTER, SAVED = 1.8, 0.9
"""Targets on a ResNet-20: images per second over the plain loop's, and realised over theoretical speed-up."""


def measure(seconds: float) -> pd.DataFrame:
    """Measure training in one-thread CPU time.

    The suite's loop is `benchmarks.training.loop.train_epoch` with the recipe's defaults: batched augmentation,
    channels-last and, if the CPU computes it natively, bf16. The target holds only with native bf16.

    Args:
        seconds: for the turns of all rows together.

    Returns:
        A row per comparison, columns as `benchmarks.speed.table.row_of` says.
    """
    with single_threaded():
        rows = [
            against_plain(resnet20(batches=3), 0.25 * seconds, FASTER if computes_bf16(CPU) else math.nan),
            against_plain(tiny(batches=12), 0.15 * seconds),
            *dropped_blocks(resnet20(batches=10), 0.3 * seconds, "fp32", SAVED),
            *dropped_blocks(resnet20(batches=10), 0.3 * seconds, "bf16"),
        ]
    return pd.DataFrame(rows)


def against_plain(setup: Setup, seconds: float, promised: float = math.nan) -> dict[str, Any]:
    """Images per second of the suite's loop over those of the plain loop."""
    plain = plain_training(setup, setup.net(), lambda progress: Recipe().lr)
    times = take_turns({"plain": plain, "suite": suite_training(setup, setup.net())}, seconds)
    speed = len(setup.labels) / np.median(times["suite"])
    precision = "bf16" if computes_bf16(CPU) else "fp32, as the CPU has no native bf16"
    configuration = f"{setup}, {precision}; {speed:,.0f} images/s"
    return row_of("training, against a plain fp32 loop", configuration, ratio(times["plain"], times["suite"]), promised)


def dropped_blocks(
    setup: Setup, seconds: float, precision: Precision, promised: float = math.nan
) -> list[dict[str, Any]]:
    """Training time of stochastic depth over a ResNet's, compared with the multiply-accumulates of the sampled blocks.

    Two rows: the realised over the theoretical speed-up, and the saved time over the saved multiply-accumulates. Blocks
    with equal multiply-accumulates do not take equal time: early blocks have the most pixels and take the longest, and
    they are dropped least. In bf16 the products are faster and element-wise passes weigh more, so less of the saving is
    realised.
    """
    net = setup.net("stochastic_depth[small]")
    assert isinstance(net, StochasticDepth)
    shares: list[float] = []
    run = suite_training(setup, net, precision)

    def stochastic() -> None:
        drawn = record_draws(net)
        run()
        shares.append(routed_share(net, torch.cat(drawn)))

    times = take_turns({"resnet": suite_training(setup, setup.net(), precision), "stochastic": stochastic}, seconds)
    part = times["stochastic"] / times["resnet"]
    theory = np.array(shares[-len(part) :])
    configuration = (
        f"stochastic_depth[small] beside {setup}, {precision}; "
        f"{np.median(1 / part):.2f} times faster of {np.median(1 / theory):.2f} in theory"
    )
    return [
        row_of("dropped blocks, realised speed-up", configuration, ratio(1 / part, 1 / theory), promised),
        row_of("dropped blocks, saved time over saved MACs", configuration, ratio(1 - part, 1 - theory)),
    ]


def suite_training(setup: Setup, net: RoutedNet, precision: Precision = "auto") -> Callable[[], object]:
    """A function that trains for one epoch with the suite's loop."""
    recipe = Recipe(batch_size=setup.batch_size, schedule="constant", epochs=1, precision=precision)
    net.to(memory_format=torch.channels_last)
    optimizer, split, (place,) = make_optimizer(net, recipe), setup.split(), epochs_of_phases(net.phases(), 1)
    order = torch.Generator().manual_seed(0)
    return lambda: train_epoch(net, split, optimizer, recipe, place, order, CPU)


def record_draws(net: StochasticDepth) -> list[Tensor]:
    """A list that will hold the blocks that run in each step from now on, (1, L) bool per step."""
    drawn: list[Tensor] = []
    draw = type(net.drop).draw

    def recorded(samples: int, generator: torch.Generator | None = None) -> Tensor:
        kept = draw(net.drop, samples, generator)
        drawn.append(kept[:1])
        return kept

    net.drop.draw = recorded  # type: ignore[method-assign]
    return drawn


def routed_share(net: RoutedNet, route: Tensor) -> float:
    """Mean multiply-accumulates of routes (N, U), as a fraction of nominal."""
    ledger = measure_ledger(net)
    return float(route_macs(route, ledger.fixed_macs, ledger.unit_macs).double().mean()) / ledger.nominal
