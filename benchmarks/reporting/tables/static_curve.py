"""Every network against static ResNets that cost what it costs."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.static_curve import AgainstStatic, Curve, Difference, against_static, routing
from benchmarks.reporting.formatting import listing, percent, points
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

WORDS = {
    "above": "beats",
    "below": "loses",
    "open": "open",
    "cheaper": "cheaper",
    "costlier": "costs more",
}
"""Below a difference, by its verdict."""


@table("static-curve", section="overview", order=5)
def static_curve(evidence: Evidence) -> Table | None:
    """Points of accuracy above or below the static curve, at every kind of cost; networks that route come first."""
    found = against_static(evidence)
    if found is None:
        return None
    routed = routing(evidence)
    others = list(dict.fromkeys(difference.network for difference in found.differences))
    ordered = [network for network in others if network in routed] + [n for n in others if n not in routed]
    columns = [
        Column(name="Network", numeric=False),
        *(
            Column(name=f"{curve.cost.words[0].upper()}{curve.cost.words[1:]}", unit="points", tip=_tip(curve))
            for curve in found.curves
        ),
    ]
    return Table(
        title="Accuracy above static ResNets of equal cost",
        columns=columns,
        rows=[_row(found, network, routes=network in routed) for network in ordered],
        note=_note(found),
    )


def _row(found: AgainstStatic, network: NetworkEvidence, *, routes: bool) -> list[Cell]:
    cells = [text(network.name, "routes" if routes else "the same for all images", network=network.slug)]
    for curve in found.curves:
        own = found.at(curve, [network])
        cells.append(_difference(own[0]) if own else missing("not measured"))
    return cells


def _difference(found: Difference) -> Cell:
    share = found.cost / found.curve.costliest
    return Cell(
        text=points(found.value),
        sub=f"{points(found.low)} to {points(found.high)}, {WORDS[found.verdict]}",
        sort=found.value,
        tip=f"at {percent(share, 0)} % of the costliest static network's {found.curve.cost.words}",
        best=found.verdict == "above",
    )


def _tip(curve: Curve) -> str:
    return f"On this curve: {listing([network.name for network in curve.networks])}."


def _note(found: AgainstStatic) -> str:
    about = "the methods as trained here" if found.about_methods else "the networks trained here"
    return (
        "Test accuracy minus that of the static curve at the same cost: ResNets of several sizes, those that no "
        "cheaper one equals in validation accuracy, joined in straight lines over the logarithm of the cost. Below: "
        f"the 95 % interval, all of them together, about {about}; it allows for the uncertainty of the time. Bold "
        "networks beat static ones; “open” ones cannot be told from them. “Cheaper” and “costs more” are meant of all "
        "static ResNets: such a network is compared with the nearest end of the curve, and judged only where the "
        "difference in cost makes it clearer still. Times are relative to the baseline's in the same process."
    )
