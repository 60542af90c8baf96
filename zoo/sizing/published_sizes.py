"""Sizes of our networks beside those that papers print, or that were counted on public code."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import torch
from torch import nn

from zoo.registry import Method, Official, Published, Selector, create, method
from zoo.sizing.counting import Size, size_of

PRINTED = "printed"
COUNTED = "counted on code"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A published size and ours.

    Attributes:
        preset: of the method.
        source: paper and table, or whose code.
        kind: `printed` or `counted on code`.
        parameters: the published number; None where there is none.
        our_parameters: of the network that the preset builds.
        macs: the published number; None where there is none, or where it is a mean over routes.
        our_macs: of the same operations: all, or convolutions alone.
        agrees: ours are equal in every digit that was published.
        differs: the reason where they do not; empty where they agree.
    """

    preset: str
    source: str
    kind: str
    parameters: float | None
    our_parameters: int
    macs: float | None
    our_macs: int
    agrees: bool
    differs: str


def linear_macs(selector: Selector) -> int:
    """Multiply-accumulates of one image in the linear layers of a network that runs each of them once."""
    with torch.device("meta"):
        net = create(selector)
    return sum(layer.weight.numel() for layer in net.modules() if isinstance(layer, nn.Linear))


def compare_sizes(
    name: str,
    presets: str = "*",
    *,
    size: Callable[[Selector], Size] = size_of,
    linear: Callable[[Selector], int] = linear_macs,
) -> list[Comparison]:
    """Presets of a method that have a published size, in the registry's order; equal ones once.

    Args:
        name: of the method.
        presets: shell wildcard.
        size: of a selector's network for the task that its preset was published for; by default it is counted.
        linear: multiply-accumulates of that network's linear layers; by default they are counted.

    Raises:
        UnknownName: no such method.
    """
    found = method(name)
    rows: dict[Comparison, None] = {}
    for preset in fnmatch.filter(found.presets, presets):
        facts = found.presets[preset]
        printed = [figure for figure in facts.published if figure.parameters or (figure.macs and not figure.routed)]
        official = found.official.get(preset)
        if printed or official:
            selector = Selector(name, preset)
            ours = size(selector)
            rows |= {_printed(found, preset, figure, ours): None for figure in printed}
            if official:
                linear_part = 0 if official.convolutions is None else linear(selector)
                rows[_counted(found, preset, official, ours, linear_part)] = None
    return list(rows)


def same_digits(figure: float, ours: int) -> bool:
    """Whether a number, rounded as a published one is (zeros at its end are not digits), equals it."""
    exponent = Decimal(repr(figure)).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return abs(Decimal(ours) - Decimal(repr(figure))) <= Decimal(10) ** exponent / 2


def _printed(found: Method, preset: str, figure: Published, ours: Size) -> Comparison:
    macs = None if figure.routed else figure.macs
    return _comparison(
        found,
        preset,
        source=figure.source,
        kind=PRINTED,
        parameters=figure.parameters,
        our_parameters=ours.parameters,
        macs=macs,
        our_macs=ours.macs,
        macs_agree=macs is None or same_digits(macs * figure.per_mac, ours.macs * figure.per_mac),
    )


def _counted(found: Method, preset: str, official: Official, ours: Size, linear_part: int) -> Comparison:
    macs, our_macs = official.macs, ours.macs
    if official.convolutions is not None:
        macs, our_macs = official.convolutions, ours.macs - linear_part
    return _comparison(
        found,
        preset,
        source=official.code,
        kind=COUNTED,
        parameters=official.parameters,
        our_parameters=ours.parameters,
        macs=macs,
        our_macs=our_macs,
        macs_agree=macs is None or same_digits(macs, our_macs),
    )


def _comparison(found: Method, preset: str, *, macs_agree: bool, **figures: Any) -> Comparison:
    printed, ours = figures["parameters"], figures["our_parameters"]
    exact = printed is None or (printed == ours if figures["kind"] == COUNTED else same_digits(printed, ours))
    agrees = exact and macs_agree
    differs = "" if agrees else found.differs.get(preset, "")
    return Comparison(preset=preset, agrees=agrees, differs=differs, **figures)
