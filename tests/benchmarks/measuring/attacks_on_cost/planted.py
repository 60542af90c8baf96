"""Networks of one pixel whose dearest route is known by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.thresholds import OperatingPoint, entropy
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.sizing.unit_costs import Ledger

TASK = Task(shape=(1, 1, 1), classes=2)
OPENS_AT = (0.55, 0.65, 0.95)
"""A gate opens where the pixel is brighter."""
LOST_ABOVE = 0.6
"""The gated network answers 1 where the pixel is brighter, else 0."""
GATED = Ledger(("one", "two", "three"), torch.tensor([10, 20, 40]), 30)
"""Nominal 100: 40 with the first gate open, 60 with two."""


class Lights(RoutedNet):
    """Gates that open one after another as the pixel becomes brighter."""

    units = GATED.units

    def __init__(self, opens_at: Sequence[float] = OPENS_AT) -> None:
        super().__init__(TASK)
        self.opens_at = opens_at

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        pixel = x.flatten(1)
        log_odds = 50 * (pixel - torch.tensor(self.opens_at))
        logits = torch.cat([torch.zeros_like(pixel), 20 * (pixel - LOST_ABOVE)], dim=1)
        return Forward(logits=logits, route=log_odds.detach() > 0, gate_probs=log_odds.sigmoid())

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        return {}


class Edge(nn.Module):
    """Logits (N, 2) that are equal where the pixel is at the edge, and surer the further it is."""

    def __init__(self, edge: float) -> None:
        super().__init__()
        self.edge = edge

    def forward(self, x: Tensor) -> Tensor:
        distance = 40 * (x.flatten(1) - self.edge)
        return torch.cat([-distance, distance], dim=1)


class Exits(EarlyExitNet):
    """Two exits: the first is unsure of pixels near 0.6 only."""

    default_threshold, everyone_leaves = 0.5, 1e9

    def __init__(self) -> None:
        super().__init__(TASK, [nn.Identity(), nn.Identity()], [Edge(0.6), Edge(0.3)])

    def uncertainty(self, logits: Tensor) -> Tensor:
        return entropy(logits)

    def search(self, scores: Tensor, correct: Tensor, cumulative_macs: Sequence[float]) -> list[OperatingPoint]:
        raise NotImplementedError


EXITS = Ledger(("segment1", "exit1", "segment2", "exit2"), torch.tensor([10, 5, 30, 5]), 0)
"""15 for those who leave at once, 50 for the others."""


def pixels(*values: float) -> Tensor:
    """Images of these brightnesses."""
    return torch.tensor(values).view(-1, 1, 1, 1)
