"""Quantities that a reader may set against each other or bound: what they are called, and their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

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
    unit = evidence.unit

    def column(name: str) -> Callable[[NetworkEvidence, str], Bounds]:
        def value(network: NetworkEvidence, setting: str) -> Bounds:
            point = evidence.points.get((network.label, setting), {})
            own, low, high = (float(point.get(f"{name}{end}", math.nan)) for end in ("", "_low", "_high"))
            return own, low, high

        return value

    def time(size: int) -> Callable[[NetworkEvidence, str], Bounds]:
        def value(network: NetworkEvidence, setting: str) -> Bounds:
            scale = baseline_seconds(evidence, reference_baseline(evidence), size, network.timed_in)
            own, low, high = relative_time(evidence, network, size, setting)
            return own * scale, low * scale, high * scale

        return value

    found = [
        Quantity(
            name="accuracy",
            title="test accuracy",
            short="accuracy",
            unit="%",
            scale=100,
            high=True,
            of=column("accuracy"),
        ),
        Quantity(
            name="macs",
            title="multiply-accumulates per image",
            short="MACs",
            unit=f"{unit.name} MACs",
            scale=1 / unit.size,
            high=False,
            of=column("routed"),
            cost=True,
        ),
        *(
            Quantity(
                name=f"time_{size}",
                title=f"time per image, batch {size}",
                short=f"time, batch {size}",
                unit="ms",
                scale=1e3,
                high=False,
                of=time(size),
                cost=True,
            )
            for size in evidence.batch_sizes
        ),
        Quantity(
            name="parameters",
            title="parameters",
            short="parameters",
            unit="k",
            scale=1e-3,
            high=False,
            of=column("parameters"),
            cost=True,
        ),
        *_under_attack(evidence),
        Quantity(
            name="calibration_error",
            title="calibration error",
            short="calibration error",
            unit="%",
            scale=100,
            high=False,
            of=column("calibration_error"),
        ),
        Quantity(
            name="train_seconds",
            title="training time",
            short="training",
            unit="s",
            scale=1,
            high=False,
            of=column("train_seconds"),
        ),
    ]
    return [quantity for quantity in found if _is_known(evidence, quantity)]


def _under_attack(evidence: Evidence) -> list[Quantity]:
    """The headline robust accuracy, and the cost under an attack on it; of headline settings."""
    chosen = evidence.headline_attack
    found = []
    if chosen:
        attack, epsilon = chosen
        name = epsilons(evidence.robustness["epsilon"])[epsilon]
        attacked = {
            (row["network"], row["attack"], row["epsilon"]): row for row in evidence.robustness.to_dict("records")
        }

        def worst(network: NetworkEvidence, setting: str) -> Bounds:
            row = attacked.get((network.label, attack, epsilon))
            if setting != network.first.settings[0].name or row is None:
                return UNKNOWN
            return float(row["accuracy"]), float(row["accuracy_low"]), float(row["accuracy_high"])

        title = f"accuracy under attack ({attack}, ε {name})"
        found.append(Quantity(name="attacked", title=title, short="attacked", unit="%", scale=100, high=True, of=worst))
    radius = chosen[1] if chosen else math.nan
    slowed = evidence.slowdown
    if len(slowed) and radius in set(slowed["epsilon"]):
        rows = slowed[(slowed["goal"] == COST) & (slowed["epsilon"] == radius)].to_dict("records")
        shares = {row["network"]: row for row in rows}
        unit = evidence.unit

        def slowest(network: NetworkEvidence, setting: str) -> Bounds:
            if setting != network.first.settings[0].name:
                return UNKNOWN
            nominal, row = evidence.value(network, "nominal"), shares.get(network.label)
            if row is None:
                return nominal, math.nan, math.nan
            own, low, high = (float(row[f"share{end}"]) * nominal for end in ("", "_low", "_high"))
            return own, low, high

        title = f"multiply-accumulates under a slowdown attack, ε {epsilons(slowed['epsilon'])[radius]}"
        found.append(
            Quantity(
                name="slowed",
                title=title,
                short="MACs, slowed",
                unit=f"{unit.name} MACs",
                scale=1 / unit.size,
                high=False,
                of=slowest,
            )
        )
    return found


def _is_known(evidence: Evidence, quantity: Quantity) -> bool:
    return any(
        not math.isnan(quantity.of(network, setting.name)[0])
        for network in evidence.networks
        for setting in network.first.settings
    )
