"""Accuracy that networks lose without each of their parts, by depth."""

from __future__ import annotations

from benchmarks.reporting.claims.lesions import RESIDUAL
from benchmarks.reporting.drawing.multiples import Band, Curve, Scale, Shape, multiples
from benchmarks.reporting.evidence.changed import APART, lesions_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, figure
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.formatting import count


@figure("parts", section="routes", order=30, title="Without one part, by depth")
def parts(evidence: Evidence) -> Drawing:
    """Accuracy lost without each part, over its place in the network, with intervals; a plot per network.

    Edges, columns and exits are left out: they are made of other parts, or decide.
    """
    found = {network: own for network in detailed(evidence) if (own := lesions_of(evidence, network))}
    if not found:
        raise NoData("No parts of any network were taken out.")

    def shapes(network: NetworkEvidence) -> list[Shape]:
        several = [part for part in found[network].parts if part.kind not in APART]
        x = [100 * (place + 0.5) / len(several) for place in range(len(several))]
        low, high = ([100 * getattr(part.loss, end) for part in several] for end in ("low", "high"))
        own = Curve(x=x, y=[100 * part.loss.estimate for part in several], marked=True)
        return [Curve(x=[0.0, 100.0], y=[0.0, 0.0], guide=True), Band(x=x, low=low, high=high), own]

    ticks = {0.0: "0", 50.0: "50", 100.0: "100"}
    images = sorted({own.images for own in found.values()})
    return Drawing(
        little=multiples([*found], shapes, Scale(-4, 104, ticks), Scale(-8, 104, ticks)),
        axes="upwards: accuracy lost (points); to the right: the part's place in the network (% of its parts)",
        caption="Accuracy that each trained network loses without one block, layer, path or node, from the images on "
        "the left to the answer on the right; nothing is trained again. Bands: 95 % intervals that hold together for a "
        f"network. {' or '.join(count(n) for n in images)} test images. {RESIDUAL}: whether that holds here is said "
        "in “What papers claim”.",
    )
