"""Convolutions that oneDNN runs on a CPU with weights in its own order, a ReLU and a sum included.

The operators are those that `torch.compile` has for frozen weights. Called directly they take every batch size without
compilation. Of the convolutions of this suite's kinds and sizes, on one thread, they take .95 of torch's
time on average, .8 to .9 where there is little to do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import conv_flop_count, flop_registry, register_flop_formula

from zoo.layers import Chain, Depthwise, ResidualBlock

AVAILABLE = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise_")
"""Whether this build of torch has oneDNN and its fused convolutions."""
WORTH_IT = 8_000_000
"""Multiply-accumulates from which on single pictures and 1x1 kernels are oneDNN's too: below, torch does not use it."""
Arguments = tuple[Any, ...]
"""Weight in oneDNN's order, bias, padding, stride, dilation and groups."""


class PackedConv(nn.Conv2d):
    """A convolution for inference, and the ReLU behind it.

    On the CPU in float32 it runs oneDNN's operators from weights that the first call puts in order; that new weights
    have come it learns from `load_state_dict` and `to` only. On other devices, in other dtypes, under autograd and
    autocast, and in `torch.compile`, it runs what `torch.nn.Conv2d` runs.

    Args:
        convolution: it takes over its parameters.
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
        self._prepared: dict[torch.Size, Arguments | None] = {}

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H', W')."""
        packed = self._packed(x)
        if packed is None:
            out = super().forward(x)
            if not self.relu:
                return out
            return out.relu() if torch.is_grad_enabled() else out.relu_()
        return cast("Tensor", _convolve(x, *packed, "relu" if self.relu else "none", [], ""))

    def add_to(self, total: Tensor, x: Tensor, *, relu: bool) -> Tensor:
        """Add what x (N, C, H, W) becomes to a total (N, C', H', W'), which is overwritten, then ReLU if asked for."""
        packed = self._packed(x)
        if packed is None:
            total = total.add_(super().forward(x))
            return total.relu_() if relu else total
        total = total.contiguous(memory_format=torch.channels_last)
        _convolve_onto(total, x, *packed, "add", 1.0, "relu" if relu else None, [], "")
        return total

    def _packed(self, x: Tensor) -> Arguments | None:
        if x.dtype != torch.float32 or not x.is_cpu or _torch_convolves():
            return None
        if x.shape not in self._prepared:
            self._prepared[x.shape] = self._prepare(x.shape)
        return self._prepared[x.shape]

    def _prepare(self, shape: torch.Size) -> Arguments | None:
        samples, _, height, width = shape
        macs = samples * height * width * self.weight.numel() // math.prod(self.stride)
        alone = samples == 1 or self.kernel_size == (1, 1)
        if not AVAILABLE or (alone and macs < WORTH_IT):
            return None
        for known, arguments in list(self._prepared.items()):
            if arguments and known[1:] == shape[1:]:
                return arguments
        geometry = (self.padding, self.stride, self.dilation, self.groups)
        weight = torch.ops.mkldnn._reorder_convolution_weight(self.weight.detach(), *geometry, shape)
        return weight, self.bias, *geometry

    def _apply(self, *args: Any, **kwargs: Any) -> Self:
        self._prepared = {}
        return cast("Self", super()._apply(*args, **kwargs))  # type: ignore[no-untyped-call]

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._prepared = {}
        super()._load_from_state_dict(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Without the packed weights, which cannot be copied."""
        return {**self.__dict__, "_prepared": {}}


def _torch_convolves() -> bool:
    if torch.is_grad_enabled() or torch.compiler.is_compiling() or torch.is_autocast_enabled("cpu"):
        return True
    return not torch.backends.mkldnn.enabled


class FusedBlock(ResidualBlock):
    """A residual block whose last convolution adds itself to the shortcut.

    Args:
        block: its branch is a sequence of several steps, the last a packed convolution.

    Attributes:
        input_is_shared: other code may read the block's input later, so that the block must not overwrite it.
    """

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__(block.branch, block.shortcut, in_channels=block.in_channels)
        self.activation = block.activation
        self._relu = isinstance(block.activation, nn.ReLU)
        *before, last = cast("nn.Sequential", block.branch)
        self._steps = (before, cast("PackedConv", last))
        self.input_is_shared = True

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H', W')."""
        identity = self.shortcut(x)
        return self.merge(x, identity, overwrite=identity is not x or not self.input_is_shared)

    def merge(self, x: Tensor, identity: Tensor, *, scale: Tensor | None = None, overwrite: bool = False) -> Tensor:
        """See `zoo.layers.ResidualBlock.merge`."""
        if scale is not None or torch.is_grad_enabled():
            return super().merge(x, identity, scale=scale)
        before, last = self._steps
        total = identity if overwrite else identity.clone()
        for step in before:
            x = step(x)
        return last.add_to(total, x, relu=self._relu)


def pack(module: nn.Module) -> None:
    """Put packed convolutions in the place of convolutions and the ReLUs next to them, and fused blocks."""
    for name, child in list(module.named_children()):
        pack(child)
        if type(child) in (nn.Conv2d, Depthwise) and isinstance(child, nn.Conv2d) and _packs(child):
            setattr(module, name, PackedConv(child))
        elif type(child) is ResidualBlock and _fuses(child):
            setattr(module, name, FusedBlock(child))
    if isinstance(module, nn.Sequential):
        _take_in_relus(module)
    if isinstance(module, nn.Sequential | Chain):
        for before, after in pairwise(module):
            if isinstance(before, FusedBlock) and isinstance(after, FusedBlock):
                after.input_is_shared = False


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
    if len(block.branch) < 2:
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
    for operator, formula in (
        (torch.ops.mkldnn._convolution_pointwise, _flops),
        (torch.ops.mkldnn._convolution_pointwise_, _flops_of_sum),
    ):
        if operator not in flop_registry:
            register_flop_formula(operator)(formula)
