"""DenseNet: every layer reads the concatenation of all features before it in its block, and adds a few.

Facts that re-implementations miss: without bottlenecks the stem has 16 channels, with them twice the growth rate;
nothing normalises the stem on CIFAR; a transition floors the number of channels that it keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from zoo.layers import STEM_STRIDES, conv, conv_bn_relu, init_he, norm_relu, pooled_linear
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.papers.densenet import PAPER
from zoo.registry import register


def dense_layer(channels: int, growth: int, bottleneck: bool, dropout: float) -> nn.Sequential:
    """BN - ReLU - 3x3, behind BN - ReLU - 1x1 to 4 x growth channels where there is a bottleneck; (N, growth, H, W)."""
    drop = [nn.Dropout(dropout)] if dropout else []
    squeeze = [norm_relu(channels), conv(channels, 4 * growth, 1), *drop] if bottleneck else []
    inner = 4 * growth if bottleneck else channels
    return nn.Sequential(*squeeze, norm_relu(inner), conv(inner, growth, 3), *drop)


class DenseBlock(nn.Module):
    """Layers of which each reads the block's input and everything that the layers before it made."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C + layers * growth, H, W)."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x


def transition(channels: int, width: int, dropout: float) -> nn.Sequential:
    """BN - ReLU - 1x1 - 2x2 mean; (N, C, H, W) to (N, width, H // 2, W // 2)."""
    drop = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(norm_relu(channels), conv(channels, width, 1), *drop, nn.AvgPool2d(2))


@register("densenet", PAPER)
class DenseNet(RoutedNet):
    """Every layer for every sample.

    Args:
        task: what to build for.
        blocks: number of layers of each dense block; a transition halves height and width between two blocks.
        growth: k, channels that a layer adds.
        bottleneck: a 1x1 convolution to 4k channels in front of every 3x3 (the B of DenseNet-BC).
        compression: part of the channels that a transition keeps (the C of DenseNet-BC: 0.5).
        stem_width: channels of the first convolution; without it, 2k with bottlenecks and 16 without, as the paper
            writes. The official code always has 2k.
        dropout: rate behind every convolution but the first; the paper has 0.2 where it does not augment.
        stem_kind: `cifar` is a 3x3 convolution, `strided` one with stride 2, both without normalisation; `imagenet`
            is 7x7 with stride 2, BN, ReLU, max-pool.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its strides.
    """

    def __init__(
        self,
        task: Task,
        *,
        blocks: Sequence[int] = (3, 3, 3),
        growth: int = 12,
        bottleneck: bool = True,
        compression: float = 0.5,
        stem_width: int | None = None,
        dropout: float = 0.0,
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
    ) -> None:
        super().__init__(task)
        _check(task, blocks, growth, compression, dropout, stem_kind)
        channels = stem_width or (2 * growth if bottleneck else 16)
        stages: list[nn.Module] = [_stem(stem_kind, task.shape[0], channels)]
        self.layers: dict[str, nn.Module] = {}
        for b, count in enumerate(blocks):
            if b > 0:
                kept = int(channels * compression)
                stages.append(transition(channels, kept, dropout))
                channels = kept
            layers = [dense_layer(channels + i * growth, growth, bottleneck, dropout) for i in range(count)]
            self.layers |= {f"block{b + 1}.layer{i + 1}": layer for i, layer in enumerate(layers)}
            stages.append(DenseBlock(layers))
            channels += count * growth
        self.features = nn.Sequential(*stages, norm_relu(channels))
        self.head = pooled_linear(channels, task.classes)
        init_he(self)
        self.units = tuple(self.layers)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised images; both ways to compute are the same here."""
        return Forward(logits=self.head(self.features(x)), route=self.all_units(len(x), x.device))

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The dense layers; transitions always run."""
        return {name: (layer,) for name, layer in self.layers.items()}


def _stem(kind: str, channels: int, width: int) -> nn.Module:
    if kind == "imagenet":
        return nn.Sequential(conv_bn_relu(channels, width, 7, stride=2), nn.MaxPool2d(3, 2, 1))
    return conv(channels, width, 3, stride=2 if kind == "strided" else 1)


def _check(task: Task, blocks: Sequence[int], growth: int, compression: float, dropout: float, stem_kind: str) -> None:
    if not blocks or min(blocks) < 1 or growth < 1:
        raise ValueError(f"blocks {list(blocks)} and growth {growth} must be positive")
    if not 0 < compression <= 1:
        raise ValueError(f"compression must be above 0 and at most 1, not {compression}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1, not {dropout}")
    if stem_kind not in STEM_STRIDES:
        raise ValueError(f"stem must be 'cifar', 'strided' or 'imagenet', not {stem_kind!r}")
    task.require_size(2 ** (len(blocks) - 1) * STEM_STRIDES[stem_kind])
