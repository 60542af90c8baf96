"""What single parts of trained networks are worth."""

from __future__ import annotations

from collections import Counter

from benchmarks.reporting.claims.lesions import ends
from benchmarks.reporting.evidence.changed import APART, Lesions, Part, lesions_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import count, listing, percent, points
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text


@table("lesions", section="routes", order=30)
def lesions(evidence: Evidence) -> Table | None:
    """A row per network whose parts were taken out one by one; None without any."""
    found = [(network, own) for network in evidence.networks if (own := lesions_of(evidence, network))]
    if not found:
        return None
    images = sorted({own.images for _, own in found})
    return Table(
        title="What single parts are worth",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Parts", numeric=False, tip="That were taken out, one at a time."),
            Column(name="Lost on average", unit="points", tip="Mean over its parts; exits and columns left out."),
            Column(name="Lost at most", unit="points", tip="Without the part that matters most."),
            Column(name="Which", numeric=False, tip="The part that matters most."),
            Column(
                name="Not shown to matter", unit="of all", tip="Parts whose interval contains 0, or that only help."
            ),
        ],
        rows=[_row(network, own) for network, own in found],
        note="Accuracy that the trained network loses without one part, nothing trained again, at the headline "
        f"setting; {' or '.join(count(n) for n in images)} test images, all seeds; 95 % intervals, paired by image and "
        "seed, that hold together for all parts of a network. Veit et al. (2016) found that ResNet-110 hardly notices "
        "the loss of a block that is not a downsampling one, and that networks without shortcuts fail.",
    )


def counted(found: Lesions) -> list[Part]:
    """The parts that a mean is over: all but those that are made of others."""
    return [part for part in found.parts if part.kind not in APART] or list(found.parts)


def _row(network: NetworkEvidence, found: Lesions) -> list[Cell]:
    kinds = Counter(part.kind for part in found.parts)
    parts = counted(found)
    worst = max(parts, key=lambda part: part.loss.estimate)
    unseen = sum(not part.loss.low > 0 for part in parts)
    share = unseen / len(parts)
    return [
        text(network.name, f"{percent(found.accuracy)} % whole", network=network.slug),
        text(listing([f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in kinds.items()])),
        Cell(text=points(found.mean.estimate), sub=ends(found.mean), sort=found.mean.estimate),
        Cell(text=points(worst.loss.estimate), sub=ends(worst.loss), sort=worst.loss.estimate),
        text(worst.name),
        Cell(text=f"{unseen} of {len(parts)}", sort=share),
    ]
