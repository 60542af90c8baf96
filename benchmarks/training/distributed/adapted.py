"""Which modules have another class while several processes train a network, by type and from outside the methods."""

from __future__ import annotations

import importlib
from importlib.util import find_spec

from torch import nn

METHODS = "benchmarks.training.distributed.methods"
"""Package of what single methods need; imported by name, so that a record depends on its own method's part only."""


def needs_of(module: str) -> str | None:
    """The module in `METHODS` for a module of a method, such as `zoo.methods.adanet`; None if the method has none."""
    package, _, name = module.partition("zoo.methods.")
    if package or not name:
        return None
    needs = f"{METHODS}.{name.partition('.')[0]}"
    return needs if find_spec(needs) else None


def adapted(kind: type[nn.Module]) -> type[nn.Module]:
    """The class that modules of a class have meanwhile; the same class if it needs nothing."""
    needs = needs_of(kind.__module__)
    if needs is None:
        return kind
    found: type[nn.Module] = importlib.import_module(needs).JOINT.get(kind, kind)
    return found


def is_adapted(module: nn.Module) -> bool:
    """Whether a module has another class meanwhile."""
    kind: type[nn.Module] = type(module)
    return adapted(kind) is not kind
