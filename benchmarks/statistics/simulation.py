"""Simultaneous intervals of contrasts, by draws from fitted components (`benchmarks.statistics.components`).

Drawn are images common to all networks, seeds of each network, and the variances over seeds, estimated again in every
draw as they were from the data. Why not seeds drawn from the two or three that there are: that makes their variance
too small by (S - 1) / S and knows nothing of how badly it is known. The largest studentised contrast of every draw
gives one critical value for all contrasts of a family, so that at least one false difference is reported in one study
of twenty, however many networks are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.statistics.components import Components
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


class ContrastModel:
    """Quantities of K networks and what is known of their uncertainty.

    Args:
        components: of the uncertainty.
        draws: for critical values.

    Attributes:
        components: as given.
    """

    def __init__(self, components: Components, *, draws: int = DRAWS) -> None:
        self.components = components
        self.draws = draws

    def contrasts(self, weights: Floats, *, level: float = LEVEL) -> Contrasts:
        """Weighted sums of the quantities, with simultaneous intervals.

        Args:
            weights: (M, K); those of a difference are 1 and -1.
            level: probability with which all of them cover.
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
            critical=float(np.quantile(np.concatenate(largest), level)),
        )

    @property
    def errors(self) -> Floats:
        """(draws, K): by how much the quantities may be wrong, by chance."""
        return self._draws[0]

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
        """(B, K) errors of the quantities, and (B, K) their variances over seeds as estimated in each draw."""
        parts = self.components
        generator = np.random.default_rng(SEED)
        shape = (self.draws, len(parts.accuracy))
        of_images: Floats = generator.standard_normal(shape) @ self._root.T
        if parts.seed_variance is None:
            return of_images, np.zeros(shape)
        true = _true_variances(parts.seed_variance, parts.df, generator, self.draws)
        freedom = np.maximum(parts.df, 1)
        estimated = true * generator.chisquare(freedom, shape) / freedom
        share = parts.scale / parts.seeds
        of_seeds = generator.standard_normal(shape) * np.sqrt(true * share)
        again = moderate(estimated, parts.df, np.broadcast_to(parts.seed_variance.prior_df, self.draws))
        return of_images + of_seeds, again.variance * share


def _true_variances(found: Moderated, df: NDArray[np.int_], generator: np.random.Generator, draws: int) -> Floats:
    """(B, K) variances over seeds that the data allow: all alike, or as uncertain as the moderated ones are."""
    if not np.isfinite(found.prior_df) or not found.prior_df:
        return np.broadcast_to(found.variance, (draws, len(df)))
    freedom = df + found.prior_df
    return np.asarray(found.variance * freedom / generator.chisquare(freedom, (draws, len(df))))
