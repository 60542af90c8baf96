"""Accuracies of networks that answered the same images, their intervals, and what can be said of differences.

Draws come from the fitted components (`benchmarks.statistics.components`): images common to all networks, seeds of each
network, and the variances over seeds estimated again in every draw as they were from the data. Why not seeds drawn
from the two or three that there are: that makes their variance too small by (S - 1) / S and knows nothing of how badly
it is known. The largest studentised contrast of every draw gives one critical value for all contrasts of a family, so
that at least one false difference is reported in one study of twenty, however many networks are compared.

With one seed per network all of it is about the networks that were trained, not about their methods. Where some have
several seeds, a difference from a network with one allows for as much chance in training as the others show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from benchmarks.statistics.components import Components, components
from benchmarks.statistics.contrasts import Contrasts
from benchmarks.statistics.moderation import Floats, Moderated, moderate

LEVEL = 0.95
"""Probability with which an interval, or all of a family, covers."""
DRAWS = 4000
"""Draws for a critical value; its standard error is then about .03."""
AT_ONCE = 2_000_000
"""Contrasts times draws that are held in memory together."""
SEED = 20260101
"""Of the draws, fixed so that a page says the same when it is built again."""


class AnswerModel:
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
        self.components: Components = components(answers)
        self.draws = draws

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

    def contrasts(self, weights: Floats) -> Contrasts:
        """Weighted sums of accuracies with simultaneous 95 % intervals.

        Args:
            weights: (M, K); those of a difference are 1 and -1.
        """
        parts = self.components
        of_images = ((weights @ self._root) ** 2).sum(axis=1)
        disagreement = 1 / parts.images**2  # of one image more: networks that agree on these need not on all others
        least = 1e-6 * disagreement  # only where nothing is drawn
        largest = [
            (np.abs(errors @ weights.T) / np.sqrt(np.maximum(of_images + of_seeds @ (weights**2).T, least))).max(
                axis=1, initial=0
            )
            for errors, of_seeds in self._in_parts(len(weights))
        ]
        return Contrasts(
            estimate=weights @ parts.accuracy,
            standard_error=np.sqrt(of_images + disagreement + weights**2 @ parts.of_seeds),
            critical=float(np.quantile(np.concatenate(largest), LEVEL)),
        )

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

    @cached_property
    def _root(self) -> Floats:
        """(K, K), which times its transpose is the covariance from images, negative variances made 0."""
        values, vectors = np.linalg.eigh(self.components.image_covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))

    def _in_parts(self, contrasts: int) -> Iterator[tuple[Floats, Floats]]:
        """The draws, so many at once as fit in memory beside all contrasts."""
        size = max(1, AT_ONCE // max(1, contrasts))
        errors, of_seeds = self._draws
        for start in range(0, self.draws, size):
            yield errors[start : start + size], of_seeds[start : start + size]

    @cached_property
    def _draws(self) -> tuple[Floats, Floats]:
        """(B, K) errors of the accuracies, and (B, K) their variances over seeds as estimated in each draw."""
        parts = self.components
        generator = np.random.default_rng(SEED)
        shape = (self.draws, len(parts.accuracy))
        of_images: Floats = generator.standard_normal(shape) @ self._root.T
        if parts.seed_variance is None:
            return of_images, np.zeros(shape)
        true = _true_variances(parts.seed_variance, parts.seeds - 1, generator, self.draws)
        freedom = np.maximum(parts.seeds - 1, 1)
        estimated = true * generator.chisquare(freedom, shape) / freedom
        share = parts.scale / parts.seeds
        of_seeds = generator.standard_normal(shape) * np.sqrt(true * share)
        again = moderate(estimated, parts.seeds - 1, np.broadcast_to(parts.seed_variance.prior_df, self.draws))
        return of_images + of_seeds, again.variance * share


def _true_variances(found: Moderated, df: NDArray[np.int_], generator: np.random.Generator, draws: int) -> Floats:
    """(B, K) variances over seeds that the data allow: all alike, or as uncertain as the moderated ones are."""
    if not np.isfinite(found.prior_df) or not found.prior_df:
        return np.broadcast_to(found.variance, (draws, len(df)))
    freedom = df + found.prior_df
    return np.asarray(found.variance * freedom / generator.chisquare(freedom, (draws, len(df))))
