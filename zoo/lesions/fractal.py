"""Paths taken out of fractal blocks: what they lead to alone is gone too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from zoo.methods.fractalnet.block import ColumnSegment, FractalBlock, reaching_the_end


@contextmanager
def without_segments(blocks: Sequence[FractalBlock], removed: Tensor) -> Iterator[None]:
    """Fractal blocks without some of their segments, until the context ends.

    Args:
        blocks: B of them.
        removed: (B * S,) bool, in the order of blocks and of their segments. A block that nothing leads through any
            more gives zeros.
    """
    with ExitStack() as stack:
        for block, own in zip(blocks, removed.chunk(len(blocks)), strict=True):
            if own.any():
                stack.callback(block.register_forward_pre_hook(_masked(own), with_kwargs=True).remove)
                stack.callback(block.register_forward_hook(_cut(own), with_kwargs=True).remove)
        yield


def still_used(segments: Sequence[ColumnSegment], alive: Tensor) -> Tensor:
    """Of the segments that are there, those on a path from the block's input to its output: (rows, S) bool both."""
    fed = torch.zeros(len(alive), segments[-1].end + 1, dtype=torch.bool)
    fed[:, 0] = True
    used = alive.clone()
    for index, segment in enumerate(segments):
        used[:, index] &= fed[:, segment.start]
        fed[:, segment.end] |= used[:, index]
    return reaching_the_end(segments, used)


def _masked(removed: Tensor) -> Any:
    def hook(
        block: FractalBlock, inputs: tuple[Tensor, ...], options: dict[str, Any]
    ) -> tuple[tuple[Tensor, ...], dict[str, Any]]:
        x, used = inputs
        left = still_used(block.segments, used & ~removed)
        return (x, torch.where(left.any(dim=1, keepdim=True), left, used)), options

    return hook


def _cut(removed: Tensor) -> Any:
    def hook(block: nn.Module, inputs: tuple[Tensor, ...], options: dict[str, Any], output: Tensor) -> Tensor | None:
        return torch.zeros_like(output) if bool((inputs[1] & removed).any()) else None

    return hook
