"""Batch norms of unknown networks folded into the convolutions before them, wherever a traced graph shows the pair.

Networks of the zoo are folded by what their modules are (`zoo.serving.folding`, `zoo.serving.lean`). Of a network of
another package nothing is known: `torch.fx` follows its Python code once, which tells what reads what. A network that
cannot be followed, or whose folded copy answers otherwise, is served as it is.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from zoo.serving.lean import lean_form

TOLERANCE = 1e-4
"""Greatest difference of the folded network's logits, as a share of the greatest one."""
IMAGES = 2
"""Random images on which both are asked."""


@dataclass(frozen=True, kw_only=True)
class Folding:
    """What became of a network's batch norms.

    Attributes:
        batch_norms: that the network runs in eval mode, or where that is not known, has.
        folded: that are part of a convolution, or of a linear layer, when it serves.
        note: why the others are not; empty where all are.
    """

    batch_norms: int
    folded: int
    note: str = ""

    def __str__(self) -> str:
        """One line: `20 of 20 batch norms folded`."""
        line = f"{self.folded} of {self.batch_norms} batch norms folded"
        return f"{line}: {self.note}" if self.note else line


class Traced(nn.Module):
    """A network that serves as a traced graph, or as it is.

    Attributes:
        net: what runs.
        folding: what was done.
    """

    def __init__(self, net: nn.Module, folding: Folding) -> None:
        super().__init__()
        self.net = net
        self.folding = folding

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        logits: Tensor = self.net(x)
        return logits


class Follower(fx.Tracer):
    """Follows a network's code into its modules, but not into convolutions and batch norms, whatever their class."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is one step of the graph."""
        whole = isinstance(m, nn.Conv2d | nn.Linear | _BatchNorm)
        return whole or super().is_leaf_module(m, module_qualified_name)


def fold_traced(body: Any) -> Traced:
    """An external network's body with its batch norms folded.

    Args:
        body: `zoo.methods.external.Body` in eval mode; it is not changed.
    """
    net: nn.Module = body.net
    every = sum(isinstance(module, _BatchNorm) for module in net.modules())
    if not every:
        return Traced(net, Folding(batch_norms=0, folded=0))
    try:
        graph = Follower().trace(net)
    except Exception as error:
        return Traced(net, Folding(batch_norms=every, folded=0, note=f"torch.fx cannot follow it: {_line(error)}"))
    module = fx.GraphModule(copy.deepcopy(net), graph)
    module.delete_all_unused_submodules()
    count = sum(isinstance(one, _BatchNorm) for one in module.modules())
    folded = _fold(module)
    if not _equal(net, module, body.shape):
        return Traced(net, Folding(batch_norms=count, folded=0, note="the folded network answers otherwise"))
    kept = count - folded
    note = f"{kept} with no convolution of their own before them" if kept else ""
    return Traced(module, Folding(batch_norms=count, folded=folded, note=note))


lean_form("zoo.methods.external.Body", fold_traced)


def folding_of(served: nn.Module) -> Folding | None:
    """What was done to the batch norms of an external network that serves; None of a network of the zoo."""
    return next((module.folding for module in served.modules() if isinstance(module, Traced)), None)


def _fold(module: fx.GraphModule) -> int:
    """Fold every batch norm that alone reads what a convolution or a linear layer makes; how many."""
    steps = dict(module.named_modules())
    calls = Counter(str(node.target) for node in module.graph.nodes if node.op == "call_module")
    folded = 0
    for before, node in list(_pairs(module.graph)):
        made, norm = steps[str(before.target)], steps[str(node.target)]
        if calls[str(before.target)] > 1 or calls[str(node.target)] > 1 or not _foldable(made, norm):
            continue
        fuse = fuse_conv_bn_eval if isinstance(made, nn.Conv2d) else fuse_linear_bn_eval
        _replace(module, str(before.target), fuse(cast("Any", made), cast("Any", norm)))
        rest = _activation(norm)
        if rest is None:
            node.replace_all_uses_with(before)
            module.graph.erase_node(node)
        else:
            _replace(module, str(node.target), rest)
        folded += 1
    module.graph.lint()
    module.delete_all_unused_submodules()
    module.recompile()
    return folded


def _pairs(graph: fx.Graph) -> Iterator[tuple[fx.Node, fx.Node]]:
    """Steps of which one reads nothing but what the other makes, and is the only one to do so."""
    for node in graph.nodes:
        before = node.args[0] if node.op == "call_module" and len(node.args) == 1 else None
        if isinstance(before, fx.Node) and before.op == "call_module" and len(before.users) == 1:
            yield before, node


def _foldable(made: nn.Module, norm: nn.Module) -> bool:
    """Whether a layer and a batch norm with running statistics are one layer in eval mode."""
    fits = isinstance(made, nn.Conv2d) or (isinstance(made, nn.Linear) and isinstance(norm, nn.BatchNorm1d))
    return fits and isinstance(norm, _BatchNorm) and norm.running_mean is not None and not norm.training


def _activation(norm: nn.Module) -> nn.Module | None:
    """What a batch norm does besides: timm's `BatchNormAct2d` activates. None where it is one of torch's."""
    if type(norm) in (nn.BatchNorm1d, nn.BatchNorm2d):
        return None
    parts = [getattr(norm, name) for name in ("drop", "act") if isinstance(getattr(norm, name, None), nn.Module)]
    return nn.Sequential(*(part for part in parts if not isinstance(part, nn.Identity)))


def _replace(module: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(module.get_submodule(parent), child, new)


def _equal(net: nn.Module, module: nn.Module, shape: tuple[int, int, int]) -> bool:
    """Whether both answer random images alike."""
    first = next(net.parameters())
    random = torch.Generator().manual_seed(0)
    images = torch.randn(IMAGES, *shape, generator=random).to(first.device, first.dtype)
    with torch.no_grad():
        expected, found = net(images), module(images)
    scale = max(1.0, float(expected.abs().max()))
    return bool((expected - found).abs().max() <= TOLERANCE * scale)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
