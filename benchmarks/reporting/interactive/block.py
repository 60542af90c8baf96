"""The numbers of the page as one JSON text that its script reads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pandas as pd
from markupsafe import Markup

from benchmarks.reporting.drawing.style import style_of
from benchmarks.reporting.drawing.theme import SERIES, THEME
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.times import baseline_seconds, reference_baseline
from benchmarks.reporting.findings.pairwise import Aspect, Ratios, aspects, reference
from benchmarks.reporting.findings.static_curve import against_static, is_static_resnet, routing, static_points
from benchmarks.reporting.interactive.quantities import Quantity, quantities

DIGITS = 6
"""Significant digits of numbers, more than any shows."""
_SERIES = {shade.light: name for name, shade in SERIES.items()}


def block(evidence: Evidence, figures: Mapping[str, pd.DataFrame]) -> Markup:
    """JSON for a `<script type="application/json">`: networks with their settings and values, quantities, curves.

    Args:
        evidence: of the page.
        figures: what is drawn in every figure, by the figure's name.
    """
    known = quantities(evidence)
    routed = routing(evidence)
    content = {
        "study": evidence.study.name,
        "quantities": [_quantity(quantity) for quantity in known],
        "networks": [_network(evidence, network, known, routes=network in routed) for network in evidence.networks],
        "aspects": [_aspect(aspect, len(evidence.networks)) for aspect in aspects(evidence)],
        "reference": first.slug if (first := reference(evidence)) else "",
        "curves": {quantity.name: curve for quantity in known if (curve := _curve(evidence, quantity))},
        "theme": {name: shade.light for name, shade in THEME.items()},
        "figures": {name: _table(table) for name, table in figures.items() if len(table)},
    }
    return script_json(content)


def script_json(content: Mapping[str, Any]) -> Markup:
    """JSON that may stand in a `<script>`: nothing in it ends one."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def _quantity(quantity: Quantity) -> dict[str, Any]:
    names = ("name", "title", "short", "unit", "scale", "high", "cost")
    return {name: getattr(quantity, name) for name in names}


def _aspect(aspect: Aspect, networks: int) -> dict[str, Any]:
    """Values of networks; of accuracies also errors, an entry per pair of places: (0, 1), (0, 2) and so on."""
    if isinstance(aspect, Ratios):
        found = [None if value is None else [_short(end) for end in value] for value in aspect.values]
        return {"kind": "ratio", "values": found}
    errors = [aspect.errors.get(places) for places in combinations(range(networks), 2)]
    return {
        "kind": "points",
        "values": [None if value is None else _short(value) for value in aspect.values],
        "errors": [None if error is None else float(f"{error:.4g}") for error in errors],
        "critical": _short(aspect.critical),
    }


def _network(evidence: Evidence, network: NetworkEvidence, known: list[Quantity], *, routes: bool) -> dict[str, Any]:
    settings = []
    for place, setting in enumerate(network.first.settings):
        values = {quantity.name: [_short(x) for x in quantity.of(network, setting.name)] for quantity in known}
        measured = {name: bounds for name, bounds in values.items() if bounds[0] is not None}
        settings.append({"name": setting.name, "headline": place == 0, "values": measured})
    return {
        "slug": network.slug,
        "name": network.name,
        "method": network.method.name,
        "title": network.method.title,
        "family": network.method.family or network.method.title,
        "color": _SERIES[style_of(network).color],
        "static": is_static_resnet(network),
        "routes": routes,
        "records": [model.record for model in network.models],
        "bound": bool(network.overrated),
        "settings": settings,
        "against": _against(evidence, network),
    }


def _against(evidence: Evidence, network: NetworkEvidence) -> dict[str, list[Any]]:
    """By kind of cost: the verdict beside static ResNets of the same cost, the difference, and its interval."""
    found = against_static(evidence)
    own = [one for one in found.differences if one.network is network] if found else []
    return {one.curve.cost.name: [one.verdict, _short(one.value), _short(one.low), _short(one.high)] for one in own}


def _curve(evidence: Evidence, quantity: Quantity) -> list[list[float | None]]:
    """The static curve over a quantity: its values, and accuracies."""
    if not quantity.cost:
        return []
    scale = 1.0
    if quantity.name.startswith("time_"):
        size = int(quantity.name.removeprefix("time_"))
        timed = next((network.timed_in for network in evidence.networks if is_static_resnet(network)), "")
        scale = baseline_seconds(evidence, reference_baseline(evidence), size, timed)
    return [[_short(scale * cost), _short(accuracy)] for cost, accuracy in static_points(evidence, quantity.name)]


def _table(table: pd.DataFrame) -> dict[str, Any]:
    """Columns by name; numbers in few digits."""
    return {
        str(name): [_short(value) if isinstance(value, float) else value for value in column.tolist()]
        for name, column in table.items()
    }


def _short(value: float) -> float | None:
    """A number in `DIGITS` significant digits; None for NaN and infinities, which JSON has not."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
