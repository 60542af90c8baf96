"""Intervals of accuracies, of every setting and attack, by the one statistical model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.statistics import AnswerModel

Place = tuple[str, str, str, float]
"""Label of a network, setting, attack and epsilon; without an attack `none` and 0."""


def accuracy_intervals(networks: Sequence[NetworkEvidence]) -> dict[Place, tuple[float, float]]:
    """Ends of 95 % intervals, of images and of seeds where there are several: see `AnswerModel.intervals`.

    How much seeds differ is learnt from all networks that answered the same images, at their headline settings; other
    settings are a family of their own, since those of one network are alike. A network whose seeds answered different
    images is left out.
    """
    families: dict[tuple[bool, str, float, str], dict[Place, list[NDArray[np.bool_]]]] = defaultdict(dict)
    for network in networks:
        for model in network.models:
            for (setting, attack, epsilon), right in model.right.items():
                family = families[setting == model.settings[0].name, attack, epsilon, right.of]
                family.setdefault((network.label, setting, attack, epsilon), []).append(right.right)
    seeds = {network.label: len(network.models) for network in networks}
    found: dict[Place, tuple[float, float]] = {}
    for family in families.values():
        whole = {place: answers for place, answers in family.items() if len(answers) == seeds[place[0]]}
        if whole:
            low, high = AnswerModel([np.stack(answers) for answers in whole.values()]).intervals()
            found |= zip(whole, zip(low.tolist(), high.tolist(), strict=True), strict=True)
    return found


def of_settings(results: pd.DataFrame, intervals: Mapping[Place, tuple[float, float]]) -> pd.DataFrame:
    """The table of `setting_results` with these intervals of accuracy, where they are known."""
    places = [(row["network"], row["setting"], CLEAN, 0.0) for row in results.to_dict("records")]
    return _replaced(results, places, intervals)


def of_attacks(
    robustness: pd.DataFrame, intervals: Mapping[Place, tuple[float, float]], headline: Mapping[str, str]
) -> pd.DataFrame:
    """The table of `robustness_results` with these intervals; `headline` is the attacked setting of every network."""
    rows = robustness.to_dict("records")
    places = [(row["network"], headline[row["network"]], row["attack"], row["epsilon"]) for row in rows]
    return _replaced(robustness, places, intervals)


def _replaced(
    table: pd.DataFrame, places: Sequence[Place], intervals: Mapping[Place, tuple[float, float]]
) -> pd.DataFrame:
    if table.empty:
        return table
    ends = {}
    for number, end in enumerate(("accuracy_low", "accuracy_high")):
        known = zip(places, table[end], strict=True)
        ends[end] = [intervals[place][number] if place in intervals else own for place, own in known]
    return table.assign(**ends)
