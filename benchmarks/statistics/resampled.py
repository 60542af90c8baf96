"""Quantities that are no means over images, such as average precision: their uncertainty from images drawn again.

The components are those of `benchmarks.statistics.components`, estimated from the same draws of images for all networks
and seeds: the covariance of the networks' quantities over draws takes the place of that over images, and the part of a
seed's variance over draws that it does not share with the network's other seeds is taken out, as it is contained in the
variance between seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.statistics.components import Components, over_seeds
from benchmarks.statistics.moderation import Floats


def resampled_components(values: Sequence[Floats], draws: Sequence[Floats], images: int) -> Components:
    """Estimate the components of quantities from images drawn with replacement.

    Args:
        values: of every network, (S,): each seed's quantity, in [0, 1]; S may differ.
        draws: of every network, (S, B): the same over drawn images; draw b has the same images for all of them.
        images: how many there are, or how many objects in them: the quantity's resolution is about one over it.

    Raises:
        ValueError: no network, draws that do not belong together, or fewer than two of them.
    """
    counts = {own.shape[1] for own in draws}
    if len(counts) != 1 or min(counts) < 2 or [len(own) for own in values] != [len(own) for own in draws]:
        raise ValueError(f"networks must have the same draws of images, at least two, not {sorted(counts)}")
    quantity = np.array([own.mean() for own in values])
    covariance = np.atleast_2d(np.cov(np.stack([own.mean(axis=0) for own in draws])))
    seeds = np.array([len(own) for own in values], dtype=float)
    covariance[np.diag_indices_from(covariance)] -= np.array([_unshared(own) for own in draws]) / seeds
    scale = np.maximum(quantity * (1 - quantity), 1 / images)
    df = (seeds - 1).astype(int)
    variances = np.array([own.var(ddof=1) if len(own) > 1 else 0.0 for own in values])
    return Components(
        accuracy=quantity,
        images=images,
        seeds=seeds,
        df=df,
        image_covariance=covariance,
        scale=scale,
        seed_variance=over_seeds(variances, df, scale, images),
    )


def _unshared(draws: Floats) -> float:
    """Variance over draws (S, B) that a seed does not share with the others; 0 for one seed."""
    seeds, count = draws.shape
    if seeds < 2:
        return 0.0
    own = draws - draws.mean(axis=1, keepdims=True)
    rest = own - own.mean(axis=0)
    return float((rest**2).sum() / ((seeds - 1) * (count - 1)))
