"""Claims on what is lost when parts of trained networks are taken out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import pandas as pd

from benchmarks.reporting.claims.base import Found, above, below, claim, correlated, parameter
from benchmarks.reporting.evidence.changed import INTACT, Lesions, Loss, Part, lesions_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.pairwise import reference
from benchmarks.reporting.formatting import count, points

HARDLY = 0.01
"""Accuracy, as a share of images, whose loss is still called hardly any."""
RESIDUAL = (
    "Veit et al. (2016) found that a ResNet hardly notices the loss of a block, unless it is the first of a stage, "
    "which reduces the resolution"
)
"""What is known of residual networks."""
FIRST_OF_STAGE = re.compile(r"(?:stage|segment)(?:[2-9]|\d\d+)\.block1")
"""A residual block that changes resolution and width."""
FEWEST = 4
"""Nodes, edges or units from which on a correlation is given."""


def first_of_stages(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Residual blocks that change the resolution, and the others; both empty where there are not both."""
    blocks = [part for part in parts if part.kind == "block"]
    first = [part for part in blocks if FIRST_OF_STAGE.fullmatch(part.name)]
    others = [part for part in blocks if part not in first]
    return (first, others) if first and others else ([], [])


def interval(loss: Loss) -> str:
    """A loss in points with its interval."""
    return f"{points(loss.estimate)} ({ends(loss)})"


def ends(loss: Loss) -> str:
    """Both ends of its interval, in points."""
    return f"{points(loss.low)} to {points(loss.high)}"


@claim(
    "one-block",
    paper="Veit et al. 2016",
    says="A ResNet hardly notices the loss of a block that does not change the resolution (less than a point).",
    order=60,
)
def one_block(evidence: Evidence) -> list[Found]:
    """Of the reference ResNet: the mean loss over blocks that keep the resolution."""
    found = []
    for network, own in _static(evidence):
        _, others = first_of_stages(own.parts)
        if others:
            loss = own.mean_of(others)
            text = f"{interval(loss)} points without one of {len(others)} blocks; {_n(own)}"
            found.append(Found(network=network, figure=text, verdict=below(loss.low, loss.high, HARDLY)))
    return found


@claim(
    "downsampling-block",
    paper="Veit et al. 2016",
    says="The blocks of a ResNet that change the resolution are worth more than the others.",
    order=61,
)
def downsampling_block(evidence: Evidence) -> list[Found]:
    """Of the reference ResNet: the mean loss over the first blocks of stages less that over the others."""
    found = []
    for network, own in _static(evidence):
        first, others = first_of_stages(own.parts)
        if first:
            more = own.difference(first, others)
            text = f"{interval(more)} points more; {len(first)} blocks against {len(others)}, {_n(own)}"
            found.append(Found(network=network, figure=text, verdict=above(more.low, more.high)))
    return found


@claim(
    "stochastic-depth-lesions",
    paper="Veit et al. 2016",
    says="A network that was trained with stochastic depth loses less without a block than a plain ResNet.",
    order=62,
)
def stochastic_depth(evidence: Evidence) -> list[Found]:
    """Every network of stochastic depth against its baseline, where that is in the study."""
    return _against(evidence, "stochastic_depth", lambda own, other: own.first.baseline.network == other.first.selector)


@claim(
    "drop-path-lesions",
    paper="Larsson et al. 2017",
    says="A fractal network that was trained with drop-path loses less without a path than one without drop-path.",
    order=63,
)
def drop_path(evidence: Evidence) -> list[Found]:
    """Every FractalNet with drop-path against that without, where both are in the study."""

    def same_without(own: NetworkEvidence, other: NetworkEvidence) -> bool:
        return drops(own) and other.method.name == "fractalnet" and not drops(other)

    def drops(network: NetworkEvidence) -> bool:
        return bool(parameter(network, "local_rate") or parameter(network, "global_share"))

    return _against(evidence, "fractalnet", same_without)


@claim(
    "out-degree",
    paper="Xie et al. 2019",
    says="A node of a random graph is worth the more the more other nodes it feeds.",
    order=64,
    each_seed=True,
)
def out_degree(evidence: Evidence) -> list[Found]:
    """Rank correlation between a node's targets and what is lost without it, first seed and its graph."""
    return _by_degree(evidence, "node", "source", more=True)


