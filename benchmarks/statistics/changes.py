"""How uncertain the changes of several networks from one study to another are.

What is common to both studies is no part of a change:

- **the same images**: only images on which a network changed count, and networks that change on the same images share
  that part. Other images: both studies' choices count;
- **the same seeds**, made twice: what a seed has in common cancels, and the variance is that of the seeds' changes.
  Other seeds: a network varies alike in both studies, so that its variance is pooled over them, and both means have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.statistics.components import Components, components, interaction, over_seeds
from benchmarks.statistics.moderation import Floats

Twice = tuple[Floats, Floats]
"""Values of one network in two studies, (S, I) each: of every seed, of every image."""


def changes(
    several: Sequence[Twice], *, same_images: bool = True, others: Sequence[Sequence[Floats]] = ()
) -> Components:
    """Of the means of K networks with other seeds in the second study; `seeds` is half their harmonic mean.

    Args:
        several: of each network. All have the same images in the first study, and all in the second.
        same_images: whether these are the same, in the same order.
        others: of each network, (S, I) in each further study, which tells too how much the network varies; or nothing.
    """
    counts = np.array([[len(values) for values in pair] for pair in several])
    means = [np.stack([pair[side].mean(axis=0) for pair in several]) for side in (0, 1)]
    images = min(side.shape[1] for side in means)
    parts = [means[1] - means[0]] if same_images else means
    covariance = np.asarray(sum(_covariance(part) for part in parts))
    chance = [sum(interaction(values) / values.size for values in pair) for pair in several]
    covariance[np.diag_indices_from(covariance)] -= np.array(chance)
    scale = [np.concatenate([values.ravel() for values in pair]).var() for pair in several]
    scale = np.maximum(scale, 1 / images)
    studies = [(*pair, *more) for pair, more in zip(several, others or [()] * len(several), strict=True)]
    df = np.array([sum(len(values) - 1 for values in own) for own in studies])
    squares = [sum(len(values) * values.mean(axis=1).var() for values in own) for own in studies]
    return Components(
        accuracy=means[1].mean(axis=1) - means[0].mean(axis=1),
        images=images,
        seeds=1 / (1 / counts).sum(axis=1),
        df=df,
        image_covariance=covariance,
        scale=scale,
        seed_variance=over_seeds(np.array(squares) / np.maximum(df, 1), df, scale, images),
    )


def changes_of_seeds(several: Sequence[Twice]) -> Components:
    """Of the means of K networks whose seeds were made twice: row s of both studies is of the same seed.

    Args:
        several: of each network, both (S, I), of the same images in the same order.
    """
    return components([b - a for a, b in several])


def on_these_images(parts: Components) -> Components:
    """Without the choice of images: what the seeds alone leave to chance."""
    return replace(parts, image_covariance=np.zeros_like(parts.image_covariance))


def _covariance(means: Floats) -> Floats:
    """Of the means over images of (K, I)."""
    images = means.shape[1]
    return np.asarray(np.atleast_2d(np.cov(means, ddof=1 if images > 1 else 0)) / images)
