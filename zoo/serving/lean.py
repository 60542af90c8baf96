"""Which module serves in the place of which: lean forms of the methods' own modules, keyed by type from outside.

Types are named, not imported: what one method's timings depend on is not the code of another. Modules of torch need
no entry, see `zoo.serving.folding` and `zoo.serving.onednn`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from zoo.execution.skipping import Skipping
from zoo.serving.gates import LeanFeedForwardGates, LeanRecurrentGates
from zoo.serving.skipping import ServedSkipping


class ConvPerStatistics(nn.Module):
    """Convolution and ReLU: a convolution for the whole FractalNet and, where it differs, one for its column alone."""

    def __init__(self, convolutions: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(convolutions)

    def forward(self, x: Tensor, alone: bool) -> Tensor:
        """(N, C, H, W) to (N, width, H, W)."""
        return functional.relu(self.convolutions[int(alone) % len(self.convolutions)](x), inplace=True)


def fold_each_statistics(unit: Any) -> ConvPerStatistics:
    """A `ConvUnit` of FractalNet with its batch norm folded in, once for each set of running statistics."""
    norm = unit.norm
    pairs = zip(norm.running_mean, norm.running_var, strict=True)
    return ConvPerStatistics(
        [fuse_conv_bn_eval(unit.conv, _batch_norm(mean, var, norm.weight, norm.bias)) for mean, var in pairs]
    )


def _batch_norm(mean: Tensor, var: Tensor, weight: Tensor | None, bias: Tensor | None) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(len(mean)).eval()
    state = {
        "weight": torch.ones_like(mean) if weight is None else weight,
        "bias": torch.zeros_like(mean) if bias is None else bias,
        "running_mean": mean,
        "running_var": var,
        "num_batches_tracked": torch.zeros((), dtype=torch.int64),
    }
    norm.load_state_dict(state)
    return norm.to(mean.device)


def fold_node(node: Any) -> nn.Module:
    """A `Node` of RandWireNN with its batch norm folded into its convolution; it is changed."""
    if isinstance(node.norm, nn.BatchNorm2d):
        node.pointwise, node.norm = fuse_conv_bn_eval(node.pointwise, node.norm), nn.Identity()
    served: nn.Module = node
    return served


def as_ordinary_convolution(active: Any) -> nn.Conv2d:
    """The ordinary convolution with a larger kernel that an `ActiveConv` computes in eval mode."""
    kernel = active.kernel().detach()
    width, channels, side, _ = kernel.shape
    plain = nn.Conv2d(channels, width, side, active.stride, active.reach, bias=False)
    plain.weight = nn.Parameter(kernel, requires_grad=False)
    return plain.eval()


def _served_skipping(skipping: Any) -> nn.Module:
    return ServedSkipping(skipping.rule)


LEAN: Mapping[str, Callable[[Any], nn.Module]] = {
    f"{Skipping.__module__}.{Skipping.__qualname__}": _served_skipping,
    "zoo.methods.active_conv.ActiveConv": as_ordinary_convolution,
    "zoo.methods.adanet.Gates": LeanFeedForwardGates,
    "zoo.methods.fractalnet.block.ConvUnit": fold_each_statistics,
    "zoo.methods.randwire.stage.Node": fold_node,
    "zoo.methods.skipnet.gates.RecurrentGates": LeanRecurrentGates,
}
"""What makes the lean form of a module, by the name of the module's class."""


def put_lean_forms(network: nn.Module) -> None:
    """Replace all modules inside a network in eval mode that have a lean form."""
    for name, child in list(network.named_children()):
        make = LEAN.get(f"{type(child).__module__}.{type(child).__qualname__}")
        if make is None:
            put_lean_forms(child)
        else:
            setattr(network, name, make(child))
