"""Networks of any method for any budget, so that methods are compared at equal cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from zoo.network import Task
from zoo.papers.paper import CIFAR10
from zoo.registry import Method, Selector, method
from zoo.sizing.counting import size_of

WIDEST = 64
"""Factors beyond this, or below its inverse, are not tried."""
STEPS = 20
"""Halvings of the bracket; the numbers of a network rarely tell more apart."""
LARGE_PICTURES = 64
"""Pixels a side above which the scale `imagenet` is a base as well."""


def match(
    name: str,
    macs: float,
    task: Task = CIFAR10,
    *,
    by: str = "width",
    preset: str | None = None,
    tolerance: float = 0.10,
) -> Selector:
    """The network of a method's family whose nominal cost comes nearest to a budget.

    The parameters that the method registered for that way of scaling are all multiplied by one factor.

    Args:
        name: of the method.
        macs: budget of one image, in multiply-accumulates.
        task: what the network is built for.
        by: a way of scaling that the method registered; most have `width` and `depth`.
        preset: to scale; without one, the suite's own scale that is nearest already.
        tolerance: how far the cost may miss the budget, relative to it.

    Raises:
        UnknownName: no such method.
        ValueError: the method does not scale that way, or nothing comes near enough; the message names the nearest.
    """
    found = method(name)
    if macs <= 0:
        raise ValueError(f"macs must be positive, not {macs}")
    if by not in found.scales:
        raise ValueError(f"{name} does not scale by {by!r}; valid: {', '.join(found.scales) or 'nothing registered'}")
    base = preset or _nearest_scale(found, macs, task)
    selector, cost = _search(_Family(found, base, found.scales[by], task), macs)
    if abs(cost / macs - 1) > tolerance:
        raise ValueError(
            f"no {name} scaled by {by} from {base!r} comes within {tolerance:.0%} of {macs:,.0f} multiply-accumulates "
            f"for images of shape {task.shape}; nearest: {selector} with {cost:,}"
        )
    return selector


def is_large(task: Task) -> bool:
    """Whether networks for a task are made for images like ImageNet's rather than CIFAR's."""
    return min(task.shape[1:]) > LARGE_PICTURES


def scaled(value: Any, factor: float) -> Any:
    """A number times a factor, whole numbers rounded and at least 1; sequences number by number, the rest as it is."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return max(1, round(value * factor))
    if isinstance(value, float):
        return float(f"{value * factor:.4g}")
    return tuple(scaled(part, factor) for part in value)


class _Family:
    """Selectors by factor, and what each costs; every network is counted once."""

    def __init__(self, found: Method, preset: str, names: Sequence[str], task: Task) -> None:
        self.method = found
        self.preset = preset
        self.task = task
        values: Mapping[str, Any] = {**found.parameters(), **found.presets[preset].parameters}
        self.values = {name: values[name] for name in names}
        self.costs: dict[str, tuple[Selector, int]] = {}

    def at(self, factor: float) -> Selector:
        parameters = {} if factor == 1 else {name: scaled(value, factor) for name, value in self.values.items()}
        return Selector(self.method.name, self.preset, parameters)

    def cost(self, factor: float) -> int:
        selector = self.at(factor)
        if str(selector) not in self.costs:
            self.costs[str(selector)] = selector, size_of(selector, self.task).macs
        return self.costs[str(selector)][1]


def _search(family: _Family, macs: float) -> tuple[Selector, int]:
    """Bisect the logarithm of the factor, and take the nearest of all networks that were counted."""
    low = high = 1.0
    while family.cost(low) > macs and low > 1 / WIDEST:
        low, high = low / 2, low
    while family.cost(high) < macs and high < WIDEST:
        low, high = high, high * 2
    for _ in range(STEPS):
        middle = math.sqrt(low * high)
        if family.at(middle) in (family.at(low), family.at(high)):
            break
        low, high = (middle, high) if family.cost(middle) < macs else (low, middle)
    return min(family.costs.values(), key=lambda seen: abs(seen[1] - macs))


def _nearest_scale(found: Method, macs: float, task: Task) -> str:
    scales = ["tiny", "small"]
    if is_large(task) and "imagenet" in found.presets:
        scales.append("imagenet")
    costs = {scale: size_of(Selector(found.name, scale), task).macs for scale in scales}
    return min(costs, key=lambda scale: abs(math.log(costs[scale] / macs)))
