"""Pre-activation residual networks: batch norm and ReLU in front of every convolution, nothing after the addition.

Facts that re-implementations miss: the first activation stands behind the stem, in front of both paths of the first
block; where a 1x1 convolution goes around a block, both paths read the activated input, and no batch norm follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.backbone import check_shape
from zoo.layers import ModulesOf, SubsampleAndPad, conv, init_he, norm_relu, pooled_linear, stem
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.papers.preresnet import PAPER
from zoo.registry import register


class PreActBlock(nn.Module):
    """shortcut(x) + branch(activate(x)); a shortcut with weights reads activate(x) as well.

    Attributes:
        branch: the part of the block that may be left out.
    """

    def __init__(self, activate: nn.Module, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.activate = activate
        self.branch = branch
        self.shortcut = shortcut
        self.projects = isinstance(shortcut, nn.Conv2d)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H', W')."""
        active = self.activate(x)
        out: Tensor = self.shortcut(active if self.projects else x) + self.branch(active)
        return out


class PreActTrunk(nn.Module):
    """Stem, stages of pre-activation blocks, and BN - ReLU - global pool - linear.

    Args:
        task: channels, smallest side and classes.
        blocks: number of blocks of each stage; every stage after the first starts with stride 2.
        widths: channels of each stage, before the factor 4 of bottlenecks.
        block: `basic` or `bottleneck`.
        stem_kind: see `zoo.layers.stem`.
        stem_width: channels behind the stem; without it, the first width.
        shortcut_kind: `A` (zero padding) or `B` (1x1 convolution) where shapes change.
        dropout: rate between the two convolutions of a basic block.

    Attributes:
        blocks: in order.
        names: of the blocks, `stage1.block1` and so on.
        described: what a `ResNet` of the same stages is built with; None where the stem has a width of its own, which
            a `ResNet` cannot have.

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
        stem_width: int | None = None,
        shortcut_kind: Literal["A", "B"] = "B",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_shape(task, blocks, widths, block, stem_kind)
        if shortcut_kind not in ("A", "B"):
            raise ValueError(f"shortcut must be 'A' or 'B', not {shortcut_kind!r}")
        expansion = 4 if block == "bottleneck" else 1
        channels = stem_width or widths[0]
        self.stem = stem(stem_kind, task.shape[0], channels)
        self.blocks: ModulesOf[PreActBlock] = ModulesOf()
        self.names: list[str] = []
        for s, (count, width) in enumerate(zip(blocks, widths, strict=True)):
            for b in range(count):
                stride = 2 if s > 0 and b == 0 else 1
                activate = norm_relu(channels) if self.names else nn.Identity()
                branch = _branch(block, channels, width, stride, dropout)
                shortcut = _make_shortcut(shortcut_kind, channels, expansion * width, stride)
                self.blocks.append(PreActBlock(activate, branch, shortcut))
                self.names.append(f"stage{s + 1}.block{b + 1}")
                channels = expansion * width
        self.described: Mapping[str, Any] | None = None
        if stem_width in (None, widths[0]):
            self.described = {
                "blocks": tuple(blocks),
                "widths": tuple(widths),
                "block": block,
                "stem_kind": stem_kind,
                "shortcut_kind": shortcut_kind,
            }
        self.head = nn.Sequential(norm_relu(channels), pooled_linear(channels, task.classes))
        init_he(self)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to logits (N, K)."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(x)
        return logits

    def unit_modules(self) -> dict[str, Sequence[nn.Module]]:
        """Every block's residual branch; shortcuts run whatever the route."""
        return {name: (block.branch,) for name, block in zip(self.names, self.blocks, strict=True)}


def _branch(block: str, channels: int, width: int, stride: int, dropout: float) -> nn.Sequential:
    return _bottleneck(channels, width, stride) if block == "bottleneck" else _basic(channels, width, stride, dropout)


def _basic(channels: int, width: int, stride: int, dropout: float) -> nn.Sequential:
    """3x3 - BN - ReLU (- dropout) - 3x3, on an activated input."""
    drop = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(conv(channels, width, 3, stride=stride), norm_relu(width), *drop, conv(width, width, 3))


def _bottleneck(channels: int, width: int, stride: int) -> nn.Sequential:
    """1x1 - BN - ReLU - 3x3 - BN - ReLU - 1x1 to four times the width; the stride is in the first, as in the code."""
    return nn.Sequential(
        conv(channels, width, 1, stride=stride),
        norm_relu(width),
        conv(width, width, 3),
        norm_relu(width),
        conv(width, 4 * width, 1),
    )


def _make_shortcut(kind: str, channels: int, width: int, stride: int) -> nn.Module:
    if channels == width and stride == 1:
        return nn.Identity()
    return conv(channels, width, 1, stride=stride) if kind == "B" else SubsampleAndPad(width - channels, stride)


@register("preresnet", PAPER)
class PreResNet(RoutedNet):
    """Every block for every sample. Parameters as in `PreActTrunk`."""

    def __init__(
        self,
        task: Task,
        *,
        blocks: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] = (16, 32, 64),
        block: Literal["basic", "bottleneck"] = "basic",
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
        shortcut_kind: Literal["A", "B"] = "B",
    ) -> None:
        super().__init__(task)
        self.trunk = PreActTrunk(
            task, blocks=blocks, widths=widths, block=block, stem_kind=stem_kind, shortcut_kind=shortcut_kind
        )
        self.units = tuple(self.trunk.names)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; both ways to compute are the same here."""
        return Forward(logits=self.trunk(x), route=self.all_units(len(x), x.device))

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet of the same stages, whose activations follow the convolutions."""
        return self.trunk.described

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches."""
        return self.trunk.unit_modules()
