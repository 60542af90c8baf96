"""Networks that were not trained by the study's recipe, and in what theirs differ."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.provenance import own_recipe
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text


@table("recipes", section="training", order=5)
def recipes(evidence: Evidence) -> Table | None:
    """One row per network with a recipe of its own, a column per field; None where all have the study's."""
    own = {network.slug: own_recipe(network, evidence.study.recipe) for network in evidence.networks}
    fields = list(dict.fromkeys(field for values in own.values() for field in values))
    if not fields:
        return None
    rows = [
        [text(network.name, network=network.slug), *(_cell(own[network.slug].get(field)) for field in fields)]
        for network in evidence.networks
        if own[network.slug]
    ]
    return Table(
        title="Recipes of their own",
        columns=[Column(name="Network", numeric=False), *(Column(name=f.replace("_", " ")) for f in fields)],
        rows=rows,
        note="Below each value, the study’s. All other fields, and all other networks, have the study’s recipe.",
    )


def _cell(values: tuple[str, str] | None) -> Cell:
    return text(*values) if values else missing("the study’s")
