"""Gates held at given decisions, and choices of units and exits that look at no image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zoo.execution.skipping import Skipping
from zoo.network import RoutedNet

SURE = 1e4
"""Log-odds of a gate that is held open; minus that, of one that is held shut."""


def is_gated(net: RoutedNet) -> bool:
    """Whether gates decide per image which units run: the network has a `Skipping`, and gates one per unit."""
    return isinstance(getattr(net, "skipping", None), Skipping) and isinstance(getattr(net, "gates", None), nn.Module)


@contextmanager
def gates_held(net: RoutedNet, route: Tensor) -> Iterator[None]:
    """A gated network whose gates decide as a route says, until the context ends.

    Args:
        net: of which `is_gated` is true.
        route: (N, U) bool, for the N images of the next batch.

    Raises:
        ValueError: the network has no gates.
    """
    if not is_gated(net):
        raise ValueError(f"{type(net).__name__} has no gates that could be held")

    def hold(gates: nn.Module, inputs: tuple[Any, ...], output: tuple[Tensor, Any]) -> tuple[Tensor, Any]:
        log_odds, state = output
        opened = route[:, inputs[0]].to(log_odds.device)
        return torch.where(opened, SURE, -SURE).to(log_odds.dtype), state

    gates = net.gates
    assert isinstance(gates, nn.Module)
    handle = gates.register_forward_hook(hold)
    try:
        yield
    finally:
        handle.remove()


def fixed_units(
    rates: NDArray[np.float64],
    macs: NDArray[np.int64],
    count: int,
    generator: np.random.Generator,
) -> Tensor:
    """A fixed choice of units at the mean cost of gates: (count, U) bool.

    The units with the highest rates run for all images as long as their cost does not exceed the mean; the next one
    runs for as many images, drawn at random, as make up the rest.

    Args:
        rates: (U,) shares of images for which a unit runs.
        macs: (U,) of the units.
        count: images.
        generator: that draws them.
    """
    budget = float((rates * macs).sum())
    route = np.zeros((count, len(rates)), dtype=bool)
    for unit in np.argsort(-rates, kind="stable"):
        if macs[unit] <= budget * (1 + 1e-12):
            route[:, unit] = True
            budget -= float(macs[unit])
        else:
            route[generator.permutation(count)[: round(count * budget / float(macs[unit]))], unit] = True
            break
    return torch.from_numpy(route)


def fixed_exits(costs: NDArray[np.float64], mean: float, count: int, generator: np.random.Generator) -> Tensor:
    """Exits (count,), from 0, of images drawn at random: two neighbouring exits in shares that have that mean cost.

    Args:
        costs: (E,) ascending, of leaving at each exit.
        mean: cost, within them.
        count: images.
        generator: that draws.
    """
    above = int(np.clip(np.searchsorted(costs, mean), 1, len(costs) - 1))
    share = float(np.clip((mean - costs[above - 1]) / (costs[above] - costs[above - 1]), 0, 1))
    exits = np.full(count, above - 1)
    exits[generator.permutation(count)[: round(count * share)]] = above
    return torch.from_numpy(exits)
