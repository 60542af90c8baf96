"""Residual networks: the static baseline, and the backbone of every method that runs a ResNet differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.contract import Compute, Forward, RoutedNet, Task
from zoo.layers import (
    Chain,
    ResidualBlock,
    Shortcut,
    basic_branch,
    bottleneck_branch,
    init_he,
    pooled_linear,
    shortcut,
    stem,
)
from zoo.registry import IMAGENET, Official, Preset, Published, register


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
        names: of the blocks, `stage1.block1` and so on.
        stage_ends: number of blocks up to the end of each stage.

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
        self.blocks = Chain()
        self.names: list[str] = []
        channels = widths[0]
        for s, (count, width) in enumerate(zip(blocks, widths, strict=True)):
            for b in range(count):
                stride = 2 if s > 0 and b == 0 else 1
                make_branch = basic_branch if block == "basic" else bottleneck_branch
                branch = make_branch(channels, width, stride, bias=conv_bias)
                around = shortcut(shortcut_kind, channels, expansion * width, stride)
                self.blocks.append(ResidualBlock(branch, around, in_channels=channels))
                self.names.append(f"stage{s + 1}.block{b + 1}")
                channels = expansion * width
        self.stage_ends = [sum(blocks[: s + 1]) for s in range(len(blocks))]
        self.stage_channels = [expansion * width for width in widths]
        self.head = pooled_linear(channels, task.classes)
        init_he(self)

    def residual_blocks(self) -> list[ResidualBlock]:
        """The blocks in order, typed."""
        return [block for block in self.blocks if isinstance(block, ResidualBlock)]

    def stages(self) -> list[nn.Sequential]:
        """One module per stage; they share the backbone's parameters."""
        starts = [0, *self.stage_ends]
        return [nn.Sequential(*self.blocks[a:b]) for a, b in pairwise(starts)]

    def branches(self) -> list[list[nn.Module]]:
        """The residual branches of every stage."""
        return [[b.branch for b in self.residual_blocks()[a:z]] for a, z in pairwise([0, *self.stage_ends])]

    def unit_modules(self) -> dict[str, Sequence[nn.Module]]:
        """Every block's residual branch; shortcuts run whatever the route."""
        return {name: (b.branch,) for name, b in zip(self.names, self.residual_blocks(), strict=True)}


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


TINY: Mapping[str, Any] = {"blocks": (2, 2, 2), "widths": (16, 32, 64), "stem_kind": "strided"}
"""ResNet-14 with a strided stem, for 28-pixel digits: 5.4 million multiply-accumulates at 28 x 28."""
SMALL: Mapping[str, Any] = {"blocks": (3, 3, 3), "widths": (16, 32, 64)}
"""ResNet-20 for 28 to 32 pixels."""


def cifar(n: int, shortcut_kind: Shortcut = "B") -> dict[str, Any]:
    """Parameters of the 6n+2-layer network of He et al. 2016, section 4.2."""
    return {"blocks": (n, n, n), "widths": (16, 32, 64), "shortcut_kind": shortcut_kind}


def imagenet(blocks: Sequence[int], block: str) -> dict[str, Any]:
    """Parameters of a network of He et al. 2016, Table 1, with the stride in the 3x3 convolution."""
    return {"blocks": tuple(blocks), "widths": (64, 128, 256, 512), "block": block, "stem_kind": "imagenet"}


