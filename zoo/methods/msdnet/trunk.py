"""The two-dimensional trunk of MSDNet: layers across, scales down, cut into one segment per exit.

A cell is one scale of one layer. It appends to its scale's features what it computes from them (horizontal) and from
those of the next finer scale (diagonal). Only the coarsest scale feeds the exits, so an exit at layer l needs scale s
from the bottom only up to layer l - s: with lazy evaluation a segment holds just the diagonal of cells that its exit
needs and no earlier one has computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from zoo.layers import STEM_STRIDES, conv_bn_relu, init_he, pooled_linear, stem
from zoo.network import Task

Spacing = Literal["even", "linear"]
StemKind = Literal["cifar", "strided", "imagenet"]


@dataclass(frozen=True, kw_only=True)
class CellGrid:
    """What is where in the grid of layers 1..L (the stem counts as layer 0) and scales 0..S - 1, finest first.

    Attributes:
        exits: layers with a classifier, ascending; the last is L.
        scales: S.
        reduction: part of the channels that a transition keeps; 0 for no transitions.

    The trunk is cut into S blocks of equal depth and every block after the first drops its finest scale; the layer
    that does so is followed by a transition.
    """

    exits: tuple[int, ...]
    scales: int
    reduction: float

    @property
    def depth(self) -> int:
        """L."""
        return self.exits[-1]

    def finest(self, layer: int) -> int:
        """Finest scale that a layer computes."""
        return max(layer - 1, 0) // math.ceil(self.depth / self.scales)

    def drops(self, layer: int) -> bool:
        """Whether it computes one scale fewer than the layer before."""
        return layer > 1 and self.finest(layer) > self.finest(layer - 1)

    def channels(self, layer: int, start: int, growth: int) -> int:
        """Features of a scale after a layer and its transition, in units of the scale's growth factor."""
        count = start
        for each in range(1, layer + 1):
            count += growth
            if self.drops(each) and self.reduction:
                count = math.floor(self.reduction * count)
        return count

    def cells(self, *, lazy: bool) -> list[list[tuple[int, int]]]:
        """(layer, scale) of the cells of every segment, in an order in which each finds its inputs.

        A cell reads the two scales as the layer before has left them. Whole layers are therefore walked from the
        coarsest scale up; diagonals, where a finer scale is one layer behind, from the finest down. Cells that no
        exit needs are left out.
        """
        last = self.scales - 1
        segments = []
        for before, layer in pairwise((0, *self.exits)):
            steps = range(before + 1, layer + 1)
            if lazy:
                walk = [(d - (last - s), s) for d in steps for s in range(self.scales)]
            else:
                walk = [(d, s) for d in steps for s in reversed(range(self.scales))]
            segments.append([c for c in walk if self._has(*c)])
        return segments

    def _has(self, layer: int, scale: int) -> bool:
        return 1 <= layer <= self.depth - (self.scales - 1 - scale) and scale >= self.finest(layer)


def exit_layers(exits: int, base: int, step: int, spacing: Spacing) -> tuple[int, ...]:
    """Layers with a classifier: the first at `base`, then every `step`, or (linear) after 1, 2, 3... times step + 1.

    Raises:
        ValueError: numbers below 1, or an unknown spacing.
    """
    if min(exits, base, step) < 1:
        raise ValueError(f"exits, base and step must be at least 1, not {exits}, {base} and {step}")
    if spacing not in ("even", "linear"):
        raise ValueError(f"spacing must be 'even' or 'linear', not {spacing!r}")
    spans = [step if spacing == "even" else step * e + 1 for e in range(1, exits)]
    return tuple(base + sum(spans[:e]) for e in range(exits))


