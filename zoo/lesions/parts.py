"""What can be taken out of a network, and the network without it (Veit et al. 2016; Xie et al. 2019, section 4.2).

Nothing is trained again, and nothing else changes: batch norms keep their statistics, sums are not re-normalised.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.execution.early_exit import EarlyExitNet
from zoo.layers import ResidualBlock
from zoo.lesions.fractal import without_segments
from zoo.methods.active_conv import ActiveConv, ActiveConvNet, LayerTrunk
from zoo.methods.cliquenet import CliqueNet
from zoo.methods.fractalnet import FractalNet
from zoo.methods.highway import Highway
from zoo.methods.msdnet.trunk import Cell
from zoo.methods.randwire.network import RandWireNet
from zoo.methods.skipnet.network import SkipNet
from zoo.network import RoutedNet, Setting

Kind = Literal["block", "layer", "update", "path", "column", "node", "edge", "exit"]
"""What a part is: a residual branch, a layer, an update of a layer, a path of a fractal or all of one of its columns, a
node or an edge of a graph, an exit."""
Hook = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What can be taken out of a network.

    Attributes:
        kinds: by name of the part, in the order of the network.
        units: by name, the units of the route that do not run without it; none for an edge.
        out: takes parts out, by name, until the context ends.
    """

    kinds: Mapping[str, Kind]
    units: Mapping[str, tuple[str, ...]]
    out: Callable[[Collection[str]], AbstractContextManager[None]]


@contextmanager
def without(net: RoutedNet, names: Iterable[str]) -> Iterator[None]:
    """The network without some of its parts until the context ends; then it is whole again.

    Args:
        net: in eval mode, not served.
        names: of `parts_of(net).kinds`.

    Raises:
        ValueError: there is no such part, or the network is in train mode.
    """
    chosen = tuple(dict.fromkeys(names))
    parts = parts_of(net)
    for name in chosen:
        if name not in parts.kinds:
            valid = ", ".join(parts.kinds) or "none"
            raise ValueError(f"{type(net).__name__} has no part {name!r} that can be taken out (valid: {valid})")
    if net.training:
        raise ValueError("parts are taken out of trained networks; call eval() first")
    with parts.out(chosen) if chosen else ExitStack():
        yield


@singledispatch
def parts_of(net: RoutedNet) -> Parts:
    """What can be taken out of a network.

    Of a residual network, a branch: its block is its shortcut then. Of a DenseNet, a layer, which gives zeros. Of a
    network that nothing is said about here, the modules of every unit give zeros. A method in another package says more
    by `parts_of.register(ItsNetwork)`.
    """
    return _silenced(net.unit_modules(), "block" if _residual(net) else "layer")


@parts_of.register
def _(net: Highway) -> Parts:
    """Of a highway network, a layer, which carries its input unchanged (Srivastava et al. 2015, section 4.2)."""
    return _hooked({name: [(module, _carry)] for name, (module,) in net.unit_modules().items()}, "layer")


@parts_of.register
def _(net: ActiveConvNet) -> Parts:
    """Of a trunk of layers, those whose output has the shape of the input, which is passed on instead."""
    if not isinstance(net.trunk, LayerTrunk):
        return _silenced(net.unit_modules(), "block")
    hooks = {}
    for name, (block,) in net.unit_modules().items():
        convolution = next(iter(block.children()))
        assert isinstance(convolution, nn.Conv2d | ActiveConv)
        channels, width = convolution.weight.shape[1], convolution.weight.shape[0]
        if channels == width and convolution.stride in (1, (1, 1)):
            hooks[name] = [(block, _pass_on)]
    return _hooked(hooks, "layer")


@parts_of.register
def _(net: CliqueNet) -> Parts:
    """Of a CliqueNet, layers of Stage I, which give zeros, and updates of Stage II: the layer stays as it stands."""
    kinds: dict[str, Kind] = {name: "update" if ".stage2." in name else "layer" for name in net.units}
    modules = {name: module for name, (module,) in net.unit_modules().items()}

    @contextmanager
    def out(names: Collection[str]) -> Iterator[None]:
        before: dict[str, Tensor] = {}
        with ExitStack() as stack:
            for name in names:
                if kinds[name] == "layer":
                    _attach(stack, modules[name], _zeros)
            for name in names:
                if kinds[name] == "update":
                    first = name.replace(".stage2.", ".stage1.")
                    _attach(stack, modules[first], _remember(before, name))
                    _attach(stack, modules[name], _recall(before, name))
            yield

    return Parts(kinds=kinds, units={name: (name,) for name in kinds}, out=out)


@parts_of.register
def _(net: FractalNet) -> Parts:
    """Of a FractalNet, the paths between two joins, and every column; a join is the mean of what is left."""
    kinds: dict[str, Kind] = dict.fromkeys(net.units, "path")
    units: dict[str, tuple[str, ...]] = {name: (name,) for name in net.units}
    for column in range(1, net.columns + 1) if net.columns > 1 else ():
        units[f"column{column}"] = tuple(name for name in net.units if f".column{column}." in name)
        kinds[f"column{column}"] = "column"

    def out(names: Collection[str]) -> AbstractContextManager[None]:
        removed = {unit for name in names for unit in units[name]}
        return without_segments(list(net.blocks), torch.tensor([unit in removed for unit in net.units]))

    return Parts(kinds=kinds, units=units, out=out)