HE_CIFAR = {
    "optimizer": "sgd",
    "lr": 0.1,
    "momentum": 0.9,
    "nesterov": False,
    "weight_decay": 1e-4,
    "batch_size": 128,
    "epochs": 182,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""He et al. 2016, section 4.2: 64 k iterations on 45 k images, divided by 10 at 32 k and 48 k."""
HE_IMAGENET = HE_CIFAR | {"batch_size": 256, "epochs": 90, "milestones": [1 / 3, 2 / 3]}


def _he(depth: int, error: float, parameters: float) -> Published:
    return Published(
        dataset="cifar10", source="He et al. 2016, Table 6", error=error, parameters=parameters, note=f"depth {depth}"
    )


def _cifar_preset(depth: int, error: float, parameters: float) -> Preset:
    n = (depth - 2) // 6
    return Preset(parameters=cifar(n, "A"), recipe=HE_CIFAR, published=[_he(depth, error, parameters)])


def _imagenet_preset(blocks: Sequence[int], block: str, macs: float) -> Preset:
    published = [Published(dataset="imagenet", source="He et al. 2016, Table 1", macs=macs)]
    return Preset(parameters=imagenet(blocks, block), task=IMAGENET, recipe=HE_IMAGENET, published=published)


AKAMASTER = "akamaster/pytorch_resnet_cifar10"
STRIDE = "the paper strides in the first 1x1 of a bottleneck, ours in the 3x3 as torchvision: 7 and 3 % more"


@register(
    "resnet",
    title="ResNet",
    family="fixed graph",
    varies="nothing",
    citation="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition. CVPR 2016. arXiv:1512.03385",
    presets={
        "tiny": Preset(parameters=TINY),
        "small": Preset(parameters=SMALL),
        "imagenet": _imagenet_preset((3, 4, 6, 3), "bottleneck", 3.8e9),
        "resnet-20": _cifar_preset(20, 8.75, 0.27e6),
        "resnet-32": _cifar_preset(32, 7.51, 0.46e6),
        "resnet-44": _cifar_preset(44, 7.17, 0.66e6),
        "resnet-56": _cifar_preset(56, 6.97, 0.85e6),
        "resnet-110": _cifar_preset(110, 6.43, 1.7e6),
        "resnet-18": _imagenet_preset((2, 2, 2, 2), "basic", 1.8e9),
        "resnet-34": _imagenet_preset((3, 4, 6, 3), "basic", 3.6e9),
        "resnet-50": _imagenet_preset((3, 4, 6, 3), "bottleneck", 3.8e9),
        "resnet-101": _imagenet_preset((3, 4, 23, 3), "bottleneck", 7.6e9),
    },
    variants=[{"shortcut_kind": "A"}, {"block": "bottleneck", "widths": (8, 16, 32)}],
    official={
        "resnet-20": Official(AKAMASTER, 269_722, 40.551e6),
        "resnet-32": Official(AKAMASTER, 464_154, 68.863e6),
        "resnet-56": Official(AKAMASTER, 853_018, 125.486e6),
        "resnet-110": Official(AKAMASTER, 1_727_962, 252.888e6),
        "resnet-18": Official("torchvision", 11_689_512, 1_814.073344e6),
        "resnet-34": Official("torchvision", 21_797_672, 3_663.761e6),
        "resnet-50": Official("torchvision", 25_557_032, 4_089.184e6),
        "resnet-101": Official("torchvision", 44_549_160, 7_801.405e6),
    },
    differs={
        "resnet-34": "the printed 3.6 G is with shortcut A; with B as here and in torchvision it is 3.66 G",
        "imagenet": STRIDE,
        "resnet-50": STRIDE,
        "resnet-101": STRIDE,
    },
)
class ResNet(RoutedNet):
    """Every block for every sample. Parameters as in `Backbone`; presets `resnet-20` to `resnet-110` use shortcut A."""

    def __init__(
        self,
        task: Task,
        *,
        blocks: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] = (16, 32, 64),
        block: Literal["basic", "bottleneck"] = "basic",
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
        shortcut_kind: Shortcut = "B",
    ) -> None:
        super().__init__(task)
        self.backbone = Backbone(
            task, blocks=blocks, widths=widths, block=block, stem_kind=stem_kind, shortcut_kind=shortcut_kind
        )
        self.units = tuple(self.backbone.names)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; both ways to compute are the same here."""
        x = self.backbone.stem(x)
        for block in self.backbone.blocks:
            x = block(x)
        return Forward(logits=self.backbone.head(x), route=self.all_units(len(x), x.device))

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches."""
        return self.backbone.unit_modules()
