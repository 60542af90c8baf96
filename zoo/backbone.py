"""The trunk of a residual network, as parts that methods run in their own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from torch import nn

from zoo.layers import (
    Chain,
    ResidualBlock,
    Shortcut,
    basic_branch,
    bottleneck_branch,
    init_he,
    make_shortcut,
    pooled_linear,
    stem,
)
from zoo.network import Task


class Backbone(nn.Module):
    """Stem, stages of residual blocks and a pooled linear head, as parts that other methods run in their own way.

    Args:
        task: channels, smallest side and classes.
        blocks: number of blocks of each stage; every stage after the first starts with stride 2.
        widths: channels of each stage, before the factor 4 of bottlenecks.
        block: `basic` or `bottleneck`.
        stem_kind: see `zoo.layers.stem`.
        shortcut_kind: where shapes change, zero padding (`A`, `A-front`, `A-pool`) or a 1x1 convolution (`B`).
        conv_bias: biases in the convolutions of stem and branches, which batch norm makes superfluous.

    Attributes:
        blocks: in order.
        names: of the blocks, `stage1.block1` and so on.
        stage_ends: number of blocks up to the end of each stage.
        described: what a `ResNet` of the same blocks is built with; biases of convolutions are no part of it.

    Raises:
        ValueError: parameters that do not describe a network, or pictures too small for its strides.
    """

    def __init__(
        self,
        task: Task,
        *,
        blocks: Sequence[int],
        widths: Sequence[int],
        block: Literal["basic", "bottleneck"] = "basic",
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
        shortcut_kind: Shortcut = "B",
        conv_bias: bool = False,
    ) -> None:
        super().__init__()
        check_shape(task, blocks, widths, block, stem_kind)
        expansion = 4 if block == "bottleneck" else 1
        self.stem = stem(stem_kind, task.shape[0], widths[0], bias=conv_bias)
        self.blocks: Chain[ResidualBlock] = Chain()
        self.names: list[str] = []
        channels = widths[0]
        for s, (count, width) in enumerate(zip(blocks, widths, strict=True)):
            for b in range(count):
                stride = 2 if s > 0 and b == 0 else 1
                make_branch = basic_branch if block == "basic" else bottleneck_branch
                branch = make_branch(channels, width, stride, bias=conv_bias)
                shortcut = make_shortcut(shortcut_kind, channels, expansion * width, stride)
                self.blocks.append(ResidualBlock(branch, shortcut, in_channels=channels))
                self.names.append(f"stage{s + 1}.block{b + 1}")
                channels = expansion * width
        self.described: Mapping[str, Any] = {
            "blocks": tuple(blocks),
            "widths": tuple(widths),
            "block": block,
            "stem_kind": stem_kind,
            "shortcut_kind": shortcut_kind,
        }
        self.stage_ends = [sum(blocks[: s + 1]) for s in range(len(blocks))]
        self.stage_channels = [expansion * width for width in widths]
        self.head = pooled_linear(channels, task.classes)
        init_he(self)

    def stages(self) -> list[nn.Sequential]:
        """One module per stage; they share the backbone's parameters."""
        starts = [0, *self.stage_ends]
        return [nn.Sequential(*self.blocks[a:b]) for a, b in pairwise(starts)]

    def branches(self) -> list[list[nn.Module]]:
        """The residual branches of every stage."""
        return [[b.branch for b in self.blocks[a:z]] for a, z in pairwise([0, *self.stage_ends])]

    def unit_modules(self) -> dict[str, Sequence[nn.Module]]:
        """Every block's residual branch; shortcuts run whatever the route."""
        return {name: (b.branch,) for name, b in zip(self.names, self.blocks, strict=True)}


def check_shape(task: Task, blocks: Sequence[int], widths: Sequence[int], block: str, stem_kind: str) -> None:
    """Refuse stages that do not describe a residual network for the task.

    Raises:
        ValueError: lists of different lengths, numbers below 1, an unknown block, or pictures below the stride.
    """
    if len(blocks) != len(widths) or not blocks:
        raise ValueError(f"blocks {list(blocks)} and widths {list(widths)} must have one number per stage")
    if min(blocks) < 1 or min(widths) < 1:
        raise ValueError(f"blocks {list(blocks)} and widths {list(widths)} must be positive")
    if block not in ("basic", "bottleneck"):
        raise ValueError(f"block must be 'basic' or 'bottleneck', not {block!r}")
    stride = 2 ** (len(blocks) - 1) * {"cifar": 1, "strided": 2, "imagenet": 4}.get(stem_kind, 1)
    if min(task.shape[1:]) < stride:
        raise ValueError(
            f"pictures of {task.shape[1]} x {task.shape[2]} pixels are smaller than the network's stride {stride}"
        )
