"""Static networks of many costs: what a network that routes has to beat at its own cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from zoo.network import Task
from zoo.registry import BASELINE, Selector
from zoo.sizing.baseline import baseline_of
from zoo.sizing.counting import size_of
from zoo.sizing.matching import match

WAYS = ("width", "depth")
"""How the static network is made smaller. Narrow networks meet a budget closely; shallow ones save more time."""


def reference_of(selectors: Sequence[Selector], task: Task) -> Selector:
    """The static ResNet that most of these networks are compared with, of equals the first.

    ResNets are counted only where there is nothing else: those of a static curve do not move it.

    Args:
        selectors: of any methods, at least one.
        task: what all are built for.

    Raises:
        ValueError: the task or a parameter does not fit a network.
    """
    voting = [selector for selector in selectors if selector.name != BASELINE] or selectors[:1]
    found = [baseline_of(selector, task) for selector in voting]
    most, _ = Counter(str(baseline) for baseline in found).most_common(1)[0]
    return next(baseline for baseline in found if str(baseline) == most)


def static_curve(reference: Selector, shares: Sequence[float], task: Task) -> tuple[Selector, ...]:
    """Static ResNets at shares of a reference's cost: for every share the nearest in width, and the nearest in depth.

    Few depths are possible, so that one may be the nearest to several shares, and far from all of them.

    Args:
        reference: a ResNet.
        shares: of its nominal multiply-accumulates; 1 is the reference itself.
        task: what all are built for.

    Returns:
        Different networks, in ascending cost.

    Raises:
        ValueError: the task does not fit a network.
    """
    whole = size_of(reference, task).macs
    found: dict[str, Selector] = {}
    for share in shares:
        for way in WAYS:
            chosen = reference
            if share != 1:
                chosen = match(BASELINE, share * whole, task, by=way, preset=reference.preset, tolerance=math.inf)
            found.setdefault(str(chosen), chosen)
    return tuple(sorted(found.values(), key=lambda selector: size_of(selector, task).macs))
