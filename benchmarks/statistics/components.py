"""Where the uncertainty of accuracies comes from: which images are tested, and which seeds were trained.

All networks answer the same I images; each has S seeds. An answer is right or wrong, by its network, its image, its
seed, and chance:

- the variance of a network's mean over images, between images, is shared by networks that find the same images hard:
  it is a covariance matrix, and a difference between two networks has little of it;
- the variance between the seeds' accuracies has S - 1 degrees of freedom; it contains the chance of single answers,
  which is why that part is taken out of the variance between images: resampling both levels counts it more than once
  (Owen 2007, Annals of Applied Statistics 1(2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.statistics.moderation import Floats, Moderated, moderate


@dataclass(frozen=True)
class Components:
    """Uncertainty of the accuracies of K networks on I images, or of their changes (`benchmarks.statistics.changes`).

    Attributes:
        accuracy: (K,), means over seeds and images.
        images: I.
        seeds: (K,), by which variances over seeds are divided for that of the mean.
        df: (K,) degrees of freedom of each network's own variance over seeds; 0 where it has one seed.
        image_covariance: (K, K), of the accuracies, from the choice of images.
        scale: (K,), by which the seeds' variances are divided before they are compared: the variance of single answers,
            accuracy * (1 - accuracy).
        seed_variance: moderated variances over seeds, divided by `scale`; None where every network has one seed.
    """

    accuracy: Floats
    images: int
    seeds: Floats
    df: NDArray[np.int_]
    image_covariance: Floats
    scale: Floats
    seed_variance: Moderated | None

    @property
    def of_seeds(self) -> Floats:
        """(K,) variance of every accuracy from the choice of seeds; 0 where every network has one seed."""
        if self.seed_variance is None:
            return np.zeros(len(self.accuracy))
        return self.seed_variance.variance * self.scale / self.seeds


def components(answers: Sequence[NDArray[Any]]) -> Components:
    """Estimate them.

    Args:
        answers: of every network, (S, I): whether each seed was right about each image, or by how much that changed;
            images in the same order.

    Raises:
        ValueError: no network, no image, or networks with different numbers of images.
    """
    shapes = {right.shape[1] for right in answers}
    if len(shapes) != 1 or 0 in shapes:
        raise ValueError(f"networks must answer the same images, at least one, not {sorted(shapes)} of them")
    (images,) = shapes
    seeds = np.array([len(right) for right in answers], dtype=float)
    means = np.stack([right.mean(axis=0) for right in answers])
    accuracy = means.mean(axis=1)
    covariance = np.atleast_2d(np.cov(means, ddof=1 if images > 1 else 0)) / images
    chance = np.array([interaction(right) for right in answers])
    covariance[np.diag_indices_from(covariance)] -= chance / (seeds * images)
    scale = np.maximum([right.var() for right in answers], 1 / images)
    df = (seeds - 1).astype(int)
    variances = [right.mean(axis=1).var(ddof=1) if len(right) > 1 else 0.0 for right in answers]
    return Components(
        accuracy=accuracy,
        images=images,
        seeds=seeds,
        df=df,
        image_covariance=covariance,
        scale=scale,
        seed_variance=over_seeds(np.array(variances), df, scale, images),
    )


def over_seeds(variances: Floats, df: NDArray[np.int_], scale: Floats, images: int) -> Moderated | None:
    """Variances over seeds (K,), moderated and divided by `scale`; None where no network has any `df`."""
    if not df.any():
        return None
    smallest = 1 / (12 * images**2)  # accuracies are multiples of 1 / I: equal ones need not be the same
    return moderate(np.maximum(np.where(df > 0, variances, 1.0), smallest) / scale, df)


def interaction(right: NDArray[Any]) -> float:
    """Variance of single answers (S, I) that neither image nor seed explains; 0 for one seed."""
    seeds, images = right.shape
    if seeds < 2 or images < 2:
        return 0.0
    values = right.astype(float)
    rest = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return float((rest**2).sum() / ((seeds - 1) * (images - 1)))
