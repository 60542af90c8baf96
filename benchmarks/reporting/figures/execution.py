"""Which units run for images of which class."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.drawing.heatmap import heatmap
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, network_figure
from benchmarks.reporting.formatting import count, percent, short_macs


@network_figure("execution", section="routes", order=10, title="Execution rate per unit and class")
def execution(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """Units x classes in percent, headline setting, first seed; None where every route is the same."""
    table = network.first.headline_answers()
    if table is None:
        raise NoData(f"The routes of {network.name} are not known: accuracy {network.reason('accuracy')}.")
    if not routes.varies(table):
        return None
    rates = routes.alike_together(routes.execution_by_class(table, network.first.units))
    drawn, axes = heatmap(
        100 * rates.to_numpy(dtype=float),
        rows=_labels(network),
        columns=evidence.names_of(rates.columns),
    )
    axes.set_xlabel("class")
    return Drawing(
        panels=[Panel(figure=drawn)],
        caption="Share of each class's images that used a unit, in %: rows that change from left to right are units "
        "whose execution depends on the class. Classes that use similar units stand beside each other (average "
        f"linkage). {count(len(table))} test images, setting "
        f"“{network.first.settings[0].name}”; in brackets, the MACs of the unit. {_known(rates, table)}",
    )


def _known(rates: pd.DataFrame, answers: pd.DataFrame) -> str:
    """How wide the widest 95 % interval of a cell is."""
    sizes = answers["label"].value_counts()
    least_sure = {label: min(rates[label], key=lambda rate: abs(rate - 0.5)) for label in sizes.index}
    ends = [wilson_interval(round(least_sure[label] * size), size) for label, size in sizes.items()]
    widest = max(high - low for low, high in ends)
    return (
        f"A class has {count(sizes.min())} images or more: no share’s 95 % interval (Wilson) is wider than "
        f"{percent(widest, 0)} points."
    )


def _labels(network: NetworkEvidence) -> Sequence[str]:
    ledger = network.first.measurements.get("ledger")
    if ledger is None:
        return network.first.units
    macs = dict(zip(ledger["unit"], ledger["macs"], strict=True))
    return [f"{name} ({short_macs(macs[name])})" if name in macs else name for name in network.first.units]