@claim(
    "in-degree",
    paper="Xie et al. 2019",
    says="An edge of a random graph is worth the more the fewer other edges lead to its target.",
    order=65,
    each_seed=True,
)
def in_degree(evidence: Evidence) -> list[Found]:
    """Rank correlation between the edges into an edge's target and what is lost without it, likewise."""
    return _by_degree(evidence, "edge", "target", more=False)


@claim(
    "pyramid-downsampling",
    paper="Han et al. 2017",
    says="A PyramidNet loses less without a block that changes the resolution than a pre-activation ResNet.",
    order=67,
)
def pyramid_downsampling(evidence: Evidence) -> list[Found]:
    """Mean losses over the first blocks of later stages, of networks that were trained apart."""
    found = []
    several = [(network, own) for network in evidence.networks if (own := lesions_of(evidence, network))]
    for network, own in ((n, own) for n, own in several if n.method.name == "pyramidnet"):
        for other, theirs in ((n, own) for n, own in several if n.method.name == "preresnet"):
            first, others_first = first_of_stages(own.parts)[0], first_of_stages(theirs.parts)[0]
            if first and others_first:
                lost = own.mean_of(first), theirs.mean_of(others_first)
                found.append(_less(network, other, lost, (own, theirs)))
    return found


def _by_degree(evidence: Evidence, kind: str, end: str, *, more: bool) -> list[Found]:
    """Whether parts are worth more where more edges leave them (nodes), or fewer lead where they lead (edges)."""
    found = []
    for network in evidence.networks:
        table, edges = network.first.measurements.get("lesions"), network.first.measurements.get("wiring")
        if table is None or edges is None:
            continue
        losses = losses_of(table, kind)
        degrees = edges[end].value_counts()
        places = [int(degrees.get(name.rpartition(" -> ")[2], 0)) for name in losses]
        if len(losses) < FEWEST or len(set(places)) < 2 or len(set(losses.values())) < 2:
            continue
        found.append(correlated(network, places, list(losses.values()), f"{kind}s", rises=more))
    return found


def losses_of(table: pd.DataFrame, kind: str) -> dict[str, float]:
    """Accuracy that one seed loses without each part of a kind, from its table of lesions."""
    chosen = table.assign(right=table["label"] == table["prediction"])
    chosen = chosen[chosen["kind"].isin((INTACT, kind))]
    shares = chosen.groupby("parts", sort=False)["right"].mean()
    return {str(part): round(float(shares[""]) - float(share), 9) for part, share in shares.items() if part}


def _static(evidence: Evidence) -> list[tuple[NetworkEvidence, Lesions]]:
    """The reference network, where it is a ResNet whose parts were taken out."""
    network = reference(evidence)
    own = lesions_of(evidence, network) if network and network.method.name == "resnet" else None
    return [(network, own)] if network and own else []


def _against(
    evidence: Evidence, method: str, chosen: Callable[[NetworkEvidence, NetworkEvidence], bool]
) -> list[Found]:
    found = []
    for network in evidence.networks:
        own = lesions_of(evidence, network) if network.method.name == method else None
        if own is None:
            continue
        for other in evidence.networks:
            theirs = lesions_of(evidence, other) if other is not network and chosen(network, other) else None
            if theirs is not None:
                found.append(_less(network, other, (own.mean, theirs.mean), (own, theirs)))
    return found


def _less(
    network: NetworkEvidence, other: NetworkEvidence, lost: tuple[Loss, Loss], lesions: tuple[Lesions, Lesions]
) -> Found:
    """How much less one network loses than another, which was trained apart: halves of intervals add up as squares.

    With one seed an interval knows the images alone, not what another training would have lost: it cannot be told.
    """
    own, theirs = lost
    value = theirs.estimate - own.estimate
    down = math.hypot(theirs.estimate - theirs.low, own.high - own.estimate)
    up = math.hypot(theirs.high - theirs.estimate, own.estimate - own.low)
    less = Loss(estimate=value, low=value - down, high=value + up)
    mine, others = (one.seeds for one in lesions)
    against = "" if mine == others else f" against {others}"
    several = min(mine, others) > 1
    return Found(
        network=network,
        figure=f"{interval(less)} points less than {other.name}'s {points(theirs.estimate)}; {_n(lesions[0])}{against}",
        verdict=above(less.low, less.high) if several else "cannot be told",
    )


def _n(found: Lesions) -> str:
    return f"{count(found.images)} images, {found.seeds} seed{'s' if found.seeds > 1 else ''}"
