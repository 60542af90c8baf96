"""Studies whose truth is known: images of different difficulty, networks that vary from seed to seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

DIFFICULTY = 1.6
"""Standard deviation of what all networks find hard in an image, beside 1 for what one network with one seed does."""


def study(
    generator: np.random.Generator, accuracies: Sequence[float], seeds: int, images: int, *, over_seeds: float
) -> list[NDArray[np.bool_]]:
    """Answers (seeds, images) of networks with given true accuracies.

    Args:
        generator: draws images, seeds and answers.
        accuracies: of each network, over all seeds and images that there could be.
        seeds: of each network.
        images: that all of them answer.
        over_seeds: standard deviation of a network's true accuracy over its seeds.
    """
    scale = np.hypot(1, DIFFICULTY)
    easy = generator.standard_normal(images).astype(np.float32) * np.float32(DIFFICULTY)
    found = []
    for accuracy in accuracies:
        place = norm.ppf(accuracy)
        of_seed = generator.standard_normal((seeds, 1)) * over_seeds * scale / norm.pdf(place)
        noise = generator.standard_normal((seeds, images), dtype=np.float32)
        found.append(noise + easy > (-place * scale - of_seed).astype(np.float32))
    return found