class FirstLayer(nn.Module):
    """Layer 0: the stem is the finest scale, and strided 3x3 convolutions lead from each scale to the next."""

    def __init__(self, kind: StemKind, channels: int, widths: Sequence[int], bias: bool) -> None:
        super().__init__()
        self.stem = stem(kind, channels, widths[0], bias=bias)
        self.downs = nn.ModuleList(conv_bn_relu(a, b, 3, stride=2) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(N, C, H, W) to one tensor per scale."""
        scales = [self.stem(x)]
        for down in self.downs:
            scales.append(down(scales[-1]))
        return tuple(scales)


def composite(channels: int, width: int, *, stride: int, bottleneck: int | None) -> nn.Sequential:
    """A 1x1 convolution to at most `bottleneck` times the width (None: without), then 3x3, each with BN and ReLU."""
    if bottleneck is None:
        return conv_bn_relu(channels, width, 3, stride=stride)
    inner = min(channels, bottleneck * width)
    return nn.Sequential(conv_bn_relu(channels, inner, 1), conv_bn_relu(inner, width, 3, stride=stride))


class Cell(nn.Module):
    """One scale of one layer.

    Args:
        channels: features of its scale that it reads.
        finer_channels: of the next finer scale, or None where the layer before has none.
        width: features that it appends; half of them come from the finer scale if there is one.
        bottlenecks: factors for the finer and for its own scale, see `composite`.
        reduced: features that a transition after it keeps, or None without a transition.

    Raises:
        ValueError: an odd width where two scales meet.
    """

    def __init__(
        self,
        channels: int,
        finer_channels: int | None,
        width: int,
        bottlenecks: tuple[int | None, int | None],
        reduced: int | None,
    ) -> None:
        super().__init__()
        if finer_channels is not None and width % 2:
            raise ValueError(f"growth {width} of a coarser scale must be even: half of it comes from the finer one")
        here = width if finer_channels is None else width // 2
        self.same = composite(channels, here, stride=1, bottleneck=bottlenecks[1])
        self.down = None
        if finer_channels is not None:
            self.down = composite(finer_channels, width // 2, stride=2, bottleneck=bottlenecks[0])
        self.transition = nn.Identity() if reduced is None else conv_bn_relu(channels + width, reduced, 1)

    def forward(self, x: Tensor, finer: Tensor | None) -> Tensor:
        """(N, C, H, W) and the finer scale (N, C', 2 H, 2 W) to (N, C + width, H, W), or reduced."""
        parts = [x, self.same(x)] if self.down is None else [x, self.down(finer), self.same(x)]
        grown: Tensor = self.transition(torch.cat(parts, dim=1))
        return grown


class ScalesSegment(nn.Module):
    """The cells between two exits, from the scales `first`... to the scales `kept`...; the first has layer 0 too."""

    def __init__(
        self, cells: Sequence[tuple[int, Cell]], first: int, kept: int, first_layer: FirstLayer | None = None
    ) -> None:
        super().__init__()
        self.first_layer = first_layer
        self.scales = [scale for scale, _ in cells]
        self.cells = nn.ModuleList(cell for _, cell in cells)
        self.first, self.kept = first, kept

    def forward(self, x: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Images (N, C, H, W) or the scales of the segment before, to the scales that anything later reads."""
        found = dict(enumerate(self.first_layer(x) if self.first_layer else x, start=self.first))
        for scale, cell in zip(self.scales, self.cells, strict=True):
            found[scale] = cell(found[scale], found.get(scale - 1))
        return tuple(found[scale] for scale in sorted(found) if scale >= self.kept)


class Classifier(nn.Module):
    """Two strided 3x3 convolutions with BN and ReLU on the coarsest scale, average pool, and a linear layer.

    Args:
        channels: of the coarsest scale.
        width: of the convolutions; None for as many as they read (ImageNet).
        classes: K.
    """

    def __init__(self, channels: int, width: int | None, classes: int) -> None:
        super().__init__()
        width = channels if width is None else width
        self.layers = nn.Sequential(
            conv_bn_relu(channels, width, 3, stride=2),
            conv_bn_relu(width, width, 3, stride=2),
            pooled_linear(width, classes),
        )

    def forward(self, scales: tuple[Tensor, ...]) -> Tensor:
        """The scales, coarsest last, to logits (N, K)."""
        logits: Tensor = self.layers(scales[-1])
        return logits


def segments_and_heads(
    task: Task,
    grid: CellGrid,
    *,
    channels: int,
    growth: int,
    growth_factors: Sequence[int],
    bottleneck_factors: Sequence[int] | None,
    head_width: int | None,
    stem_kind: StemKind,
    stem_bias: bool,
    lazy: bool,
) -> tuple[list[ScalesSegment], list[Classifier]]:
    """Segments and heads of an MSDNet; the parameters are explained in `zoo.methods.msdnet.network.MSDNet`.

    Raises:
        ValueError: images too small for the scales, or factors that do not match them.
    """
    _check(task, grid.scales, growth_factors, bottleneck_factors, stem_kind)
    factors = growth_factors[: grid.scales]

    def cell(layer: int, scale: int) -> Cell:
        before, after = grid.channels(layer - 1, channels, growth), grid.channels(layer, channels, growth)
        has_finer = scale > grid.finest(max(layer - 1, 1))
        bottlenecks: Sequence[int | None] = bottleneck_factors or [None] * grid.scales
        return Cell(
            before * factors[scale],
            before * factors[scale - 1] if has_finer else None,
            growth * factors[scale],
            (bottlenecks[scale - 1], bottlenecks[scale]),
            after * factors[scale] if grid.drops(layer) and grid.reduction else None,
        )

    walks = grid.cells(lazy=lazy)
    built = [[(scale, cell(layer, scale)) for layer, scale in walk] for walk in walks]
    segments: list[ScalesSegment] = []
    for e, cells in enumerate(built):
        later = [scale if c.down is None else scale - 1 for rest in built[e + 1 :] for scale, c in rest]
        kept = min([*later, grid.scales - 1])
        widths = [channels * factor for factor in factors]
        start = FirstLayer(stem_kind, task.shape[0], widths, stem_bias) if e == 0 else None
        segments.append(ScalesSegment(cells, segments[-1].kept if segments else 0, kept, start))
    heads = [
        Classifier(grid.channels(layer, channels, growth) * factors[-1], head_width, task.classes)
        for layer in grid.exits
    ]
    for module in [*segments, *heads]:
        init_he(module)
    return segments, heads


def _check(
    task: Task,
    scales: int,
    growth_factors: Sequence[int],
    bottleneck_factors: Sequence[int] | None,
    stem_kind: str,
) -> None:
    for name, factors in (("growth_factors", growth_factors), ("bottleneck_factors", bottleneck_factors)):
        if factors is not None and (len(factors) < scales or min(factors) < 1):
            raise ValueError(f"{name} must be {scales} numbers of at least 1, one per scale, not {list(factors)}")
    task.require_size(2 ** (scales - 1) * STEM_STRIDES.get(stem_kind, 1), "the last scale's")
