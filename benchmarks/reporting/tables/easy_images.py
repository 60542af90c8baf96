"""Easy and hard images: what the cost of an image goes with."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.easy_images import (
    FEWEST,
    LOSS,
    NOT_MEASURED,
    PROPERTIES,
    Correlation,
    Costs,
    EasyImages,
    easy_images,
    is_own,
    varying,
)
from benchmarks.reporting.findings.other_seeds import other_seeds
from benchmarks.reporting.formatting import count, listing, signed
from benchmarks.reporting.tables.base import Column, NoData, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

TITLE = "Easy and hard images: what the cost follows"
NAMES = {**PROPERTIES, LOSS: "the baseline’s loss"}
TIPS = {
    "brightness": "Mean of the pixels’ luma.",
    "contrast": "Standard deviation of the pixels’ luma (RMS contrast, Peli 1990).",
    "sharpness": "Variance of the Laplacian (Pech-Pacheco et al. 2000).",
    "edge_density": "Share of pixels whose Sobel gradient exceeds a threshold, by default that of a step of 0.25.",
}


@table("easy-images", section="routes", order=10)
def easy(evidence: Evidence) -> Table | None:
    """A row per network whose images differ in cost; None without any.

    Raises:
        NoData: there are some, and it is not known what images look like.
    """
    found = easy_images(evidence)
    if found is None:
        if varying(evidence):
            raise NoData(NOT_MEASURED, title=TITLE)
        return None
    return Table(
        title=TITLE,
        columns=[
            Column(name="Network", numeric=False),
            *(Column(name=name.capitalize(), unit="ρ", tip=TIPS[key]) for key, name in PROPERTIES.items()),
            Column(
                name="Baseline’s loss",
                unit="ρ",
                tip="Cross-entropy of the static ResNet that the network is compared with.",
            ),
            Column(name="Cost follows", numeric=False, tip="The strongest of those whose interval leaves 0 out."),
        ],
        rows=[_row(costs) for costs in found.costs],
        note="Spearman’s rank correlations of an image’s routed MACs with what it looks like, and with how hard the "
        f"static ResNet finds it: {count(found.images)} test images, headline setting, first seed. Above 0, dearer "
        "images have more of it. Below: 95 % intervals by the bootstrap over images, all of the table at once; bold "
        f"where one leaves 0 out. {_stand_ins(found)}{_claim(evidence, found)}",
    )


def _row(costs: Costs) -> list[Cell]:
    others = [NAMES[name] for name in costs.followed[1:]]
    few = f"fewer than {FEWEST} images of another cost"
    follows = text(NAMES[costs.followed[0]] if costs.followed else "nothing", _also(others))
    return [
        text(costs.network.name, network=costs.network.slug),
        *(_cell(costs.of.get(name), "no values that differ" if costs.of else few) for name in PROPERTIES),
        _cell(costs.of.get(LOSS), "no baseline here" if costs.baseline is None else few, costs),
        follows if costs.of else missing(few),
    ]


def _also(names: list[str]) -> str:
    return f"also {listing(names)}" if names else ""


def _cell(found: Correlation | None, reason: str, costs: Costs | None = None) -> Cell:
    if found is None:
        return missing(reason)
    ends = f"{signed(found.low)} to {signed(found.high)}"
    tip = f"Of {costs.baseline.name}." if costs and costs.baseline else ""
    return Cell(text=signed(found.value), sub=ends, sort=found.value, best=found.differs, tip=tip)


def _stand_ins(found: EasyImages) -> str:
    """Which networks have another's baseline, with a space behind; empty where all have their own."""
    others = [
        f"{costs.network.name} ({costs.baseline.name})"
        for costs in found.costs
        if costs.baseline and not is_own(costs.network, costs.baseline)
    ]
    return (
        f"Where the own baseline was not trained, that of the nearest cost stands in: {listing(others)}. "
        if others
        else ""
    )


def _claim(evidence: Evidence, found: EasyImages) -> str:
    """What the paper of SkipNet found, and in how many networks that is so here."""
    parts = []
    for name in ("brightness", "contrast", "sharpness"):
        own = [costs.of[name] for costs in found.costs if name in costs.of]
        falls, rises = sum(one.high < 0 for one in own), sum(one.low > 0 for one in own)
        parts.append(f"with {name} in {falls} of {len(own)} networks and rises in {rises}")
    losses = [costs.of[LOSS] for costs in found.costs if LOSS in costs.of]
    rising = sum(one.low > 0 for one in losses)
    return (
        "Wang et al. (2018, Fig. 7) found that SkipNet skips most in bright, clear images of high contrast. Here cost "
        f"falls {', '.join(parts)}. It rises with the baseline’s loss in {rising} of {len(losses)}."
        f"{other_seeds(evidence)}"
    )
