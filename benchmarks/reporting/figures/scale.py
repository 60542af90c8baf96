"""Do larger objects take longer routes?"""

from __future__ import annotations

from benchmarks.reporting.drawing.multiples import Band, Curve, Scale, Shape, multiples
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures.base import Drawing, NoData, figure
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.findings.scale import AS_IT_IS, NOT_MEASURED, SAME, answer, measured, zoomed
from benchmarks.reporting.formatting import count

PERCENT = {0.0: "0", 50.0: "50", 100.0: "100"}


@figure("scale", section="routes", order=30, title="Do larger objects take longer routes?")
def scale(evidence: Evidence) -> Drawing:
    """Executed units, with a band, and accuracy over the scale of images; a plot per network whose routes vary."""
    found = zoomed(evidence)
    if not found:
        raise NoData(SAME if measured(evidence) else NOT_MEASURED)
    own = {scales.network: scales for scales in found}
    shown = [network for network in detailed(evidence) if network in own]

    def shapes(network: NetworkEvidence) -> list[Shape]:
        scales, share = own[network], 100 / len(network.first.units)
        x = list(scales.scales)
        return [
            Curve(x=[AS_IT_IS, AS_IT_IS], y=[0.0, 100.0], guide=True),
            Band(
                x=x, low=[share * mean.low for mean in scales.units], high=[share * mean.high for mean in scales.units]
            ),
            Curve(x=x, y=[100 * mean.value for mean in scales.accuracy], line="--"),
            Curve(x=x, y=[share * mean.value for mean in scales.units], marked=True),
        ]

    every = sorted({scale for scales in found for scale in scales.scales})
    margin = 0.04 * (every[-1] - every[0])
    ticks = {scale: f"{scale:g}" for scale in (every[0], AS_IT_IS, every[-1])}
    return Drawing(
        little=multiples(shown, shapes, Scale(every[0] - margin, every[-1] + margin, ticks), Scale(-3, 103, PERCENT)),
        axes="upwards: units that run (% of the network’s), accuracy (%); to the right: scale of the image",
        caption="Solid: mean number of units that run, with 95 % intervals that hold together over networks and "
        f"scales; dashed: accuracy. The same {count(found[0].images)} test images at each of {len(every)} scales, "
        f"black around them below 1, cut above 1; headline setting, first seed. {answer(evidence, found)}",
    )
