"""PyramidNet: every residual block is a little wider than the one before it.

Facts that re-implementations miss: the width accumulates as a real number and is rounded at use only (literally, the
paper's integer recursion never grows for alpha = 48); shortcuts have no parameters; nothing is activated after the
addition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.execution.block_drop import BlockDrop, survival_schedule
from zoo.execution.gated_block import gated_residual
from zoo.layers import STEM_STRIDES, ModulesOf, ResidualBlock, conv, init_he, pooled_linear
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.papers.pyramidnet import PAPER
from zoo.registry import register


def stage_widths(
    blocks: Sequence[int],
    start: int,
    alpha: float,
    widening: Literal["add", "multiply"] = "add",
    rounding: Literal["nearest", "floor"] = "nearest",
) -> list[list[int]]:
    """Width of every block, stage by stage, before the factor 4 of bottlenecks.

    Block k of N has start + alpha k / N channels, or start alpha^(k / N).

    Raises:
        ValueError: an unknown rule, or an alpha that shrinks.
    """
    if widening not in ("add", "multiply"):
        raise ValueError(f"widening must be 'add' or 'multiply', not {widening!r}")
    if rounding not in ("nearest", "floor"):
        raise ValueError(f"rounding must be 'nearest' or 'floor', not {rounding!r}")
    least = 0 if widening == "add" else 1
    if alpha < least:
        raise ValueError(f"alpha must be at least {least} where widths {widening}, not {alpha}")
    total, extra, done = sum(blocks), 0.5 if rounding == "nearest" else 0.0, 0
    widths = []
    for count in blocks:
        turns = range(done + 1, done + count + 1)
        exact = [start + alpha * k / total if widening == "add" else start * alpha ** (k / total) for k in turns]
        widths.append([math.floor(width + extra) for width in exact])
        done += count
    return widths


def basic_pyramid_branch(channels: int, width: int, stride: int) -> nn.Sequential:
    """BN - 3x3 - BN - ReLU - 3x3 - BN (Han et al. 2017, Fig. 6 d): one ReLU, and batch norm at both ends."""
    return nn.Sequential(
        nn.BatchNorm2d(channels),
        conv(channels, width, 3, stride=stride),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        conv(width, width, 3),
        nn.BatchNorm2d(width),
    )


def bottleneck_pyramid_branch(channels: int, width: int, stride: int) -> nn.Sequential:
    """BN - 1x1 - BN - ReLU - 3x3 - BN - ReLU - 1x1 to four times the width - BN; the stride is in the 3x3."""
    return nn.Sequential(
        nn.BatchNorm2d(channels),
        conv(channels, width, 1),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        conv(width, width, 3, stride=stride),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        conv(width, 4 * width, 1),
        nn.BatchNorm2d(4 * width),
    )


class PyramidShortcut(nn.Module):
    """Identity, or a 2x2 average pool at stride 2, with zeros in the new channels behind the old ones.

    Args:
        new_channels: how many to append.
        stride: 1 or 2.
    """

    def __init__(self, new_channels: int, stride: int) -> None:
        super().__init__()
        self.new_channels = new_channels
        self.pool = nn.AvgPool2d(2, ceil_mode=True) if stride == 2 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C + new, ceil(H / stride), ceil(W / stride))."""
        x = self.pool(x)
        return functional.pad(x, (0, 0, 0, 0, 0, self.new_channels)) if self.new_channels else x


