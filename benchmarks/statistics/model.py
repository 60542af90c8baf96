"""Accuracies of networks that answered the same images, their intervals, and what can be said of differences.

How: see `benchmarks.statistics.components` and `benchmarks.statistics.simulation`. With one seed per network all of it
is about the networks that were trained, not about their methods. Where some have several seeds, a difference from a
network with one allows for as much chance in training as the others show.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from benchmarks.statistics.components import components
from benchmarks.statistics.contrasts import Contrasts
from benchmarks.statistics.moderation import Floats
from benchmarks.statistics.simulation import DRAWS, LEVEL, ContrastModel


class AnswerModel(ContrastModel):
    """K networks, each with its seeds' answers to the same I images.

    Args:
        answers: of every network, (S, I) bool: whether each seed was right about each image; S may differ.
        draws: for critical values.

    Attributes:
        components: of the uncertainty.

    Raises:
        ValueError: see `components`.
    """

    def __init__(self, answers: Sequence[NDArray[np.bool_]], *, draws: int = DRAWS) -> None:
        super().__init__(components(answers), draws=draws)

    @property
    def about_methods(self) -> bool:
        """Whether every network has the several seeds that statements on methods need.

        Otherwise they are on the networks trained here.
        """
        return bool((self.components.seeds > 1).all())

    def intervals(self) -> tuple[Floats, Floats]:
        """Both ends (K,) of each accuracy's own 95 % interval.

        Of one seed Wilson's, whatever the others have: it is about the network trained here. Of several seeds Wilson's
        for as many images as would have the same variance (Korn and Graubard 1998), with Student's quantile at
        Satterthwaite's degrees of freedom.
        """
        parts = self.components
        p = parts.accuracy
        of_images = np.maximum(np.diag(parts.image_covariance), 0) * (1 - 1 / parts.images)
        scatters = (parts.seeds > 1) & (p * (1 - p) > 0)  # seeds that are all right, or all wrong, show no scatter
        of_seeds = np.where(scatters, parts.of_seeds, 0.0)
        variance = of_images + of_seeds
        quantile = np.full(len(p), norm.ppf((1 + LEVEL) / 2))
        if parts.seed_variance is not None:
            share = of_seeds / np.maximum(variance, 1e-300)
            quantile = t.ppf((1 + LEVEL) / 2, parts.seed_variance.df / np.maximum(share, 1e-9) ** 2)
        effective = np.where(variance > 0, p * (1 - p) / np.maximum(variance, 1e-300), parts.images)
        effective = np.where(p * (1 - p) > 0, effective, parts.images)
        squared = quantile**2 / effective
        middle = (p + squared / 2) / (1 + squared)
        half = np.sqrt(squared * p * (1 - p) + squared**2 / 4) / (1 + squared)
        return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)

    def differences(self) -> tuple[list[tuple[int, int]], Contrasts]:
        """All pairs (k, l) with k < l, and the accuracies of k minus those of l."""
        count = len(self.components.accuracy)
        pairs = [(k, other) for k in range(count) for other in range(k + 1, count)]
        weights = np.zeros((len(pairs), count))
        for row, (k, other) in enumerate(pairs):
            weights[row, k], weights[row, other] = 1, -1
        return pairs, self.contrasts(weights)

    def ranks(self) -> list[tuple[int, int]]:
        """Best and worst rank, from 1, that each network may have: it is behind those that differ, ahead of others."""
        pairs, found = self.differences()
        count = len(self.components.accuracy)
        best, worst = [1] * count, [count] * count
        for (k, other), estimate, differs in zip(pairs, found.estimate, found.differs, strict=True):
            if differs:
                ahead, behind = (k, other) if estimate > 0 else (other, k)
                best[behind] += 1
                worst[ahead] -= 1
        return list(zip(best, worst, strict=True))
