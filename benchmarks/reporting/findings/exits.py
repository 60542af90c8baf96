"""What exits could do and what they do: overthinking, the oracle, and rules by which images leave.

A rule with one number (a threshold for all early exits, or a patience) is a family of ways to leave, each with a mean
cost. At a cost between two of them, images are dealt out to both at random: the accuracy that is expected then is a
weighted mean. Costs do not depend on labels, so that nothing is chosen by what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.reporting.evidence.exits import TEST, ExitAnswers, Floats, exit_answers
from benchmarks.statistics import AnswerModel

PATIENCE = "patience"
"""Criterion of Zhou et al. 2020 (PABEE): leave at the exit that is the k-th in a row to give the same answer."""
THRESHOLDS = 200
"""Most thresholds of a rule, spread evenly over those that make a difference."""
SHARES = (0.25, 0.5, 0.75)
"""Of the way from the cost of the first exit to that of the last, at which rules are compared."""
HALF = 0.5
"""Share of the last exit's errors on which Kaya et al. (2019) find an earlier exit right."""
STEPS = 41
"""Points of a curve, the ends included."""


@dataclass(frozen=True, eq=False)
class Rule:
    """P ways to leave, in ascending mean cost.

    Attributes:
        macs: (P,) mean per image.
        right: (P, N), whether the image is right where it leaves.
    """

    macs: Floats
    right: NDArray[np.bool_]

    @cached_property
    def accuracy(self) -> Floats:
        """(P,) share of images that are right."""
        return np.asarray(self.right.mean(axis=1))

    def weights(self, macs: float) -> Floats:
        """(P,) how much each way counts at a mean cost; beyond the ends the nearest end alone."""
        places = np.arange(len(self.macs))
        return np.asarray(np.maximum(0.0, 1 - np.abs(places - np.interp(macs, self.macs, places))))

    def accuracy_at(self, macs: float) -> float:
        """Share of images that are right, at a mean cost."""
        return float(np.interp(macs, self.macs, self.accuracy))


def rule_of(answers: ExitAnswers, leaves: NDArray[np.int_]) -> Rule:
    """Of the exit at which every image leaves, from 0: (P, N); the same mean cost counts once."""
    macs, first = np.unique(answers.macs[leaves].mean(axis=1), return_index=True)
    right = answers.right[np.arange(len(answers.labels)), leaves[first]]
    return Rule(np.asarray(macs), right)


def by_score(answers: ExitAnswers, criterion: str) -> Rule:
    """An image leaves at the first exit whose score is low enough, by one threshold for all exits; or nobody does."""
    lowest = np.minimum.accumulate(answers.scores[criterion][:, :-1], axis=1)
    values = np.unique(lowest)
    places = np.unique(np.linspace(0, len(values) - 1, min(len(values), THRESHOLDS)).round().astype(int))
    leaves = [(lowest > value).sum(axis=1) for value in (-np.inf, *values[places])]
    return rule_of(answers, np.stack(leaves))


def by_patience(answers: ExitAnswers) -> Rule:
    """An image leaves at the exit that is the k-th in a row to give the same answer, for k from 1 to E."""
    images, exits = answers.predictions.shape
    run = np.ones((images, exits), dtype=int)
    for place in range(1, exits):
        same = answers.predictions[:, place] == answers.predictions[:, place - 1]
        run[:, place] = np.where(same, run[:, place - 1] + 1, 1)
    agreed = np.stack([run >= k for k in range(1, exits + 1)])
    agreed[:, :, -1] = True
    return rule_of(answers, agreed.argmax(axis=2))


@dataclass(frozen=True, eq=False)
class Compared:
    """Rules of one network at equal mean costs.

    Attributes:
        rules: by criterion, the network's own first.
        macs: (C,) costs at `SHARES`.
        accuracy: (C,) by criterion.
        difference: (C, 3) by every criterion but the network's own: its accuracy minus that of the own one, and both
            ends; all intervals of a network hold together.
    """

    rules: dict[str, Rule]
    macs: Floats
    accuracy: dict[str, Floats]
    difference: dict[str, Floats]


@lru_cache(maxsize=64)
def compared_rules(network: NetworkEvidence) -> Compared | None:
    """On test images; None where exits are not known or there is no early one."""
    answers = exit_answers(network, TEST)
    if answers is None or len(answers.exits) < 2:
        return None
    return compare(answers)


def compare(answers: ExitAnswers) -> Compared:
    """Every rule at `SHARES` of the way between the costs of the first exit and the last."""
    criteria = [answers.own, *(name for name in answers.scores if name != answers.own)]
    rules = {name: by_score(answers, name) for name in criteria} | {PATIENCE: by_patience(answers)}
    low, high = answers.macs[0], answers.macs[-1]
    macs = np.array([low + share * (high - low) for share in SHARES])
    used = {name: np.stack([rule.weights(cost) for cost in macs]) for name, rule in rules.items()}
    kept = {name: weights.any(axis=0) for name, weights in used.items()}
    model = AnswerModel([row[None] for name, rule in rules.items() for row in rule.right[kept[name]]])
    starts = np.cumsum([0, *(int(own.sum()) for own in kept.values())])
    place = {name: slice(starts[n], starts[n + 1]) for n, name in enumerate(rules)}
    others = [name for name in rules if name != answers.own]
    rows = np.zeros((len(others), len(macs), starts[-1]))
    for row, name in zip(rows, others, strict=True):
        row[:, place[name]] += used[name][:, kept[name]]
        row[:, place[answers.own]] -= used[answers.own][:, kept[answers.own]]
    found = model.contrasts(rows.reshape(-1, starts[-1]))
    ends = np.stack([found.estimate, found.low, found.high], axis=1).reshape(len(others), len(macs), 3)
    accuracy = {name: np.array([rule.accuracy_at(cost) for cost in macs]) for name, rule in rules.items()}
    return Compared(rules, macs, accuracy, dict(zip(others, ends, strict=True)))


@dataclass(frozen=True)
class Overthinking:
    """How images fare that the last exit gets wrong (Kaya et al. 2019).

    Attributes:
        images: N.
        wrong: at the last exit.
        destroyed: of these, those that an earlier exit got right.
        wasted: images that some earlier exit got right and the last one too.
        oracle: share that some exit gets right.
        oracle_macs: mean cost if every image leaves at the first exit that is right, at the very first without one.
    """

    images: int
    wrong: int
    destroyed: int
    wasted: int
    oracle: float
    oracle_macs: float


def overthinking(answers: ExitAnswers) -> Overthinking:
    """Of all early exits together."""
    right = answers.right
    early, last = right[:, :-1].any(axis=1), right[:, -1]
    return Overthinking(
        images=len(right),
        wrong=int((~last).sum()),
        destroyed=int((early & ~last).sum()),
        wasted=int((early & last).sum()),
        oracle=float(right.any(axis=1).mean()),
        oracle_macs=float(answers.macs[right.argmax(axis=1)].mean()),
    )
