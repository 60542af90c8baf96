"""Which module serves in the place of which: lean forms of the methods' own modules, keyed by type from outside.

Types are named, not imported: what one method's timings depend on is not the code of another. Modules of torch need
no entry, see `zoo.serving.folding` and `zoo.serving.onednn`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from zoo.execution.skipping import Skipping
from zoo.plugins import Registry, origin_of
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
    plain = nn.Conv2d(channels, width, side, active.stride, active.reach, bias=active.bias is not None)
    plain.weight = nn.Parameter(kernel, requires_grad=False)
    if active.bias is not None:
        plain.bias = nn.Parameter(active.bias.detach(), requires_grad=False)
    return plain.eval()


LEAN: Registry[Callable[[Any], nn.Module]] = Registry("lean form", "zoo.serving")
"""What makes the lean form of a module, by the name of the module's class."""


def lean_form(name: str, make: Callable[[Any], nn.Module]) -> None:
    """Declare what serves in the place of a class of modules; a method that is installed may declare its own.

    Args:
        name: of the class, `package.module.Class`; its subclasses are other classes.
        make: from a module in eval mode to what serves.

    Raises:
        ValueError: the class has a lean form already.
    """
    LEAN.add(name, make, origin_of(make))


def served_skipping(skipping: Skipping) -> ServedSkipping:
    """The engine of gated blocks that uses lean gates."""
    return ServedSkipping(skipping.rule)


lean_form("zoo.execution.skipping.Skipping", served_skipping)
lean_form("zoo.methods.active_conv.ActiveConv", as_ordinary_convolution)
lean_form("zoo.methods.adanet.Gates", LeanFeedForwardGates)
lean_form("zoo.methods.fractalnet.block.ConvUnit", fold_each_statistics)
lean_form("zoo.methods.randwire.stage.Node", fold_node)
lean_form("zoo.methods.skipnet.gates.RecurrentGates", LeanRecurrentGates)


def put_lean_forms(network: nn.Module) -> None:
    """Replace all modules inside a network in eval mode that have a lean form."""
    for name, child in list(network.named_children()):
        kind = origin_of(type(child))
        if kind in LEAN:
            setattr(network, name, LEAN[kind](child))
        else:
            put_lean_forms(child)
