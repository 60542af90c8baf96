"""Accuracy behind JPEG, clean and attacked, in numbers."""

from __future__ import annotations

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.jpeg import NONE, attacks
from benchmarks.reporting.formatting import count, epsilons
from benchmarks.reporting.tables.base import Column, Fold, Table, table
from benchmarks.reporting.tables.cells import Cell, accuracy, missing, text

Place = tuple[str, bool, float]
"""An attack, whether it knows of the compression, and its epsilon."""


@table("jpeg", section="attack", order=80)
def jpeg(evidence: Evidence) -> Table | None:
    """A row per network and quality at the second smallest radius; None where nothing was compressed."""
    found = evidence.jpeg
    if found.empty:
        return None
    radii = sorted(set(found["epsilon"]) - {0.0})
    epsilon = radii[min(1, len(radii) - 1)]
    places: list[Place] = [(CLEAN, False, 0.0)]
    places += [(attack, knows, epsilon) for attack in attacks(evidence) for knows in (False, True)]
    qualities = sorted(set(found["quality"]), key=lambda quality: (quality != NONE, -quality))
    rows = []
    for network in evidence.networks:
        own = found[found["network"] == network.label].to_dict("records")
        by_place = {(r["quality"], r["attack"], r["knows"], r["epsilon"]): {str(k): r[k] for k in r} for r in own}
        if not own:
            cells = [missing(network.reason("jpeg"))] * (1 + len(places))
            rows.append([text(network.name, network=network.slug), *cells])
            continue
        for quality in qualities:
            name = text("none") if quality == NONE else Cell(text=str(quality), sort=float(quality))
            cells = [_cell(by_place.get((quality, *place)), quality, place) for place in places]
            rows.append([text(network.name, network=network.slug), name, *cells])
    return Table(
        title="Accuracy behind JPEG",
        columns=_columns(places, epsilons(found["epsilon"])[epsilon]),
        rows=rows,
        note=f"{count(found['images'].max())} images. Unknown: the attack was made on the network without compression; "
        "known: it goes through the compression, forward as it is and backward as the identity (BPDA, Athalye et al. "
        "2018). Only the latter says whether compression defends.",
        fold=Fold(heading="JPEG as a defence", summary="clean and attacked, by quality"),
    )


def _cell(values: dict[str, float] | None, quality: int, place: Place) -> Cell:
    if values is None:
        return missing("no compression to know of" if quality == NONE and place[1] else "not measured")
    return accuracy(values, reason="no value")


def _columns(places: list[Place], radius: str) -> list[Column]:
    columns = [Column(name="Network", numeric=False), Column(name="Quality")]
    for attack, knows, _ in places:
        if attack == CLEAN:
            columns.append(Column(name="Clean", unit="%"))
        else:
            columns.append(Column(name=f"{attack}, {'known' if knows else 'unknown'}", unit=f"%, ε {radius}"))
    return columns
