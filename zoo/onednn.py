"""Convolutions that oneDNN runs on a CPU with weights in its own order, a ReLU and a sum included.

The operators are those that `torch.compile` puts in the place of convolutions. Called directly they take every batch
size without compilation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import conv_flop_count, register_flop_formula

from zoo.layers import Depthwise, ResidualBlock

AVAILABLE = torch.backends.mkldnn.is_available()
"""Whether this build of torch has oneDNN."""


class PackedConv(nn.Conv2d):
    """A convolution for inference, and the ReLU behind it.

    On the CPU in float32 it runs oneDNN's operators from weights that the first call puts in order. On other devices,
    in other dtypes, under autograd and in `torch.compile`, which does the same by itself, it runs what
    `torch.nn.Conv2d` runs.

    Args:
        convolution: whose weights it shares.
        relu: whether a ReLU follows.
    """

    def __init__(self, convolution: nn.Conv2d, *, relu: bool = False) -> None:
        c = convolution
        super().__init__(
            c.in_channels,
            c.out_channels,
            cast("tuple[int, int]", c.kernel_size),
            cast("tuple[int, int]", c.stride),
            cast("tuple[int, int]", c.padding),
            cast("tuple[int, int]", c.dilation),
            c.groups,
            bias=False,
            device="meta",
        )
        self.weight, self.bias = c.weight, c.bias
        self.relu = relu
        self._arguments: tuple[Any, ...] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H', W')."""
        if not _runs_here(x):
            out = super().forward(x)
            return functional.relu(out) if self.relu else out
        out: Tensor = _convolve(x, *(self._arguments or self._pack()), "relu" if self.relu else "none", [], "")
        return out

    def add_to(self, total: Tensor, x: Tensor, *, relu: bool) -> Tensor:
        """Add what x (N, C, H, W) becomes to a total (N, C', H', W'), which is overwritten, then ReLU if asked for."""
        if not _runs_here(x):
            total = total.add_(super().forward(x))
            return total.relu_() if relu else total
        total = total.contiguous(memory_format=torch.channels_last)
        arguments = self._arguments or self._pack()
        _convolve_onto(total, x, *arguments, "add", 1.0, "relu" if relu else None, [], "")
        return total

    def _pack(self) -> tuple[Any, ...]:
        """Weight in oneDNN's order, bias, padding, stride, dilation and groups."""
        geometry = (self.padding, self.stride, self.dilation, self.groups)
        weight = torch.ops.mkldnn._reorder_convolution_weight(self.weight.detach(), *geometry)
        self._arguments = (weight, self.bias, *geometry)
        return self._arguments

    def _apply(self, *args: Any, **kwargs: Any) -> Any:
        self._arguments = None
        return super()._apply(*args, **kwargs)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._arguments = None
        super()._load_from_state_dict(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Without the packed weights, which cannot be copied."""
        return {**self.__dict__, "_arguments": None}


def _runs_here(x: Tensor) -> bool:
    plain = torch.is_grad_enabled() or torch.compiler.is_compiling() or torch.is_autocast_enabled("cpu")
    return AVAILABLE and x.is_cpu and x.dtype == torch.float32 and not plain


class FusedBlock(ResidualBlock):
    """A residual block whose last convolution adds itself to the shortcut; what it is given may be overwritten."""

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__(block.branch, block.shortcut, in_channels=block.in_channels)
        self.activation = block.activation
        self._relu = isinstance(block.activation, nn.ReLU)
        *self._before, self._last = cast("nn.Sequential", block.branch)

    def merge(self, x: Tensor, around: Tensor, *, scale: Tensor | None = None) -> Tensor:
        """See `zoo.layers.ResidualBlock.merge`."""
        if scale is not None or torch.is_grad_enabled():
            return super().merge(x, around, scale=scale)
        for step in self._before:
            x = step(x)
        return self._last.add_to(around, x, relu=self._relu)


def pack(module: nn.Module) -> None:
    """Put packed convolutions, with the ReLUs behind them, and fused blocks in the place of all that can be."""
    for name, child in list(module.named_children()):
        pack(child)
        if type(child) in (nn.Conv2d, Depthwise) and isinstance(child, nn.Conv2d) and _packs(child):
            setattr(module, name, PackedConv(child))
        elif type(child) is ResidualBlock and _fuses(child):
            setattr(module, name, FusedBlock(child))
    if isinstance(module, nn.Sequential):
        _take_in_relus(module)


def _packs(convolution: nn.Conv2d) -> bool:
    return convolution.padding_mode == "zeros" and not isinstance(convolution.padding, str)


def _take_in_relus(sequence: nn.Sequential) -> None:
    before: nn.Module | None = None
    for name, step in list(sequence.named_children()):
        if isinstance(before, PackedConv) and not before.relu and type(step) is nn.ReLU:
            before.relu = True
            delattr(sequence, name)
        else:
            before = step


def _fuses(block: ResidualBlock) -> bool:
    if not isinstance(block.branch, nn.Sequential) or not isinstance(block.activation, nn.ReLU | nn.Identity):
        return False
    last = block.branch[-1]
    return isinstance(last, PackedConv) and not last.relu


def _flops(x_shape: Sequence[int], w_shape: Sequence[int], *_: Any, out_shape: Sequence[int], **__: Any) -> int:
    return conv_flop_count(list(x_shape), list(w_shape), list(out_shape))


def _flops_of_sum(
    total_shape: Sequence[int], x_shape: Sequence[int], w_shape: Sequence[int], *_: Any, **__: Any
) -> int:
    return conv_flop_count(list(x_shape), list(w_shape), list(total_shape))


if AVAILABLE:
    _convolve = torch.ops.mkldnn._convolution_pointwise.default
    _convolve_onto = torch.ops.mkldnn._convolution_pointwise_.binary
    register_flop_formula(torch.ops.mkldnn._convolution_pointwise)(_flops)
    register_flop_formula(torch.ops.mkldnn._convolution_pointwise_)(_flops_of_sum)
