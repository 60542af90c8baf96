"""What routes know of classes and of right answers: entropy, mutual information, and rates that depend on the class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DRAWS = 400
"""Permutations that show what chance makes of mutual information."""


@dataclass(frozen=True)
class Information:
    """How much one label of images says about another, in bits.

    Attributes:
        bits: mutual information, less what permuted labels have on average: the plug-in estimate alone grows with the
            number of values. About 0, or below, where there is none.
        most: that there can be, the entropy of the second label.
        p: share of permutations with at least as much, the observed one counted.
    """

    bits: float
    most: float
    p: float


def entropy(codes: NDArray[np.int_]) -> float:
    """Entropy in bits of how often each value occurs, (N,) from 0."""
    shares = np.bincount(codes) / len(codes)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def information(one: pd.Series, other: pd.Series, *, draws: int = DRAWS) -> Information:
    """Mutual information of two labels of the same images, by permutation; equal inputs give equal numbers.

    Args:
        one: (N,) such as routes.
        other: (N,) such as classes.
        draws: permutations.
    """
    a, b = pd.factorize(one)[0], pd.factorize(other)[0]
    joint = a.astype(np.int64) * (b.max() + 1)
    alone = entropy(a) + entropy(b)
    generator = np.random.default_rng(0)
    observed = alone - _joint_entropy(joint + b)
    permuted = np.array([alone - _joint_entropy(joint + generator.permutation(b)) for _ in range(draws)])
    p = (1 + int((permuted >= observed - 1e-12).sum())) / (1 + draws)
    return Information(bits=observed - float(permuted.mean()), most=entropy(b), p=p)


def explained_by_class(used: NDArray[np.bool_] | NDArray[np.float64], labels: NDArray[np.int_]) -> NDArray[np.float64]:
    """Share of the variance of each unit's execution that its class explains (U,), less what chance explains.

    Omega squared of a one-way analysis of variance (Hays 1963); 0 where a unit runs always or never.

    Args:
        used: (N, U), which unit each image used, or how much of it.
        labels: (N,) classes.
    """
    values = used.astype(float)
    total = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    classes = np.unique(labels)
    between = np.zeros(values.shape[1])
    for label in classes:
        own = values[labels == label]
        between += len(own) * (own.mean(axis=0) - values.mean(axis=0)) ** 2
    within = (total - between) / max(len(values) - len(classes), 1)
    share = (between - (len(classes) - 1) * within) / np.where(total > 0, total + within, 1.0)
    return np.where(total > 0, share, 0.0)


def _joint_entropy(codes: NDArray[np.int64]) -> float:
    counts = np.unique(codes, return_counts=True)[1] / len(codes)
    return float(-(counts * np.log2(counts)).sum())