class PyramidBlock(ResidualBlock):
    """shortcut(x) + branch(x), without activation."""

    shortcut: PyramidShortcut

    def __init__(self, branch: nn.Module, shortcut: PyramidShortcut, *, in_channels: int) -> None:
        super().__init__(branch, shortcut, in_channels=in_channels)
        self.activation = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H', W'); adds into the first C channels of the branch instead of padding."""
        out: Tensor = self.branch(x)
        out[:, : self.in_channels] += self.shortcut.pool(x)
        return out


def _stem(kind: str, channels: int, width: int) -> nn.Sequential:
    if kind == "imagenet":
        parts = [conv(channels, width, 7, stride=2), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
        return nn.Sequential(*parts, nn.MaxPool2d(3, 2, 1))
    if kind not in ("cifar", "strided"):
        raise ValueError(f"stem_kind must be 'cifar', 'strided' or 'imagenet', not {kind!r}")
    return nn.Sequential(conv(channels, width, 3, stride=2 if kind == "strided" else 1), nn.BatchNorm2d(width))


@register("pyramidnet", PAPER)
class PyramidNet(RoutedNet):
    """A residual network that widens at every block instead of at stage ends (Han et al. 2017).

    Args:
        task: what to build for.
        blocks: number of blocks of each stage; every stage after the first starts with stride 2.
        alpha: channels added over all blocks, or the factor that the width grows by.
        start: width of the stem.
        widening: `add` alpha / N channels per block, or `multiply` by alpha^(1 / N).
        rounding: of the accumulated width, `nearest` as in the authors' code or `floor` as the paper writes.
        block: `basic` or `bottleneck`; the authors' PyTorch code defaults to the latter.
        stem_kind: `cifar` keeps the resolution, `strided` halves it, both without ReLU; `imagenet` quarters it.
        last_survival: below 1, training drops blocks as `stochastic_depth` does, the last with this probability of
            surviving; evaluation scales every branch by its survival probability. PyramidDrop (Yamada et al. 2016)
            without its separate draws for old and new channels.
        drop_mode: see `zoo.execution.block_drop.BlockDrop`: per mini-batch (`batch`) or per sample (`row`).
        dropout: rate between the global pool and the classifier, where the authors' Caffe network of alpha 450 has it.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its strides.
    """

    def __init__(
        self,
        task: Task,
        *,
        blocks: Sequence[int] = (18, 18, 18),
        alpha: float = 48,
        start: int = 16,
        widening: Literal["add", "multiply"] = "add",
        rounding: Literal["nearest", "floor"] = "nearest",
        block: Literal["basic", "bottleneck"] = "basic",
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
        last_survival: float = 1.0,
        drop_mode: Literal["batch", "row"] = "batch",
        dropout: float = 0.0,
    ) -> None:
        super().__init__(task)
        _check(task, blocks, start, block, stem_kind)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, not {dropout}")
        make = basic_pyramid_branch if block == "basic" else bottleneck_pyramid_branch
        self.stem = _stem(stem_kind, task.shape[0], start)
        self.blocks: ModulesOf[PyramidBlock] = ModulesOf()
        channels, names = start, []
        for s, widths in enumerate(stage_widths(blocks, start, alpha, widening, rounding)):
            for b, width in enumerate(widths):
                stride = 2 if s > 0 and b == 0 else 1
                out_channels = width if block == "basic" else 4 * width
                shortcut = PyramidShortcut(out_channels - channels, stride)
                self.blocks.append(PyramidBlock(make(channels, width, stride), shortcut, in_channels=channels))
                names.append(f"stage{s + 1}.block{b + 1}")
                channels = out_channels
        self.units = tuple(names)
        self.drop = BlockDrop(survival_schedule(len(names), last_survival), drop_mode)
        self.head = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(inplace=True), *_classifier(channels, task.classes, dropout)
        )
        init_he(self)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; training, and evaluation with a generator, draw which blocks run."""
        kept = self.drop.draw(len(x), generator) if self.training or generator is not None else None
        route = self.all_units(len(x), x.device) if kept is None else kept.to(x.device, non_blocking=True)
        x = self.stem(x)
        for index, block in enumerate(self.blocks):
            if self.drop.certain:
                x = block(x)
            elif self.training or compute == "needed":
                x = self.drop.residual(index, block, x, kept)
            else:
                x = gated_residual(block, x, self.drop.weights(index, x, kept), "all")
        return Forward(logits=self.head(x), route=route)

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches; without one, a block is its shortcut: identity and zeros."""
        return {name: (block.branch,) for name, block in zip(self.units, self.blocks, strict=True)}


def _classifier(channels: int, classes: int, dropout: float) -> list[nn.Module]:
    *pool, linear = pooled_linear(channels, classes)
    return [*pool, *([nn.Dropout(dropout)] if dropout else []), linear]


def _check(task: Task, blocks: Sequence[int], start: int, block: str, stem_kind: str) -> None:
    if not blocks or min(blocks) < 1:
        raise ValueError(f"blocks must be one positive number per stage, not {list(blocks)}")
    if start < 1:
        raise ValueError(f"start must be at least 1, not {start}")
    if block not in ("basic", "bottleneck"):
        raise ValueError(f"block must be 'basic' or 'bottleneck', not {block!r}")
    task.require_size(2 ** (len(blocks) - 1) * STEM_STRIDES.get(stem_kind, 1))
