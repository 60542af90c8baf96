"""PyramidNet: every residual block is a little wider than the one before it.

Facts that re-implementations miss: the width accumulates as a real number and is rounded at use only (literally, the
paper's integer recursion never grows for alpha = 48); shortcuts have no parameters; nothing is activated after the
addition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.block_drop import BlockDrop, survival_schedule
from zoo.contract import Compute, Forward, RoutedNet, Task
from zoo.layers import ResidualBlock, conv, init_he, pooled_linear
from zoo.registry import CIFAR10, CIFAR100, IMAGENET, Official, Preset, Published, register
from zoo.routing import gated_residual

HAN_CIFAR10 = {
    "optimizer": "sgd",
    "lr": 0.1,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 128,
    "epochs": 300,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""Han et al. 2017, section 4; the example of the authors' PyTorch code has batch 32 with lr 0.025 instead."""
HAN_CIFAR100 = HAN_CIFAR10 | {"lr": 0.5}
HAN_IMAGENET = HAN_CIFAR10 | {"lr": 0.05, "epochs": 120, "milestones": [0.5, 0.75, 0.875]}
"""Learning rate and batch of the authors' PyTorch code; epochs and milestones are from memory of the paper."""


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

    def __init__(self, branch: nn.Module, around: PyramidShortcut, *, in_channels: int) -> None:
        super().__init__(branch, around, in_channels=in_channels)
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


def _cifar(depth: int, alpha: float, parameters: float, errors: tuple[float, float]) -> dict[str, Preset]:
    """Additive presets of that depth for CIFAR-10 and, with the suffix -c100, for CIFAR-100."""
    block = "basic" if depth == 110 else "bottleneck"
    n = (depth - 2) // (6 if block == "basic" else 9)
    return _both(f"{depth}-a{alpha}", {"blocks": (n, n, n), "alpha": alpha, "block": block}, parameters, errors)


def _multiplicative(alpha: float, parameters: float, errors: tuple[float, float]) -> dict[str, Preset]:
    net = {"blocks": (18, 18, 18), "alpha": alpha, "widening": "multiply"}
    return _both(f"110-mul-a{alpha}", net, parameters, errors)


def _both(name: str, net: Mapping[str, Any], parameters: float, errors: tuple[float, float]) -> dict[str, Preset]:
    made = {}
    tasks = (("", "cifar10", CIFAR10, HAN_CIFAR10), ("-c100", "cifar100", CIFAR100, HAN_CIFAR100))
    for (suffix, dataset, task, recipe), error in zip(tasks, errors, strict=True):
        source = "Han et al. 2017, results as in the authors' README"
        figure = Published(dataset=dataset, source=source, error=error, parameters=parameters)
        made[f"pyramidnet-{name}{suffix}"] = Preset(parameters=net, task=task, recipe=recipe, published=[figure])
    return made


def _imagenet(blocks: Sequence[int], alpha: int, error: float, top5: float, parameters: float) -> Preset:
    net = {"blocks": blocks, "alpha": alpha, "start": 64, "block": "bottleneck", "stem_kind": "imagenet"}
    figure = Published(
        dataset="imagenet",
        source="Han et al. 2017, authors' READMEs",
        error=error,
        parameters=parameters,
        note=f"one 224 x 224 crop; top-5 {top5}",
    )
    return Preset(parameters=net, task=IMAGENET, recipe=HAN_IMAGENET, published=[figure])


AUTHORS = "jhkim89/PyramidNet-PyTorch"
PRINTED_LOW = [
    f"pyramidnet-{network}{task}"
    for network in (
        "110-a48",
        "110-a84",
        "110-a270",
        "110-mul-a4.75",
        "110-mul-a8",
        "110-mul-a27",
        "200-a240",
        "236-a220",
    )
    for task in ("", "-c100")
]


