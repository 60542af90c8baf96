"""The cost ledger: multiply-accumulates of every unit, measured once by running them all."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from zoo.network import Forward, RoutedNet, route_macs
from zoo.sizing.counting import FLOPS_PER_MAC, MacCounter, evaluating

__all__ = ["FLOPS_PER_MAC", "Ledger", "MacCounter", "count_executed", "evaluating", "measure_ledger"]


@dataclass(frozen=True)
class Ledger:
    """What a network's parts cost for one image, in multiply-accumulates of convolutions and matrix products.

    Attributes:
        units: names of the U units.
        unit_macs: (U,) int64.
        fixed_macs: everything outside the units: stem, shortcuts, gates, classifier.
    """

    units: tuple[str, ...]
    unit_macs: Tensor
    fixed_macs: int

    @property
    def nominal(self) -> int:
        """Every unit once."""
        return self.fixed_macs + int(self.unit_macs.sum())

    def routed(self, route: Tensor) -> Tensor:
        """(N, U) bool to (N,) int64: what each sample's route asks for."""
        return route_macs(route.cpu(), self.fixed_macs, self.unit_macs)


def measure_ledger(net: RoutedNet) -> Ledger:
    """Run every unit of a network on one image and count what each costs.

    The counts depend on shapes alone, so any image will do.
    """
    spent: dict[str, int] = dict.fromkeys(net.units, 0)
    device = next(net.parameters()).device
    with evaluating(net), MacCounter() as counter:
        handles = []
        for unit, modules in net.unit_modules().items():
            for module in modules:
                started = module.register_forward_pre_hook(lambda *_, u=unit: _add(spent, u, -counter.macs))
                ended = module.register_forward_hook(lambda *_, u=unit: _add(spent, u, counter.macs))
                handles += [started, ended]
        try:
            net(torch.zeros(1, *net.task.shape, device=device), compute="all")
        finally:
            for handle in handles:
                handle.remove()
        total = counter.macs
    unit_macs = torch.tensor([spent[unit] for unit in net.units], dtype=torch.int64)
    return Ledger(net.units, unit_macs, total - int(unit_macs.sum()))


def _add(spent: dict[str, int], unit: str, macs: int) -> None:
    spent[unit] += macs


def count_executed(net: RoutedNet, images: Tensor) -> tuple[int, Forward]:
    """Multiply-accumulates that really run for a batch (N, C, H, W) in needed mode, all samples together.

    The answer comes with them, so that its route can be compared.
    """
    with evaluating(net), MacCounter() as counter:
        out: Forward = net(images, compute="needed")
    return counter.macs, out
