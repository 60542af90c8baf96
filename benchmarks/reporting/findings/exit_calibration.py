"""How far the confidence of every exit of a network can be trusted, before and after temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from benchmarks.measuring.summaries.accuracy import CALIBRATION_BINS, calibration_bins
from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.reporting.evidence.exits import CONFIDENCE, SCALED, ExitAnswers, Floats, exit_answers
from benchmarks.statistics import LEVEL, ContrastModel, Contrasts, binned_errors, components, errors_by_chance


@dataclass(frozen=True, eq=False)
class ExitCalibration:
    """Of E exits.

    Attributes:
        errors: (E, 2) expected calibration errors, of logits as they are and over the temperature.
        by_chance: (E, 2) what 19 of 20 classifiers with these confidences would stay below that are as often right as
            they say.
        excess: mean confidence minus accuracy; all E intervals hold together.
        brier: likewise, the mean squared gap of scaled confidence minus that of plain confidence.
    """

    errors: Floats
    by_chance: Floats
    excess: Contrasts
    brier: Contrasts


@lru_cache(maxsize=16)
def exit_calibration(network: NetworkEvidence) -> ExitCalibration | None:
    """Of the first seed on test images; None where exits are not known."""
    answers = exit_answers(network)
    return None if answers is None else calibrated(answers)


def calibrated(answers: ExitAnswers) -> ExitCalibration:
    """On these images."""
    exits = len(answers.exits)
    confidence = 1 - np.concatenate([answers.scores[CONFIDENCE], answers.scores[SCALED]], axis=1)
    gaps = confidence - np.tile(answers.right, 2)
    bins = np.stack([calibration_bins(pd.Series(column)) for column in confidence.T], axis=1)
    chance = np.quantile(errors_by_chance(confidence, bins, CALIBRATION_BINS), LEVEL, axis=0)
    return ExitCalibration(
        errors=binned_errors(gaps, bins, CALIBRATION_BINS).reshape(2, exits).T,
        by_chance=chance.reshape(2, exits).T,
        excess=_means(gaps[:, :exits]),
        brier=_means(gaps[:, exits:] ** 2 - gaps[:, :exits] ** 2),
    )


def _means(values: Floats) -> Contrasts:
    """Of every column of (N, M), over images."""
    return ContrastModel(components([column[None] for column in values.T])).contrasts(np.eye(values.shape[1]))
