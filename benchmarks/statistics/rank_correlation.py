"""Rank correlations: of few things, with their exact p; between quantities of the same images, with intervals.

Two lists of a few numbers, such as a value of each of six layers, have their p by permutation: Student's distribution,
which is for long lists, calls four layers in order certain, which one order in 24 is by chance.

The intervals of images hold together.
Images are drawn again, all quantities of an image together, so that correlations that share a quantity depend on each
other as they do. Ties have their mean rank, in every draw anew: an early-exit network has a few costs only, for which
formulas such as that of Bonett and Wright (2000) are not made. Intervals are symmetric on Fisher's scale, and the
largest studentised deviation of every draw gives one critical value for the whole family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test, rankdata

from benchmarks.statistics.moderation import Floats
from benchmarks.statistics.simulation import LEVEL, SEED

Numbers = Sequence[float] | NDArray[np.floating] | NDArray[np.integer]
"""A list of them."""
ALPHA = 1 - LEVEL
"""Below it, p says that a correlation is not 0."""
DRAWS = 2000
"""Draws of images."""
AT_ONCE = 100_000
"""Images times draws that are held in memory together: as many as a processor's cache holds."""
PERMUTATIONS = 40_320
"""All of eight things; of more, so many at random."""
NEARLY_ONE = 1 - 1e-9
"""Correlations beyond count as that much: Fisher's scale ends at 1."""
NO_SPREAD = 1e-7
"""Standard deviation on Fisher's scale that only rounding makes, of a correlation that is the same in every draw."""


@dataclass(frozen=True)
class RankCorrelations:
    """Spearman's correlations of M pairs of quantities.

    Attributes:
        estimate: (M,).
        low: (M,) lower ends of intervals that hold together.
        high: (M,) upper ends.
        images: that all of them are of.
    """

    estimate: Floats
    low: Floats
    high: Floats
    images: int

    @property
    def differs(self) -> NDArray[np.bool_]:
        """(M,) whether the interval leaves 0 out."""
        return np.asarray((self.low > 0) | (self.high < 0))


def rank_correlation(x: Numbers, y: Numbers) -> tuple[float, float]:
    """Spearman's correlation of two lists, and its two-sided p by permutation: exact for eight things or fewer.

    Args:
        x: (N,), with two values at least.
        y: (N,), likewise.

    Raises:
        ValueError: all of one list are equal, or the lists differ in length.
    """
    a, b = (rankdata(values) - (len(values) + 1) / 2 for values in (x, y))
    if len(a) != len(b) or not a.any() or not b.any():
        raise ValueError(f"no rank correlation of {list(x)} and {list(y)}: they need equal lengths and two values each")
    unit = b / np.linalg.norm(a) / np.linalg.norm(b)
    found = permutation_test(
        (a,),
        lambda values, axis: (values * unit).sum(axis=axis),
        permutation_type="pairings",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        rng=SEED,
    )
    return float(found.statistic), float(found.pvalue)


def rank_correlations(
    quantities: Floats, pairs: Sequence[tuple[int, int]], *, level: float = LEVEL, draws: int = DRAWS
) -> RankCorrelations:
    """Spearman's correlation of each pair, by the bootstrap; equal inputs give equal numbers.

    Args:
        quantities: (V, I), of the same I images, each with two values at least.
        pairs: M of them, as places among the quantities.
        level: probability with which all intervals cover.
        draws: of images.

    Raises:
        ValueError: a quantity is the same for all images.
    """
    constant = np.flatnonzero(np.ptp(quantities, axis=1) == 0)
    if len(constant):
        raise ValueError(f"quantities {constant.tolist()} are the same for all images: they have no ranks")
    images = quantities.shape[1]
    generator = np.random.default_rng(SEED)
    found = []
    for start in range(0, draws, max(1, AT_ONCE // images)):
        count = min(draws - start, max(1, AT_ONCE // images))
        found.append(_correlations(quantities, pairs, _drawn(generator, count, images)))
    drawn = _fisher(np.concatenate(found))
    center = _fisher(_correlations(quantities, pairs, np.ones((1, images))))[0]
    errors = np.nan_to_num(drawn - np.nanmean(drawn, axis=0))  # a draw in which all values are equal says nothing
    spread = errors.std(axis=0, ddof=1)
    varies = spread > NO_SPREAD
    largest = np.abs(errors[:, varies] / spread[varies]).max(axis=1, initial=0.0)
    half = np.where(varies, np.quantile(largest, level) * spread, 0.0)
    low, high = (np.asarray(np.tanh(center + side * half)) for side in (-1, 1))
    return RankCorrelations(np.asarray(np.tanh(center)), low, high, images)


def _drawn(generator: np.random.Generator, draws: int, images: int) -> Floats:
    """How often every draw has each image, (B, I)."""
    places = generator.integers(images, size=(draws, images)) + images * np.arange(draws)[:, None]
    return np.bincount(places.ravel(), minlength=draws * images).reshape(draws, images).astype(float)


def _correlations(quantities: Floats, pairs: Sequence[tuple[int, int]], weights: Floats) -> Floats:
    """(B, M), of images that count as often as their weights (B, I) say; NaN where all values of one are equal."""
    roots, places = np.sqrt(weights), {place for pair in pairs for place in pair}
    with np.errstate(invalid="ignore"):
        unit = {place: _of_length_1(roots * _midranks(quantities[place], weights)) for place in places}
    return np.stack([np.einsum("bi,bi->b", unit[a], unit[b]) for a, b in pairs], axis=1)


def _of_length_1(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _midranks(values: Floats, weights: Floats) -> Floats:
    """Mean ranks (B, I) less their mean, of values (I,) that count as often as the weights (B, I) say."""
    codes = rankdata(values, method="dense") - 1
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    counts = np.add.reduceat(weights[:, order], starts, axis=1)
    ranks = counts.cumsum(axis=1) - (counts - 1) / 2
    return np.asarray(ranks[:, codes] - (weights.sum(axis=1, keepdims=True) + 1) / 2)


def _fisher(correlations: Floats) -> Floats:
    return np.asarray(np.arctanh(np.clip(correlations, -NEARLY_ONE, NEARLY_ONE)))
