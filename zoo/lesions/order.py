"""Blocks in another order (Veit et al. 2016, section 4.3): those of one shape, between which nothing changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn

from zoo.layers import ResidualBlock
from zoo.methods.preresnet import PreActBlock
from zoo.network import RoutedNet

Group = tuple[nn.ModuleList, tuple[int, ...]]
"""A list of blocks, and the places in it whose blocks may change places."""


def interchangeable(net: RoutedNet) -> list[Group]:
    """Groups of two or more residual blocks of equal shape in one list, with identity shortcuts, in order."""
    groups = []
    for blocks in net.modules():
        if not isinstance(blocks, nn.ModuleList) or not len(blocks) or not all(map(_is_block, blocks)):
            continue
        shapes: dict[object, list[int]] = {}
        for place, block in enumerate(blocks):
            if isinstance(block.shortcut, nn.Identity):
                shapes.setdefault(_shape(block), []).append(place)
        groups += [(blocks, tuple(places)) for places in shapes.values() if len(places) > 1]
    return groups


@contextmanager
def reordered(groups: Sequence[Group], orders: Sequence[Sequence[int]]) -> Iterator[None]:
    """Blocks in another order until the context ends; gates keep their places.

    Args:
        groups: of `interchangeable`.
        orders: for each group, the number of the block, from 0 within the group, that comes at each of its places.

    Raises:
        ValueError: an order that is no permutation of its group.
    """
    for (_, places), order in zip(groups, orders, strict=True):
        if sorted(order) != list(range(len(places))):
            raise ValueError(f"an order of {len(places)} blocks must be a permutation of them, not {list(order)}")
    before = [[blocks[place] for place in places] for blocks, places in groups]
    try:
        for (blocks, places), own, order in zip(groups, before, orders, strict=True):
            for place, number in zip(places, order, strict=True):
                blocks[place] = own[number]
        yield
    finally:
        for (blocks, places), own in zip(groups, before, strict=True):
            for place, block in zip(places, own, strict=True):
                blocks[place] = block


def _is_block(module: nn.Module) -> bool:
    return isinstance(module, ResidualBlock | PreActBlock)


def _shape(block: nn.Module) -> object:
    return tuple((name, tuple(p.shape)) for name, p in block.named_parameters())
