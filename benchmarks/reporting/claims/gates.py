"""Claims on what gates decide, and on how they are trained."""

from __future__ import annotations

import re

import numpy as np

from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.claims.base import Found, above, claim, correlated, parameter
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.route_statistics import explained_by_class
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.formatting import count, percent, points

DOWNSAMPLING = re.compile(r"stage(?:[2-9]|\d\d+)\.block1")
EQUAL = 0.05
"""By so much a cost may differ, relative, where accuracies are said to; a better network may be cheaper."""
ALWAYS = 0.99
"""Share of images from which on a block is said to run always."""
FEWEST = 4
"""Units whose execution varies, from which on a correlation is given."""


@claim("hard-decisions", paper="Wang et al. 2018", says="Gates trained with hard decisions beat soft ones.", order=10)
def hard_beats_soft(evidence: Evidence) -> list[Found]:
    """SkipNets that differ in nothing but the decision in training."""
    return _pairs(evidence, "skipnet", "decision", "hard", "soft")


@claim("hybrid", paper="Wang et al. 2018", says="Hybrid training beats supervised training alone.", order=11)
def hybrid_beats_supervised(evidence: Evidence) -> list[Found]:
    """SkipNets that differ in nothing but the hybrid phase."""
    found = []
    for own, other in _twins(evidence, "skipnet", "hybrid_share"):
        if parameter(own, "hybrid_share") > 0 == parameter(other, "hybrid_share"):
            found += _difference(evidence, own, other)
    return found


@claim(
    "downsampling-runs",
    paper="Veit and Belongie 2018",
    says="Blocks that change the resolution run for every image.",
    order=20,
    each_seed=True,
)
def downsampling_runs(evidence: Evidence) -> list[Found]:
    """The lowest execution rate of such a block, with Wilson's interval, headline setting, first seed."""
    found = []
    for network in evidence.networks:
        table = network.first.headline_answers()
        units = [number for number, unit in enumerate(network.first.units) if DOWNSAMPLING.fullmatch(unit)]
        if table is None or not units or not routes.varies(table) or routes.exit_units(network.first.units):
            continue
        runs = routes.matrix(table["route"])[:, units].sum(axis=0)
        fewest = int(runs.min())
        low, high = wilson_interval(fewest, len(table))
        unit = network.first.units[units[int(runs.argmin())]]
        rate = f"{percent(fewest / len(table))} % ({percent(low)} to {percent(high)})"
        text = f"{unit} runs for {rate} of {count(len(table))} images"
        found.append(Found(network=network, figure=text, verdict=above(low, high, ALWAYS)))
    return found


@claim(
    "class-variation",
    paper="Veit and Belongie 2018",
    says="How far a block's execution depends on the class grows with depth.",
    order=21,
    each_seed=True,
)
def class_variation(evidence: Evidence) -> list[Found]:
    """Rank correlation of depth and explained variance over the units that vary, headline setting, first seed."""
    found = []
    for network in evidence.networks:
        table = network.first.headline_answers()
        if table is None or not routes.varies(table) or routes.exit_units(network.first.units):
            continue
        used = routes.matrix(table["route"])
        varying = np.flatnonzero(used.any(axis=0) & ~used.all(axis=0))
        explained = explained_by_class(used, table["label"].to_numpy())[varying]
        if len(varying) < FEWEST or np.ptp(explained) == 0:
            text = f"{len(varying)} units vary"
            found.append(Found(network=network, figure=text, verdict="cannot be told"))
            continue
        found.append(correlated(network, varying, explained, "units vary"))
    return found


@claim(
    "animals",
    paper="Veit and Belongie 2018",
    says="Classes of animals, above all birds, use fewer layers than those of things.",
    order=22,
)
def animals(evidence: Evidence) -> list[Found]:
    """Of photographs only."""
    if evidence.study.dataset.startswith(("mnist", "fashion", "digits")) and any(
        network.method.name == "adanet" for network in evidence.networks
    ):
        text = f"{evidence.study.dataset_title} has no animals"
        return [Found(network=None, figure=text, verdict="does not apply")]
    return []


def _twins(evidence: Evidence, method: str, differs: str) -> list[tuple[NetworkEvidence, NetworkEvidence]]:
    """Pairs of networks of a method whose parameters differ in this one at most."""

    def rest(network: NetworkEvidence) -> dict[str, object]:
        return {name: value for name, value in network.first.resolved.items() if name != differs}

    own = [network for network in evidence.networks if network.method.name == method]
    return [(a, b) for a in own for b in own if a is not b and rest(a) == rest(b)]


def _pairs(evidence: Evidence, method: str, name: str, better: str, worse: str) -> list[Found]:
    found = []
    for own, other in _twins(evidence, method, name):
        if parameter(own, name) == better and parameter(other, name) == worse:
            found += _difference(evidence, own, other)
    return found


def _difference(evidence: Evidence, own: NetworkEvidence, other: NetworkEvidence) -> list[Found]:
    """Accuracy of one network less that of another, at their headline settings, with both costs."""
    answers = compared(evidence)
    if answers is None or own not in answers.networks or other not in answers.networks:
        return []
    weights = np.zeros((1, len(answers.networks)))
    weights[0, answers.networks.index(own)], weights[0, answers.networks.index(other)] = 1, -1
    found = answers.model.contrasts(weights)
    value, low, high = (float(ends[0]) for ends in (found.estimate, found.low, found.high))
    unit = evidence.unit
    macs = [f"{unit.format(evidence.value(network, 'routed'))}" for network in (own, other)]
    text = (
        f"{points(value)} points ({points(low)} to {points(high)}) at {macs[0]} and {macs[1]} "
        f"{unit.name} MACs; {count(answers.model.components.images)} images, {answers.seeds(own)} and "
        f"{answers.seeds(other)} seeds"
    )
    share = evidence.value(own, "routed") / evidence.value(other, "routed")
    verdict = above(low, high)
    unequal = share > 1 + EQUAL if verdict == "holds" else share < 1 - EQUAL
    return [Found(network=own, figure=text, verdict="cannot be told" if unequal else verdict)]
