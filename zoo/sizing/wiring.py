"""How a network's units are connected, found by running it once and following what its answers were computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from zoo.network import RoutedNet

INPUT, OUTPUT = "input", "output"
"""What images and logits are called beside units."""
Edge = tuple[str, str]


def wiring(net: RoutedNet) -> list[Edge]:
    """Which units read what which units computed, not by way of another unit.

    A unit of a residual network reads every earlier one of its own resolution, since shortcuts lead past those between.
    Units are those of `RoutedNet.unit_modules`; all of them are computed, on one image.

    Args:
        net: its mode and parameters stay as they are.

    Returns:
        Pairs (source, target) in the order of the units; sources may be `INPUT`, targets `OUTPUT`.
    """
    device = next(net.parameters()).device
    image = torch.zeros(1, *net.task.shape, device=device, requires_grad=True)
    found: dict[Edge, None] = {}
    training = net.training
    handles = []
    for unit, modules in net.unit_modules().items():
        for module in modules:
            handles.append(module.register_forward_pre_hook(_reads(unit, found, image)))
            handles.append(module.register_forward_hook(_marks(unit)))
    net.eval()
    try:
        with torch.enable_grad():
            out = net(image, compute="all")
        found |= dict.fromkeys((source, OUTPUT) for source in _sources([out.logits], image))
    finally:
        net.train(training)
        for handle in handles:
            handle.remove()
    order = {name: place for place, name in enumerate((INPUT, *net.units, OUTPUT))}
    return sorted(found, key=lambda edge: (order[edge[1]], order[edge[0]]))


class _Mark(torch.autograd.Function):
    """Identity that leaves a unit's name in the record of what was computed."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, unit: str) -> Tensor:
        """The same values under a new name."""
        ctx.unit = unit
        return x.clone()  # a view could not be changed in place, as some networks do

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Unchanged."""
        return gradients[0], None


def _marks(unit: str) -> Callable[[nn.Module, Any, Any], Any]:
    """A hook after a module that marks every tensor of its output."""

    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        return _mapped(output, lambda x: _Mark.apply(x, unit) if x.requires_grad else x)

    return hook


def _reads(unit: str, found: dict[Edge, None], image: Tensor) -> Callable[[nn.Module, Any], None]:
    """A hook before a module that notes which units its inputs come from."""

    def hook(module: nn.Module, inputs: Any) -> None:
        found.update(dict.fromkeys((source, unit) for source in _sources(_tensors(inputs), image) if source != unit))

    return hook


def _sources(tensors: Iterable[Tensor], image: Tensor) -> list[str]:
    """The units, or `INPUT`, that tensors were computed from without another unit between."""
    found: dict[str, None] = {}
    open_ends = [INPUT if x is image else x.grad_fn for x in tensors if x is image or x.grad_fn is not None]
    seen = set()
    while open_ends:
        node = open_ends.pop()
        if isinstance(node, str):
            found[node] = None
            continue
        if node is None or node in seen:
            continue
        seen.add(node)
        unit = getattr(node, "unit", None)
        if isinstance(unit, str):
            found[unit] = None
        elif getattr(node, "variable", None) is image:
            found[INPUT] = None
        else:
            open_ends += [following for following, _ in node.next_functions if following is not None]
    return list(found)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Nested lists, tuples and dictionaries with every tensor changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, list):
        return [_mapped(part, change) for part in value]
    if isinstance(value, tuple):
        parts = [_mapped(part, change) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, dict):
        return {name: _mapped(part, change) for name, part in value.items()}
    return value
