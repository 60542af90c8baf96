"""Claims on which images take long routes, which units they leave out, and whether classes share units."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.reporting.claims.base import Found, Verdict, above, claim
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.depth import depths
from benchmarks.reporting.findings.easy_images import LOSS, Correlation, easy_images
from benchmarks.reporting.findings.means import Estimate
from benchmarks.reporting.findings.scale import zoomed
from benchmarks.reporting.findings.similar_classes import CONFUSED, LOOKS, is_certain, similar_classes
from benchmarks.reporting.formatting import count, points, signed
from benchmarks.statistics import Mantel

CLEAR = ("brightness", "contrast", "sharpness")
"""What easy images have more of, as SkipNet's paper describes them."""


def _verdict(holds: bool | None) -> Verdict:
    return "cannot be told" if holds is None else "holds" if holds else "does not hold"


@claim(
    "bright-images",
    paper="Wang et al. 2018",
    says="Bright, clear images of high contrast skip most.",
    order=40,
    each_seed=True,
)
def bright_images(evidence: Evidence) -> list[Found]:
    """Rank correlations of cost with brightness, contrast and sharpness, all of which have to be below 0."""
    found = easy_images(evidence)
    rows = []
    for costs in found.costs if found else ():
        own = {name: costs.of[name] for name in CLEAR if name in costs.of}
        if len(own) == len(CLEAR):
            against = any(one.low > 0 for one in own.values())
            holds = False if against else True if all(one.high < 0 for one in own.values()) else None
            text = "; ".join(f"{name} {_correlation(one)}" for name, one in own.items())
            text += f"; {count(found.images) if found else 0} images"
            rows.append(Found(network=costs.network, figure=text, verdict=_verdict(holds)))
    return rows


@claim(
    "hard-images",
    paper="Veit and Belongie 2018",
    says="Images that are hard to recognise run more.",
    order=41,
    each_seed=True,
)
def hard_images(evidence: Evidence) -> list[Found]:
    """Rank correlation of cost with the loss of the baseline."""
    found = easy_images(evidence)
    return [
        Found(
            network=costs.network,
            figure=f"with the loss of {costs.baseline.name} {_correlation(costs.of[LOSS])}; "
            f"{count(found.images)} images",
            verdict=above(costs.of[LOSS].low, costs.of[LOSS].high),
        )
        for costs in (found.costs if found else ())
        if found and costs.baseline and LOSS in costs.of
    ]


@claim(
    "scale",
    paper="Wang et al. 2018",
    says="More blocks run for larger scales, fewer for smaller ones.",
    order=42,
    each_seed=True,
)
def larger_scales(evidence: Evidence) -> list[Found]:
    """Units executed at scales below and above 1, less those of the same images at 1."""
    return [
        Found(
            network=own.network,
            figure=f"smaller {_units(own.smaller)}, larger {_units(own.larger)}; {count(own.images)} images",
            verdict=_verdict(own.agrees),
        )
        for own in zoomed(evidence)
        if own.smaller and own.larger
    ]


@claim(
    "ends-skipped",
    paper="Wang et al. 2018",
    says="The first and the last group of blocks are skipped more than those between.",
    order=43,
    each_seed=True,
)
def ends_skipped(evidence: Evidence) -> list[Found]:
    """Differences of skip rates."""
    return [
        Found(
            network=own.network,
            figure=f"first {_points(own.first)}, last {_points(own.last)}; {count(own.images)} images",
            verdict=_verdict(own.holds),
        )
        for own in depths(evidence)
    ]


@claim(
    "similar-classes",
    paper="Veit and Belongie 2018",
    says="Classes that are alike run the same units.",
    order=44,
    each_seed=True,
)
def same_units(evidence: Evidence) -> list[Found]:
    """Mantel's tests, of which one has to be certain, of networks that skip units."""
    rows = []
    for network in (own.network for own in depths(evidence)):
        found = similar_classes(evidence, network)
        text = "; ".join(
            f"by {kind} {signed(found[kind].correlation)}, p {found[kind].p:.3f}, {found[kind].pairs} pairs"
            for kind in (CONFUSED, LOOKS)
            if kind in found
        )
        if text:
            rows.append(Found(network=network, figure=text, verdict=_verdict(_any_certain(found.values()))))
    return rows


def _any_certain(found: Iterable[Mantel]) -> bool | None:
    return True if any(is_certain(own) for own in found) else None


def _correlation(found: Correlation) -> str:
    return f"{signed(found.value)} ({signed(found.low)} to {signed(found.high)})"


def _units(found: Estimate) -> str:
    return f"{signed(found.value)} units ({signed(found.low)} to {signed(found.high)})"


def _points(found: Estimate) -> str:
    return f"{points(found.value)} points ({points(found.low)} to {points(found.high)})"
