"""Variances over few seeds, moderated by those of all networks (Smyth 2004, Statistical Applications in Genetics 3(1)).

Two or three seeds say little about how much a network varies from seed to seed; sixteen networks with two seeds each
say more. True variances are taken to scatter about a common one, as a scaled inverse chi-squared distribution does;
how much they scatter is estimated from the variances themselves. Where they scatter no more than chance makes them,
all networks get the pooled variance; where they differ much, each keeps nearly its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma

Floats = NDArray[np.float64]

UNKNOWN = 1e6
"""Variance of a network of which nothing is known: no difference from it is ever significant."""
NEWTON_STEPS = 12
"""More than enough: Newton's iteration on 1 / trigamma converges from its start for every argument."""


@dataclass(frozen=True)
class Moderated:
    """Variances of K networks, in one or several (B) studies.

    Attributes:
        variance: (..., K), what to use.
        df: (..., K), degrees of freedom of each.
        prior: (..., ) the common variance.
        prior_df: (..., ) how many degrees of freedom it is worth; infinite where all networks vary alike.
    """

    variance: Floats
    df: Floats
    prior: Floats
    prior_df: Floats


def moderate(variance: Floats, df: NDArray[np.int_], prior_df: Floats | None = None) -> Moderated:
    """Moderate variances.

    Args:
        variance: (..., K), positive, estimated with `df` degrees of freedom; ignored where those are 0.
        df: (K,), at least one of them above 0. A network with 0 gets the common variance; with fewer than two
            networks above 0 there is nothing to moderate by, and those with 0 get `UNKNOWN`.
        prior_df: (...,) degrees of freedom of the common variance where they are known; None to estimate them.
    """
    known = df > 0
    own = df[known].astype(float)
    if len(own) < 2:
        alone = np.where(known, variance, UNKNOWN)
        nothing = np.zeros(variance.shape[:-1])
        return Moderated(alone, np.broadcast_to(np.maximum(df, 1).astype(float), variance.shape), nothing, nothing)
    estimated = variance[..., known]
    centred = np.log(estimated) - digamma(own / 2) + np.log(own / 2)
    if prior_df is None:
        prior_df = _prior_df(centred, own)
    scatter = np.isfinite(prior_df)
    finite = np.where(scatter, prior_df, 1.0)
    pooled = (estimated * own).sum(axis=-1) / own.sum()
    scattered = np.exp(centred.mean(axis=-1) + digamma(finite / 2) - np.log(finite / 2))
    prior = np.where(scatter, scattered, pooled)
    weight = np.where(scatter[..., None], df / (df + finite[..., None]), 0.0)
    blended = weight * np.where(known, variance, 0.0) + (1 - weight) * prior[..., None]
    total = np.minimum(df + prior_df[..., None], own.sum())
    return Moderated(blended, total, prior, prior_df)


def _prior_df(centred: Floats, df: Floats) -> Floats:
    """From log variances (..., K) less their expectation: infinite where they scatter no more than by chance."""
    excess = centred.var(axis=-1, ddof=1) - polygamma(1, df / 2).mean()
    scatter = excess > 0
    return np.where(scatter, 2 * inverse_trigamma(np.where(scatter, excess, 1.0)), np.inf)


def inverse_trigamma(y: Floats) -> Floats:
    """The x at which trigamma is y > 0, elementwise."""
    x = 0.5 + 1 / y
    for _ in range(NEWTON_STEPS):
        value = polygamma(1, x)
        x = x + value * (1 - value / y) / polygamma(2, x)
    return np.asarray(x)
