"""Quantities that a reader may set against each other or bound: what they are called, and their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.slowdown import COST
from benchmarks.reporting.evidence.times import baseline_seconds, reference_baseline, relative_time
from benchmarks.reporting.formatting import epsilons

Bounds = tuple[float, float, float]
"""A value and both ends of its 95 % interval; NaN where it is not known."""
UNKNOWN: Bounds = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A measurement of networks.

    Attributes:
        name: unique; of costs, that of `benchmarks.reporting.findings.static_curve.Cost`.
        title: for readers.
        short: of a narrow column.
        unit: of what is shown; empty for none.
        scale: what is shown is the value times this.
        high: whether more is better.
        of: a network's value at a setting.
        cost: whether networks are bought by it: static networks then have a curve over it.
    """

    name: str
    title: str
    short: str
    unit: str
    scale: float
    high: bool
    of: Callable[[NetworkEvidence, str], Bounds]
    cost: bool = False


def quantities(evidence: Evidence) -> list[Quantity]:
    """Those that are known of at least one network, accuracy first."""
    macs: dict[str, Any] = {"unit": f"{evidence.unit.name} MACs", "scale": 1 / evidence.unit.size, "high": False}
    percent: dict[str, Any] = {"unit": "%", "scale": 100.0}
    found = [
        _measured(evidence, "accuracy", "accuracy", title="test accuracy", **percent, high=True),
        _measured(evidence, "macs", "routed", title="multiply-accumulates per image", short="MACs", **macs, cost=True),
        *(_time(evidence, size) for size in evidence.batch_sizes),
        _measured(evidence, "parameters", "parameters", unit="k", scale=1e-3, high=False, cost=True),
        *_attacked(evidence, **percent, high=True),
        *_slowed(evidence, **macs),
        _measured(evidence, "calibration_error", "calibration_error", **percent, high=False),
        _measured(
            evidence,
            "train_seconds",
            "train_seconds",
            title="training time",
            short="training",
            unit="s",
            scale=1.0,
            high=False,
        ),
    ]
    return [quantity for quantity in found if _is_known(evidence, quantity)]


def _measured(
    evidence: Evidence, name: str, column: str, *, title: str = "", short: str = "", **facts: Any
) -> Quantity:
    """A column of `Evidence.results`."""
    words = name.replace("_", " ")

    def of(network: NetworkEvidence, setting: str) -> Bounds:
        point = evidence.points.get((network.label, setting), {})
        own, low, high = (float(point.get(f"{column}{end}", math.nan)) for end in ("", "_low", "_high"))
        return own, low, high

    return Quantity(name=name, title=title or words, short=short or words, of=of, **facts)


def _time(evidence: Evidence, size: int) -> Quantity:
    """Of all networks on one scale, see `benchmarks.reporting.evidence.times`."""

    def of(network: NetworkEvidence, setting: str) -> Bounds:
        scale = baseline_seconds(evidence, reference_baseline(evidence), size, network.timed_in)
        own, low, high = relative_time(evidence, network, size, setting)
        return own * scale, low * scale, high * scale

    title, short = f"time per image, batch {size}", f"time, batch {size}"
    return Quantity(name=f"time_{size}", title=title, short=short, unit="ms", scale=1e3, high=False, of=of, cost=True)


def _attacked(evidence: Evidence, **facts: Any) -> list[Quantity]:
    """The robust accuracy of headlines, of headline settings."""
    if evidence.headline_attack is None:
        return []
    attack, epsilon = evidence.headline_attack
    known = {(row["network"], row["attack"], row["epsilon"]): row for row in evidence.robustness.to_dict("records")}

    def of(network: NetworkEvidence, setting: str) -> Bounds:
        row = known.get((network.label, attack, epsilon))
        if setting != network.first.settings[0].name or row is None:
            return UNKNOWN
        return float(row["accuracy"]), float(row["accuracy_low"]), float(row["accuracy_high"])

    title = f"accuracy under attack ({attack}, ε {epsilons(evidence.robustness['epsilon'])[epsilon]})"
    return [Quantity(name="attacked", title=title, short="attacked", of=of, **facts)]


def _slowed(evidence: Evidence, **facts: Any) -> list[Quantity]:
    """Cost under the slowdown attack at the headline radius, of headline settings; nominal where none can be found."""
    table, radius = evidence.slowdown, evidence.slowdown_radius
    if radius is None:
        return []
    rows = table[(table["goal"] == COST) & (table["epsilon"] == radius)].to_dict("records")
    known = {row["network"]: row for row in rows}

    def of(network: NetworkEvidence, setting: str) -> Bounds:
        if setting != network.first.settings[0].name:
            return UNKNOWN
        nominal, row = evidence.value(network, "nominal"), known.get(network.label)
        if row is None:
            return nominal, math.nan, math.nan
        own, low, high = (float(row[f"share{end}"]) * nominal for end in ("", "_low", "_high"))
        return own, low, high

    title = f"multiply-accumulates under a slowdown attack, ε {epsilons(table['epsilon'])[radius]}"
    return [Quantity(name="slowed", title=title, short="MACs, slowed", of=of, **facts)]


def _is_known(evidence: Evidence, quantity: Quantity) -> bool:
    return any(
        not math.isnan(quantity.of(network, setting.name)[0])
        for network in evidence.networks
        for setting in network.first.settings
    )
