"""How much routes differ, and what they know of classes and of right answers."""

from __future__ import annotations

import pandas as pd

from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.route_statistics import DRAWS, Information, entropy, information
from benchmarks.reporting.formatting import count, percent, significant
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text

CERTAIN = 0.01
"""Share of permutations below which a dependence is bold."""


@table("route-statistics", section="routes", order=5)
def route_statistics(evidence: Evidence) -> Table | None:
    """A row per network whose images take several routes, headline setting, first seed; None without any."""
    found = [(network, network.first.headline_answers()) for network in evidence.networks]
    rows = [_row(network, own) for network, own in found if own is not None and routes.varies(own)]
    if not rows:
        return None
    spread = [float(row[2].sort) for row in rows if isinstance(row[2].sort, float)]
    images = next(len(own) for _, own in found if own is not None and routes.varies(own))
    return Table(
        title="What routes know",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Units", unit="per image", tip="Mean and standard deviation over images."),
            Column(name="Classes", unit="units", tip="Means of the class with the fewest and of that with the most."),
            Column(name="Routes", tip="How many different ones the images take."),
            Column(name="Entropy", unit="bits", tip="Of how often each route is taken; 0 if all take the same."),
            Column(name="About the class", unit="bits", tip="Mutual information, less what chance makes; of how many."),
            Column(name="About right answers", unit="bits", tip="Likewise, of whether the answer is right."),
        ],
        rows=rows,
        note=f"Of {count(images)} test images, first seed. Below the information: the share of what there is to know, "
        f"and the share p of {DRAWS} permutations of the labels with at least as much; bold where p is below "
        f"{CERTAIN:g}. “Less what chance makes”: where every image has a route of its own, routes seem to know "
        "everything. Veit and Belongie (2018) print 10.81 ± 1.11 layers per image on ImageNet, and classes that differ "
        f"by about one; here classes differ by {min(spread):.2f} to {max(spread):.2f} units.",
    )


def _row(network: NetworkEvidence, table: pd.DataFrame) -> list[Cell]:
    used = pd.Series(routes.matrix(table["route"]).sum(axis=1), index=table.index)
    classes = used.groupby(table["label"]).mean()
    codes = pd.factorize(table["route"])[0]
    bits = entropy(codes)
    right = table["label"] == table["prediction"]
    return [
        text(network.name, f"{len(network.first.units)} units", network=network.slug),
        Cell(text=f"{used.mean():.2f}", sub=f"± {used.std():.2f}", sort=float(used.mean())),
        Cell(text=f"{classes.min():.2f} to {classes.max():.2f}", sort=float(classes.max() - classes.min())),
        Cell(text=count(table["route"].nunique()), sort=float(table["route"].nunique())),
        Cell(text=significant(bits), sort=bits),
        _information(information(table["route"], table["label"])),
        _information(information(table["route"], right)),
    ]


def _information(found: Information) -> Cell:
    if found.most == 0:
        return Cell(text="0", sub="nothing to know", sort=0.0)
    share = percent(max(found.bits, 0.0) / found.most, 0)
    return Cell(
        text=f"{found.bits:.3f}".replace("-", "−"),
        sub=f"{share} %, p {found.p:.3f}",
        sort=found.bits,
        best=found.p < CERTAIN,
    )
