"""Blocks, stems, shortcuts and heads that several networks share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar, overload

import torch
from torch import Tensor, nn
from torch.nn import functional


class Normalize(nn.Module):
    """Subtract the mean and divide by the standard deviation, per channel, as the first layer of a network."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] to the same shape, normalised."""
        return (images - self.mean) / self.std


def conv(
    channels: int, width: int, size: int, *, stride: int = 1, padding: int | None = None, bias: bool = False
) -> nn.Conv2d:
    """Square convolution that keeps height and width at stride 1 unless a padding is given."""
    return nn.Conv2d(channels, width, size, stride, size // 2 if padding is None else padding, bias=bias)


class Depthwise(nn.Conv2d):
    """Depthwise 3x3 convolution without bias.

    With a stride, or on very few pixels, it computes in float32 on the CPU even under bf16 autocast: oneDNN's bf16
    gradients fall back to a reference there (28 against 0.7 ms for the input of 64 x 24 x 28 x 28 at stride 2).
    """

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__(channels, channels, 3, stride, 1, groups=channels, bias=False)
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, ceil(H / stride), ceil(W / stride))."""
        slow = self.stride != (1, 1) or min(x.shape[2:]) < 4
        if not slow or x.device.type != "cpu" or x.dtype == torch.float32:
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float()).to(x.dtype)


def conv_bn_relu(channels: int, width: int, size: int, *, stride: int = 1, bias: bool = False) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    convolution = conv(channels, width, size, stride=stride, bias=bias)
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True))


def norm_relu(channels: int) -> nn.Sequential:
    """Batch norm, ReLU: the pre-activation of He et al. 2016b."""
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


class SubsampleAndPad(nn.Module):
    """Shortcut A of He et al. 2016: every stride-th pixel, new channels filled with zeros, no parameters.

    Args:
        new_channels: how many channels to add.
        stride: of the subsampling.
        zeros: where the new channels go: half in front and half behind, or all in front (BranchyNet's code).
    """

    def __init__(self, new_channels: int, stride: int, zeros: Literal["both", "front"] = "both") -> None:
        super().__init__()
        front = new_channels // 2 if zeros == "both" else new_channels
        self.stride = stride
        self.channel_padding = (0, 0, 0, 0, front, new_channels - front)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C + new, ceil(H / stride), ceil(W / stride))."""
        return functional.pad(x[:, :, :: self.stride, :: self.stride], self.channel_padding)


class PoolAndPad(nn.Module):
    """Mean of every stride x stride square, new channels filled with zeros at the end, no parameters.

    The shortcut of the official codes of Stochastic Depth and PyramidNet.
    """

    def __init__(self, new_channels: int, stride: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        self.channel_padding = (0, 0, 0, 0, 0, new_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C + new, ceil(H / stride), ceil(W / stride))."""
        return functional.pad(self.pool(x), self.channel_padding)


Shortcut = Literal["A", "A-front", "A-pool", "B"]


def make_shortcut(kind: Shortcut, channels: int, width: int, stride: int) -> nn.Module:
    """The path around a residual branch: identity where shapes agree, else option A or B of He et al. 2016.

    `A` subsamples and puts zeros on both sides, `A-front` in front (BranchyNet); `A-pool` is `PoolAndPad`.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in ("A", "A-front", "A-pool", "B"):
        raise ValueError(f"shortcut must be 'A', 'A-front', 'A-pool' or 'B', not {kind!r}")
    if channels == width and stride == 1:
        return nn.Identity()
    if kind == "B":
        return nn.Sequential(conv(channels, width, 1, stride=stride), nn.BatchNorm2d(width))
    if kind == "A-pool":
        return PoolAndPad(width - channels, stride)
    return SubsampleAndPad(width - channels, stride, "both" if kind == "A" else "front")


def basic_branch(channels: int, width: int, stride: int, *, bias: bool = False) -> nn.Sequential:
    """3x3 - BN - ReLU - 3x3 - BN (He et al. 2016, Fig. 5 left); the stride is in the first convolution."""
    return nn.Sequential(
        conv(channels, width, 3, stride=stride, bias=bias),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        conv(width, width, 3, bias=bias),
        nn.BatchNorm2d(width),
    )


def bottleneck_branch(channels: int, width: int, stride: int, *, bias: bool = False) -> nn.Sequential:
    """1x1 - 3x3 - 1x1 to four times the width (He et al. 2016, Fig. 5 right), stride in the 3x3 as torchvision does."""
    return nn.Sequential(
        conv(channels, width, 1, bias=bias),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        conv(width, width, 3, stride=stride, bias=bias),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        conv(width, 4 * width, 1, bias=bias),
        nn.BatchNorm2d(4 * width),
    )


Member = TypeVar("Member", bound=nn.Module)


class ModulesOf(nn.ModuleList, Generic[Member]):
    """A `ModuleList` with typed members, so that no code looks for them by their class.

    A member that is wrapped later, as `torch.compile` does, has another class; it keeps its place and passes on its
    attributes. Weights have the same names as in a `ModuleList`.
    """

    if TYPE_CHECKING:

        def __init__(self, modules: Iterable[Member] | None = None) -> None: ...
        def __iter__(self) -> Iterator[Member]: ...
        @overload
        def __getitem__(self, idx: slice) -> Self: ...
        @overload
        def __getitem__(self, idx: int) -> Member: ...
        def __getitem__(self, idx: int | slice) -> Member | Self: ...


class Chain(ModulesOf[Member]):
    """Blocks that run in order, each on the output of the one before it, which nothing else reads."""


class ResidualBlock(nn.Module):
    """activation(shortcut(x) + branch(x)); the branch is what a gate may leave out.

    Attributes:
        in_channels: C of the input, which is what a gate looks at.
        has_identity_shortcut: whether the shortcut returns its input.
    """

    def __init__(self, branch: nn.Module, shortcut: nn.Module, *, in_channels: int) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = shortcut
        self.has_identity_shortcut = isinstance(shortcut, nn.Identity)
        self.in_channels = in_channels
        self.activation: nn.Module = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H', W')."""
        return self.merge(x, self.shortcut(x))

    def merge(self, x: Tensor, identity: Tensor, *, scale: Tensor | None = None, overwrite: bool = False) -> Tensor:
        """activation(identity + scale * branch(x)).

        Args:
            x: (N, C, H, W).
            identity: (N, C', H', W'), what the shortcut made of x.
            scale: (N,), or None for 1.
            overwrite: the result may be written over `identity`; this block does not, served ones do.
        """
        update: Tensor = self.branch(x)
        if scale is not None:
            update = update * scale.view(-1, 1, 1, 1).to(update.dtype)
        out: Tensor = self.activation(plus(update, identity))
        return out


def plus(own: Tensor, other: Tensor) -> Tensor:
    """The sum of two tensors of one shape; without autograd, written over `own`."""
    return own + other if torch.is_grad_enabled() else own.add_(other)


def replace_3x3(
    stages: Sequence[Sequence[nn.Module]],
    chosen: Sequence[int],
    make: Callable[[nn.Conv2d], nn.Module],
    *,
    last: int | None = None,
    every: bool = True,
) -> None:
    """Put modules in the place of 3x3 convolutions.

    Args:
        stages: for every stage its branches (or layers), which have convolutions as direct children.
        chosen: numbers of the stages to change, from 1.
        make: makes the new module from the convolution.
        last: change only this many branches at the end of every chosen stage; None for all.
        every: change all 3x3 convolutions of a branch, or its last one only.

    Raises:
        ValueError: a stage that does not exist, or fewer than one branch.
    """
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(range(1, len(stages) + 1)):
        raise ValueError(f"stages must be different numbers from 1 to {len(stages)}, not {list(chosen)}")
    if last is not None and last < 1:
        raise ValueError(f"last must be at least 1 block per stage, not {last}")
    for number in chosen:
        branches = stages[number - 1]
        for branch in branches[-last:] if last else branches:
            children = list(branch.named_children())
            hosts = [(n, m) for n, m in children if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
            for name, host in hosts if every else hosts[-1:]:
                setattr(branch, name, make(host))


StemKind = Literal["cifar", "strided", "imagenet"]
STEM_STRIDES: Mapping[str, int] = {"cifar": 1, "strided": 2, "imagenet": 4}
"""By how much a stem reduces height and width."""


def stem(kind: StemKind, channels: int, width: int, *, bias: bool = False) -> nn.Sequential:
    """What stands in front of the first stage.

    `cifar` keeps the resolution, `strided` halves it (3x3, stride 2: for small budgets), `imagenet` quarters it
    (7x7 stride 2 and max-pool).

    Raises:
        ValueError: an unknown kind.
    """
    if kind == "cifar":
        return conv_bn_relu(channels, width, 3, bias=bias)
    if kind == "strided":
        return conv_bn_relu(channels, width, 3, stride=2, bias=bias)
    if kind == "imagenet":
        return nn.Sequential(conv_bn_relu(channels, width, 7, stride=2, bias=bias), nn.MaxPool2d(3, 2, 1))
    raise ValueError(f"stem must be 'cifar', 'strided' or 'imagenet', not {kind!r}")


def pooled_linear(channels: int, classes: int) -> nn.Sequential:
    """Global average pool and a linear classifier."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def init_he(network: nn.Module) -> None:
    """He et al. 2015 fan-out initialisation of every convolution; biases zero, batch norm at identity."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def set_norms(network: nn.Module, epsilon: float, momentum: float = 0.1) -> None:
    """Give every batch norm of torch's an epsilon and a momentum.

    Args:
        network: to be changed.
        epsilon: added to the variance.
        momentum: share of a batch in the running statistics; other libraries give the rest, the decay.

    Raises:
        ValueError: an epsilon that is not positive, or a momentum outside of (0, 1].
    """
    if epsilon <= 0:
        raise ValueError(f"norm_epsilon must be positive, not {epsilon}")
    if not 0 < momentum <= 1:
        raise ValueError(f"norm_momentum must be above 0 and at most 1, not {momentum}")
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.eps, module.momentum = epsilon, momentum
