"""Budgeted batch classification beside anytime prediction (Huang et al. 2018), of one early-exit network.

Anytime: all images leave at the same exit. Budgeted: the network's own rule with thresholds of the one-parameter family
of section 4 of the paper, made on validation images and read on test images.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.reporting.evidence.exits import TEST, VALIDATION, ExitAnswers, exit_answers
from benchmarks.reporting.findings.exits import Rule, rule_of
from benchmarks.statistics import AnswerModel
from zoo.execution.thresholds import RATIOS, geometric_thresholds

GENEROUS = (2.5, 3.0, 4.0, 6.0, 10.0, 20.0)
"""Ratios beyond those of the official code, so that budgets reach up to the last exit."""


@dataclass(frozen=True, eq=False)
class Budgeted:
    """Both ways to spend a budget.

    Attributes:
        rule: budgeted, on test images.
        anytime: settings at which all images leave at one exit, by name, with mean cost and accuracy.
        difference: mean over the anytime settings within the budgeted costs of the budgeted accuracy at their cost
            minus theirs, and both ends of its 95 % interval; None where there is no such setting.
        compared: names of these settings.
        images: N.
    """

    rule: Rule
    anytime: dict[str, tuple[float, float]]
    difference: tuple[float, float, float] | None
    compared: tuple[str, ...]
    images: int


@lru_cache(maxsize=16)
def budgeted(network: NetworkEvidence) -> Budgeted | None:
    """Of the first seed; None where exits, validation images or answers are not known."""
    test, held_out = exit_answers(network, TEST), exit_answers(network, VALIDATION)
    table = network.first.measurements.get("accuracy")
    if test is None or held_out is None or table is None or len(test.exits) < 2:
        return None
    rule = on_test(test, held_out)
    anytime, right = {}, {}
    for name, own in table.groupby("setting", sort=False):
        ordered = own.sort_values("index")
        if ordered["route"].nunique() == 1 and (ordered["index"] == np.arange(len(test.labels))).all():
            right[str(name)] = (ordered["prediction"] == ordered["label"]).to_numpy()
            anytime[str(name)] = float(ordered["macs"].mean()), float(right[str(name)].mean())
    inside = tuple(name for name, (macs, _) in anytime.items() if rule.macs[0] < macs < rule.macs[-1])
    if not inside:
        return Budgeted(rule, anytime, None, (), len(test.labels))
    weights = np.concatenate(
        [np.mean([rule.weights(anytime[name][0]) for name in inside], axis=0), -np.ones(len(inside)) / len(inside)]
    )
    found = AnswerModel([row[None] for row in (*rule.right, *(right[name] for name in inside))]).contrasts(
        weights[None]
    )
    difference = float(found.estimate[0]), float(found.low[0]), float(found.high[0])
    return Budgeted(rule, anytime, difference, inside, len(test.labels))


def on_test(test: ExitAnswers, held_out: ExitAnswers) -> Rule:
    """The family's thresholds for validation images, on test images."""
    chosen_on = torch.from_numpy(held_out.scores[held_out.own][:, :-1])
    thresholds = [geometric_thresholds(chosen_on, ratio) for ratio in (*RATIOS, *GENEROUS)]
    scores = np.concatenate([test.scores[held_out.own][:, :-1], np.full((len(test.labels), 1), -np.inf)], axis=1)
    return rule_of(test, np.stack([(scores < (*several, np.inf)).argmax(axis=1) for several in thresholds]))
