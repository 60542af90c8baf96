"""Is the decision worth anything? Networks that decide per image against choices that look at no image."""

from __future__ import annotations

from benchmarks.reporting.evidence.changed import BY_IMAGE, FIXED, FROZEN, SHUFFLED, Decided, decided
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.easy_images import varying
from benchmarks.reporting.formatting import count, listing, percent, points
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, missing, text

WAYS = {
    SHUFFLED: ("Shuffled", "Every image takes the route of another one, drawn at random."),
    FROZEN: ("Frozen", "Every gate opens at random, at its mean rate on validation images."),
    FIXED: ("Fixed", "The units that are used most run for all images, others for none, at the same mean cost."),
}


@table("decision-worth", section="routes", order=25)
def decision_worth(evidence: Evidence) -> Table | None:
    """A row per network that decides per image; None without any."""
    found = [(network, own) for network in evidence.networks if (own := decided(evidence, network))]
    if not found:
        return None
    images = sorted({own.images for _, own in found})
    return Table(
        title="Is the decision worth anything?",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="As it decides", unit="%", tip="Accuracy; below it, mean multiply-accumulates."),
            *(Column(name=name, unit="%", tip=f"Accuracy. {tip}") for name, tip in WAYS.values()),
            Column(name="Worth", unit="points", tip="Accuracy above the best choice that looks at no image."),
            Column(name="So", numeric=False),
        ],
        rows=[_row(evidence, network, own) for network, own in found],
        note="The same trained network at the headline setting and the same mean cost, by who decides; nothing is "
        "trained again, so that a static network of this cost may do better (“Worth its multiply-accumulates?”). "
        "Below the accuracies, what is lost against the network's own decisions. Exits are shuffled alike whether "
        "drawn or frozen, and fixed at two neighbouring ones. "
        f"{' or '.join(count(n) for n in images)} test images, all seeds; 95 % intervals, paired by image and seed, "
        f"that hold together for a row.{_others(evidence)}",
    )


def _others(evidence: Evidence) -> str:
    """Networks that route by image and have no row, such as one of another package whose gates cannot be held."""
    others = [network.name for network in varying(evidence) if decided(evidence, network) is None]
    if not others:
        return ""
    one = len(others) == 1
    return (
        f" {listing(others)} {'routes' if one else 'route'} by image too, but {'its' if one else 'their'} decisions "
        "were not measured, or are not of a kind that can be held: exits, and one gate per unit."
    )


def verdict(found: Decided) -> str:
    """In a few words: what the decision is worth against choices that look at no image."""
    loss = found.losses[found.strongest]
    if loss.low > 0:
        return "looking at the image pays"
    return "looking at the image harms" if loss.high < 0 else "no worth that shows"


def _row(evidence: Evidence, network: NetworkEvidence, found: Decided) -> list[Cell]:
    own = evidence.unit.format(found.macs[BY_IMAGE])
    best = found.losses[found.strongest]
    cells = [
        text(network.name, network=network.slug),
        Cell(
            text=percent(found.accuracy[BY_IMAGE]),
            sub=f"{own} {evidence.unit.name} MACs",
            sort=found.accuracy[BY_IMAGE],
        ),
    ]
    for way in WAYS:
        if way not in found.losses:
            cells.append(missing("does not apply"))
            continue
        loss = found.losses[way]
        cells.append(
            Cell(
                text=percent(found.accuracy[way]),
                sub=f"{points(-loss.estimate)} ({points(-loss.high)} to {points(-loss.low)})",
                sort=found.accuracy[way],
                tip=f"{evidence.unit.format(found.macs[way])} {evidence.unit.name} MACs",
            )
        )
    worth = Cell(text=points(best.estimate), sub=f"{points(best.low)} to {points(best.high)}", sort=best.estimate)
    return [*cells, worth, text(verdict(found))]
