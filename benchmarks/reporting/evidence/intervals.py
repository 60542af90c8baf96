"""Intervals of accuracies, of every setting and attack, by the one statistical model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.records.answers import ATTACKED
from benchmarks.reporting.evidence.evidence import NetworkEvidence, Right, TrainedModel
from benchmarks.statistics import AnswerModel

Place = tuple[str, str, str, float]
"""Label of a network, setting, attack and epsilon; of attacked images, with and without an attack, no setting."""


def accuracy_intervals(networks: Sequence[NetworkEvidence]) -> dict[Place, tuple[float, float]]:
    """Ends of 95 % intervals, of images and of seeds where there are several: see `AnswerModel.intervals`.

    How much seeds differ is learnt from all networks that answered the same images, at their headline settings; other
    settings are a family of their own, since those of one network are alike. A network whose seeds answered different
    images is left out.
    """
    families: dict[tuple[bool, bool, str, float, str], dict[Place, list[NDArray[np.bool_]]]] = defaultdict(dict)
    seeds: Counter[Place] = Counter()
    for network in networks:
        for model in network.models:
            for place, headline, right in _answers(network.label, model):
                seeds[place] += 1
                family = families[headline, place[1] == ATTACKED, *place[2:], right.of]
                family.setdefault(place, []).append(right.right)
    found: dict[Place, tuple[float, float]] = {}
    for family in families.values():
        whole = {place: answers for place, answers in family.items() if len(answers) == seeds[place]}
        if whole:
            low, high = AnswerModel([np.stack(answers) for answers in whole.values()]).intervals()
            found |= zip(whole, zip(low.tolist(), high.tolist(), strict=True), strict=True)
    return found


def _answers(label: str, model: TrainedModel) -> Iterator[tuple[Place, bool, Right]]:
    """A seed's answers, and whether they are those of its headline setting."""
    headline = model.settings[0].name
    for (setting, attack, epsilon), right in model.right.items():
        place = (label, setting if attack == CLEAN else ATTACKED, attack, epsilon)
        yield place, setting in (headline, ATTACKED), right


def of_settings(results: pd.DataFrame, intervals: Mapping[Place, tuple[float, float]]) -> pd.DataFrame:
    """The table of `setting_results` with these intervals of accuracy."""
    places = [(row["network"], row["setting"], CLEAN, 0.0) for row in results.to_dict("records")]
    return _replaced(results, places, intervals)


def of_attacks(robustness: pd.DataFrame, intervals: Mapping[Place, tuple[float, float]]) -> pd.DataFrame:
    """The table of `robustness_results` with these intervals."""
    rows = robustness.to_dict("records")
    places = [(row["network"], ATTACKED, row["attack"], row["epsilon"]) for row in rows]
    return _replaced(robustness, places, intervals)


def _replaced(
    table: pd.DataFrame, places: Sequence[Place], intervals: Mapping[Place, tuple[float, float]]
) -> pd.DataFrame:
    """Where none is known, one seed keeps Wilson's, and several have none: their range is no interval."""
    if table.empty:
        return table
    ends = {}
    for number, end in enumerate(("accuracy_low", "accuracy_high")):
        own = table[end].where(table["seeds"] == 1)
        ends[end] = [
            intervals[place][number] if place in intervals else plain for place, plain in zip(places, own, strict=True)
        ]
    return table.assign(**ends)