@register(
    "pyramidnet",
    title="PyramidNet",
    family="fixed graph",
    varies="nothing",
    citation="Han, Kim, Kim: Deep Pyramidal Residual Networks. CVPR 2017. arXiv:1610.02915",
    presets={
        "tiny": Preset(parameters={"blocks": (1, 2, 2), "alpha": 42, "stem_kind": "strided"}),
        "small": Preset(parameters={"blocks": (3, 3, 3), "alpha": 24}),
        **_cifar(110, 48, 1.7e6, (4.62, 23.31)),
        **_cifar(110, 84, 3.8e6, (4.27, 20.21)),
        **_cifar(110, 270, 28.3e6, (3.73, 18.25)),
        **_multiplicative(4.75, 1.7e6, (4.62, 23.16)),
        **_multiplicative(8, 3.8e6, (4.50, 20.94)),
        **_multiplicative(27, 28.3e6, (4.06, 18.79)),
        **_cifar(164, 48, 1.7e6, (4.21, 19.52)),
        **_cifar(164, 84, 3.8e6, (3.96, 18.32)),
        **_cifar(164, 270, 27.0e6, (3.48, 17.01)),
        **_cifar(200, 240, 26.6e6, (3.44, 16.51)),
        **_cifar(236, 220, 26.8e6, (3.40, 16.37)),
        **_cifar(272, 200, 26.0e6, (3.31, 16.35)),
        "pyramidnet-101-a360": _imagenet((3, 4, 23, 3), 360, 21.98, 6.20, 42.5e6),
        "pyramidnet-200-a300": _imagenet((3, 24, 36, 3), 300, 20.47, 5.29, 62.1e6),
    },
    variants=[
        {"widening": "multiply", "alpha": 4.75, "rounding": "floor"},
        {"block": "bottleneck", "alpha": 16, "start": 8},
        {"last_survival": 0.8},
    ],
    scales={"width": ("start", "alpha"), "depth": ("blocks",)},
    official={
        "pyramidnet-110-a48": Official(AUTHORS, 1_772_706, convolutions=403.8e6),
        "pyramidnet-110-a48-c100": Official(AUTHORS, 1_778_556),
        "pyramidnet-110-a270": Official(AUTHORS, 28_485_477, convolutions=4_718.0e6),
        "pyramidnet-110-a270-c100": Official(AUTHORS, 28_511_307),
        "pyramidnet-164-a48": Official(AUTHORS, 1_715_442, convolutions=388.4e6),
        "pyramidnet-164-a48-c100": Official(AUTHORS, 1_738_572),
        "pyramidnet-164-a270": Official(AUTHORS, 27_216_021, convolutions=4_569.8e6),
        "pyramidnet-164-a270-c100": Official(AUTHORS, 27_319_071),
        "pyramidnet-200-a240": Official(AUTHORS, 26_752_702, convolutions=4_519.6e6),
        "pyramidnet-200-a240-c100": Official(AUTHORS, 26_844_952),
        "pyramidnet-272-a200": Official(AUTHORS, 26_210_842, convolutions=4_488.8e6),
        "pyramidnet-272-a200-c100": Official(AUTHORS, 26_288_692),
        "pyramidnet-101-a360": Official(AUTHORS, 42_455_070, convolutions=8_695e6),
        "pyramidnet-200-a300": Official(AUTHORS, 62_368_168, convolutions=16_549e6),
    },
    differs=dict.fromkeys(
        [*PRINTED_LOW, "pyramidnet-200-a300"], "the authors' code counts 0.5 to 4 % more parameters than they print"
    ),
)
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
        last_survival: below 1, training drops blocks as `zoo.stochastic_depth` does, the last with this probability of
            surviving; evaluation scales every branch by its survival probability. PyramidDrop (Yamada et al. 2016)
            without its separate draws for old and new channels.
        drop_mode: see `zoo.block_drop.BlockDrop`: per mini-batch (`batch`) or per sample (`row`).

    Raises:
        ValueError: parameters that do not describe a network, or pictures too small for its strides.
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
    ) -> None:
        super().__init__(task)
        _check(task, blocks, start, block, stem_kind)
        make = basic_pyramid_branch if block == "basic" else bottleneck_pyramid_branch
        self.stem = _stem(stem_kind, task.shape[0], start)
        self.blocks = nn.ModuleList()
        channels, names = start, []
        for s, widths in enumerate(stage_widths(blocks, start, alpha, widening, rounding)):
            for b, width in enumerate(widths):
                stride = 2 if s > 0 and b == 0 else 1
                out_channels = width if block == "basic" else 4 * width
                around = PyramidShortcut(out_channels - channels, stride)
                self.blocks.append(PyramidBlock(make(channels, width, stride), around, in_channels=channels))
                names.append(f"stage{s + 1}.block{b + 1}")
                channels = out_channels
        self.units = tuple(names)
        self.drop = BlockDrop(survival_schedule(len(names), last_survival), drop_mode)
        self.head = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(inplace=True), *pooled_linear(channels, task.classes)
        )
        init_he(self)

    def residual_blocks(self) -> list[PyramidBlock]:
        """The blocks in order, typed."""
        return [block for block in self.blocks if isinstance(block, PyramidBlock)]

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; training, and evaluation with a generator, draw which blocks run."""
        kept = self.drop.draw(len(x), generator) if self.training or generator is not None else None
        route = self.all_units(len(x), x.device) if kept is None else kept.to(x.device, non_blocking=True)
        x = self.stem(x)
        for index, block in enumerate(self.residual_blocks()):
            if self.drop.certain:
                x = block(x)
            elif self.training or compute == "needed":
                x = self.drop.residual(index, block, x, kept)
            else:
                x = gated_residual(block, x, self.drop.weights(index, x, kept), "all")
        return Forward(logits=self.head(x), route=route)

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches; without one, a block is its shortcut: identity and zeros."""
        return {name: (block.branch,) for name, block in zip(self.units, self.residual_blocks(), strict=True)}


def _check(task: Task, blocks: Sequence[int], start: int, block: str, stem_kind: str) -> None:
    if not blocks or min(blocks) < 1:
        raise ValueError(f"blocks must be one positive number per stage, not {list(blocks)}")
    if start < 1:
        raise ValueError(f"start must be at least 1, not {start}")
    if block not in ("basic", "bottleneck"):
        raise ValueError(f"block must be 'basic' or 'bottleneck', not {block!r}")
    stride = 2 ** (len(blocks) - 1) * {"cifar": 1, "strided": 2, "imagenet": 4}.get(stem_kind, 1)
    if min(task.shape[1:]) < stride:
        raise ValueError(
            f"pictures of {task.shape[1]} x {task.shape[2]} pixels are smaller than the network's stride {stride}"
        )
