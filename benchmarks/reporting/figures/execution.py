"""Which units run for pictures of which class."""

from __future__ import annotations

from benchmarks.reporting.drawing.formatting import count, short_macs
from benchmarks.reporting.drawing.heatmap import heatmap
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Entry, Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, entry_figure


@entry_figure("execution", section="routes", order=10, title="Execution rate per unit and class")
def execution(evidence: Evidence, entry: Entry) -> Drawing | None:
    """Units x classes in percent, headline setting, first seed; None where every route is the same."""
    table = entry.first.headline_answers()
    if table is None:
        raise NoData(f"The routes of {entry.name} are not known: accuracy {entry.reason('accuracy')}.")
    if not routes.varies(table):
        return None
    rates = routes.execution_by_class(table, entry.first.units)
    drawn, axes = heatmap(
        100 * rates.to_numpy(dtype=float),
        rows=_labels(entry),
        columns=[str(label) for label in rates.columns],
    )
    axes.set_xlabel("class")
    return Drawing(
        panels=[Panel(figure=drawn)],
        caption="Share of each class's pictures that used a unit, in %: rows that change from left to right "
        f"are units that the class decides about. {count(len(table))} test pictures, setting "
        f"“{entry.first.settings[0].name}”; in brackets, the MACs of the unit.",
    )


def _labels(entry: Entry) -> list[str]:
    ledger = entry.first.tables.get("ledger")
    if ledger is None:
        return entry.first.units
    macs = dict(zip(ledger["unit"], ledger["macs"], strict=True))
    return [f"{name} ({short_macs(macs[name])})" if name in macs else name for name in entry.first.units]
