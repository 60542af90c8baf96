"""A claim on trunks as backbones of a detector."""

from __future__ import annotations

from benchmarks.reporting.claims.base import Found, above, claim
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.detection import TESTED, comparable, detectors
from benchmarks.reporting.formatting import percent, points


@claim(
    "backbones",
    paper="Xie et al. 2019",
    says="As the backbone of a detector, a randomly wired network beats a ResNet of its cost.",
    order=66,
)
def better_backbone(evidence: Evidence) -> list[Found]:
    """AP less that of the static ResNet, over seeds and scenes; the cost as a share of its."""
    if evidence.detection.empty or not comparable(evidence.detection):
        return []
    found = detectors(evidence)
    compared = found.differences if found else None
    if found is None or compared is None or found.reference is None:
        return []
    others, contrasts = compared
    rows = []
    for place, network in enumerate(others):
        if network.method.name == TESTED:
            low, value, high = (float(ends[place]) for ends in (contrasts.low, contrasts.estimate, contrasts.high))
            share = percent(found.mean(network, "macs") / found.mean(found.reference, "macs"), 0)
            text = (
                f"{points(value)} points of AP ({points(low)} to {points(high)}) at {share} % of the MACs of "
                f"{found.reference.name}; {found.seeds(network)} seeds"
            )
            rows.append(Found(network=network, figure=text, verdict=above(low, high)))
    return rows
