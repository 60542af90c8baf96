"""Which of several radii a network's one number under attack is about."""

from __future__ import annotations

from collections.abc import Iterable


def headline_radius(radii: Iterable[float]) -> float:
    """The radius that the one robust number per network is about: the second smallest, or the only one."""
    ordered = sorted(radii)
    return ordered[min(1, len(ordered) - 1)]