@parts_of.register
def _(net: RandWireNet) -> Parts:
    """Of a random graph, nodes and edges."""
    names = {place: name for name, place in net.places.items()}
    edges = {
        f"{names[stage, u]} -> {names[stage, v]}": [names[stage, u], names[stage, v]]
        for stage, graph in enumerate(net.graphs)
        for u, v in graph.edges
    }
    kinds: dict[str, Kind] = {**dict.fromkeys(net.units, "node"), **dict.fromkeys(edges, "edge")}

    def out(chosen: Collection[str]) -> AbstractContextManager[None]:
        before = net.setting.values
        values = {
            "nodes": [*before.get("nodes", ()), *(name for name in chosen if name not in edges)],
            "edges": [*before.get("edges", ()), *(edges[name] for name in chosen if name in edges)],
        }
        return _at(net, Setting(name="lesion", values=values))

    units = {name: () if kind == "edge" else (name,) for name, kind in kinds.items()}
    return Parts(kinds=kinds, units=units, out=out)


@parts_of.register
def _(net: SkipNet) -> Parts:
    """Of a SkipNet, every branch, that of the first block too, which is no unit: it always runs."""
    found = _silenced(net.backbone.unit_modules(), "block")
    return replace(found, units={name: (name,) if name in net.units else () for name in found.kinds})


@parts_of.register
def _(net: EarlyExitNet) -> Parts:
    """Of a network with early exits, these: nobody leaves there. Of its trunk, residual branches and MSDNet's cells."""
    exits: dict[str, tuple[str, ...]] = {name: (name,) for name in net.units[1:-1:2]}
    trunk: dict[str, list[nn.Module]] = {}
    kinds: dict[str, Kind] = {}
    for unit, segment in zip(net.units[::2], net.segments, strict=True):
        blocks = [[module.branch] for module in segment.modules() if isinstance(module, ResidualBlock)]
        cells = [[module.same, module.down] for module in segment.modules() if isinstance(module, Cell)]
        own = {f"{unit}.block{number}": block for number, block in enumerate(blocks, start=1)}
        own |= {f"{unit}.cell{n}": [m for m in cell if m is not None] for n, cell in enumerate(cells, start=1)}
        trunk |= own
        kinds |= {name: "block" if ".block" in name else "layer" for name in own}
    kinds |= dict.fromkeys(exits, "exit")

    @contextmanager
    def out(names: Collection[str]) -> Iterator[None]:
        kept = [None if name in names else threshold for name, threshold in zip(exits, net.thresholds, strict=True)]
        with ExitStack() as stack:
            stack.enter_context(_at(net, Setting(name="lesion", values={"thresholds": kept})))
            for module in (module for name in names for module in trunk.get(name, ())):
                _attach(stack, module, _zeros)
            yield

    return Parts(kinds=kinds, units={**dict.fromkeys(trunk, ()), **exits}, out=out)


def _residual(net: RoutedNet) -> bool:
    branches = {id(m.branch) for m in net.modules() if isinstance(getattr(m, "branch", None), nn.Module)}
    return all(id(module) in branches for modules in net.unit_modules().values() for module in modules)


def _silenced(modules: Mapping[str, Iterable[nn.Module]], kind: Kind) -> Parts:
    return _hooked({name: [(module, _zeros) for module in own] for name, own in modules.items()}, kind)


def _hooked(hooks: Mapping[str, Iterable[tuple[nn.Module, Hook]]], kind: Kind) -> Parts:
    @contextmanager
    def out(names: Collection[str]) -> Iterator[None]:
        with ExitStack() as stack:
            for name in names:
                for module, hook in hooks[name]:
                    _attach(stack, module, hook)
            yield

    return Parts(kinds=dict.fromkeys(hooks, kind), units={name: (name,) for name in hooks}, out=out)


def _attach(stack: ExitStack, module: nn.Module, hook: Hook) -> None:
    stack.callback(module.register_forward_hook(hook).remove)


@contextmanager
def _at(net: RoutedNet, setting: Setting) -> Iterator[None]:
    before = net.setting
    net.use(setting)
    try:
        yield
    finally:
        net.use(before)


def _zeros(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
    return torch.zeros_like(output)


def _pass_on(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
    return inputs[0]


def _carry(module: nn.Module, inputs: tuple[Tensor, ...], output: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return inputs[0].to(output[0].dtype), torch.zeros_like(output[1])


def _remember(kept: dict[str, Tensor], name: str) -> Hook:
    def hook(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        kept[name] = output

    return hook


def _recall(kept: Mapping[str, Tensor], name: str) -> Hook:
    def hook(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        return kept[name]

    return hook
