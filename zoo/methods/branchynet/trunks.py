"""The networks that BranchyNet puts exits on: its paper's three (from the official code), and the suite's ResNet.

Max-pools round up and the response normalisation is chainer's, k = 2 with alpha not divided by the window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from zoo.backbone import Backbone
from zoo.layers import ResidualBlock, basic_branch, conv, conv_bn_relu, init_he, make_shortcut, pooled_linear
from zoo.network import Task


@dataclass(frozen=True)
class Parts:
    """E segments of a trunk and the E heads behind them, the last of which is the network's own classifier.

    Attributes:
        segments: in order.
        heads: in order.
        plain: see `zoo.network.RoutedNet.plain_trunk`.
    """

    segments: Sequence[nn.Module]
    heads: Sequence[nn.Module]
    plain: Mapping[str, Any] | None = None


def branchy_resnet(task: Task, **backbone_parameters: Any) -> Parts:
    """The suite's ResNet with an exit after every stage but the last.

    An early head is a strided 3x3 convolution to twice the channels, batch norm, ReLU and a pooled classifier.
    """
    backbone = Backbone(task, **backbone_parameters)
    stages = backbone.stages()
    segments = [nn.Sequential(backbone.stem, stages[0]), *stages[1:]]
    early = [
        nn.Sequential(conv_bn_relu(channels, 2 * channels, 3, stride=2), pooled_linear(2 * channels, task.classes))
        for channels in backbone.stage_channels[:-1]
    ]
    for head in early:
        init_he(head)
    return Parts(segments, [*early, backbone.head], backbone.described)


def b_lenet(task: Task) -> Parts:
    """B-LeNet (networks/lenet_mnist.py of the official code), 74,694 parameters.

    Raises:
        ValueError: pictures that are not 28 x 28 with one channel.
    """
    _require(task, (1, 28, 28), "b-lenet")
    first = conv(1, 5, 5, padding=3, bias=True)
    rest = nn.Sequential(
        _pool(2),
        nn.ReLU(),
        conv(5, 10, 5, padding=3, bias=True),
        _pool(2),
        nn.ReLU(),
        conv(10, 20, 5, padding=3, bias=True),
        _pool(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(720, 84),
    )
    early = nn.Sequential(
        _pool(2), nn.ReLU(), conv(5, 10, 3, bias=True), _pool(2), nn.ReLU(), nn.Flatten(), nn.Linear(640, task.classes)
    )
    return Parts([first, rest], [early, nn.Linear(84, task.classes)])


def b_alexnet(task: Task) -> Parts:
    """B-AlexNet (networks/alex_cifar10.py), 605,886 parameters; branches after the second and third convolution.

    Raises:
        ValueError: pictures that are not 32 x 32 with three channels.
    """
    _require(task, (3, 32, 32), "b-alexnet")
    segments = [
        nn.Sequential(conv(3, 32, 5, bias=True), *_relu_pool_norm(), conv(32, 64, 5, bias=True)),
        nn.Sequential(*_relu_pool_norm(), conv(64, 96, 3, bias=True)),
        nn.Sequential(
            nn.ReLU(),
            *_conv_relu(96, 96),
            *_conv_relu(96, 64),
            _pool(3),
            nn.Flatten(),
            nn.Linear(1024, 256),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
        ),
    ]
    heads = [
        nn.Sequential(
            *_relu_pool_norm(),
            *_conv_relu(64, 32),
            *_conv_relu(32, 32),
            _pool(3),
            nn.Flatten(),
            nn.Linear(512, task.classes),
        ),
        nn.Sequential(*_relu_pool_norm(), *_conv_relu(96, 32), _pool(3), nn.Flatten(), nn.Linear(128, task.classes)),
        nn.Linear(128, task.classes),
    ]
    return Parts(segments, heads)


def b_resnet_110(task: Task) -> Parts:
    """B-ResNet-110 (networks/resnet_cifar10.py as in the paper), 2,227,230 parameters.

    The stem does not pad (30, 15, 8 pixels), convolutions have biases, and new channels of a shortcut stand in
    front. The first head alone costs 124 times the stem that it follows.

    Raises:
        ValueError: pictures that are not 32 x 32 with three channels.
    """
    _require(task, (3, 32, 32), "b-resnet-110")
    stem = nn.Sequential(conv(3, 16, 3, padding=0, bias=True), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
    stage1 = nn.Sequential(*[_block(16, 16, 1) for _ in range(18)])
    stage2 = [_block(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(18)]
    stage3 = [_block(32 if i == 0 else 64, 64, 2 if i == 0 else 1) for i in range(18)]
    heads = [
        nn.Sequential(
            conv(16, 64, 5, bias=True),
            nn.ReLU(),
            _response_norm(),
            *_conv_relu(64, 32),
            *_conv_relu(32, 32),
            nn.Flatten(),
            nn.Linear(28_800, task.classes),
        ),
        nn.Sequential(_block(16, 16, 1), nn.Flatten(), nn.Linear(14_400, task.classes)),
        nn.Sequential(nn.AvgPool2d(6, 1), nn.Flatten(), nn.Linear(576, task.classes)),
    ]
    plain = {"blocks": (18, 18, 18), "widths": (16, 32, 64), "shortcut_kind": "A-front"}
    parts = Parts([stem, stage1, nn.Sequential(*stage2, *stage3)], heads, plain)
    for module in [*parts.segments, *parts.heads]:
        init_he(module)
    return parts


def _require(task: Task, shape: tuple[int, int, int], trunk: str) -> None:
    if task.shape != shape:
        raise ValueError(f"{trunk} is defined for pictures of shape {shape}, not {task.shape}; use trunk=resnet")


def _block(channels: int, width: int, stride: int) -> ResidualBlock:
    branch = basic_branch(channels, width, stride, bias=True)
    return ResidualBlock(branch, make_shortcut("A-front", channels, width, stride), in_channels=channels)


def _pool(size: int) -> nn.MaxPool2d:
    return nn.MaxPool2d(size, 2, ceil_mode=True)


def _response_norm() -> nn.LocalResponseNorm:
    return nn.LocalResponseNorm(3, alpha=3 * 5e-5, beta=0.75, k=2.0)


def _relu_pool_norm() -> list[nn.Module]:
    return [nn.ReLU(), _pool(3), _response_norm()]


def _conv_relu(channels: int, width: int) -> list[nn.Module]:
    return [conv(channels, width, 3, bias=True), nn.ReLU()]
