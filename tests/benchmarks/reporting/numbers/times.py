"""Seconds of passes that were taken in turns, and the intervals of their means and ratios."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy.stats import t

from tests.benchmarks.reporting.numbers.records import Floats, Network, Study
from tests.benchmarks.reporting.numbers.saying import NOISY, Cell, Ends, Mark, bounded, says

BLOCKS, RESAMPLES = 64, 2000
"""Neighbouring turns are resampled together, in so many blocks at most."""
WIDE = 0.05
"""Half of an interval, relative to the value, from which on a timing is noisy."""
BASELINE = ("natural", "all", "static resnet")
"""Order, computed units and setting of the baseline's passes."""


@dataclass(frozen=True)
class Ratio:
    """A ratio of means over turns, or a mean.

    Attributes:
        value: the ratio.
        error: bootstrap standard error of its logarithm.
        blocks: that were resampled.
    """

    value: float
    error: float
    blocks: int

    def ends(self, confidence: float = 0.95, scale: float = 1.0) -> Ends:
        """The value and both ends of its interval, times a scale."""
        reach = float(t.ppf((1 + confidence) / 2, self.blocks - 1)) * self.error
        return scale * self.value, scale * self.value * math.exp(-reach), scale * self.value * math.exp(reach)

    @property
    def verdict(self) -> int:
        """1 above 1, -1 below, 0 where neither is sure: 99.9 %, and more than half a percent."""
        _, low, high = self.ends(0.999)
        return int(low > 1.005) - int(high < 1 / 1.005)


@cache
def _weights(turns: int) -> Floats:
    """How often each turn is in each resample, (RESAMPLES, turns)."""
    blocks = min(turns, BLOCKS)
    block = np.repeat(np.arange(blocks), np.diff(np.arange(blocks + 1) * turns // blocks))
    counts = np.random.default_rng(blocks).multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES)
    return counts[:, block].astype(float)


def ratio(above: pd.Series[float], below: pd.Series[float] | None = None) -> Ratio:
    """Mean of some turns over the mean of the same turns of another, or over 1."""
    over = np.ones(len(above)) if below is None else below.to_numpy()
    weights, blocks = _weights(len(above)), min(len(above), BLOCKS)
    logs = np.log(weights @ above.to_numpy() / (weights @ over))
    return Ratio(float(above.mean() / over.mean()), float(logs.std()) * math.sqrt(blocks / (blocks - 1)), blocks)


def half_width(found: Ends) -> float:
    """Half of an interval, relative to its value."""
    value, low, high = found
    return (high - low) / 2 / value


def timed(found: Ends, scale: float = 1.0) -> Cell:
    """A cell with a time or a ratio of times, and a sign where it is noisy."""
    half = half_width(found)
    marks = [Mark(NOISY, says("known to ±{} %", 100 * half))] if half > WIDE else []
    return replace(bounded(found, scale), marks=marks)


@cache
def turns(network: Network, size: int) -> pd.DataFrame:
    """Seconds by turn, a column per order, computed units and setting; passes that chose an engine are left out."""
    rows = network.at("latency", batch_size=size)
    timed = rows[rows["ended_by"] != "race"]
    return timed.pivot(index="repetition", columns=["order", "compute", "setting"], values="seconds")


def routed(setting: str) -> tuple[str, str, str]:
    """The column of a setting's passes."""
    return "natural", "needed", setting


@cache
def own_time(network: Network, size: int, setting: str) -> Ratio:
    """Mean seconds of a batch."""
    return ratio(turns(network, size)[routed(setting)])


@cache
def speedup(network: Network, size: int, setting: str) -> Ratio:
    """Mean seconds of the baseline over the setting's."""
    found = turns(network, size)
    return ratio(found[BASELINE], found[routed(setting)])


@cache
def realised(network: Network, size: int, setting: str) -> Ends:
    """Speed-up over the network that computes everything, over the one that saved multiply-accumulates promise."""
    found, cost = turns(network, size), network.cost(setting)
    columns: list[tuple[str, str, str]] = found.columns.tolist()  # type: ignore[assignment]
    everything = next(own for own in columns if own[1] == "all" and own != BASELINE)
    return ratio(found[everything], found[routed(setting)]).ends(scale=cost["executed"] / cost["nominal"])


def is_timed(network: Network, size: int, setting: str) -> bool:
    """Whether a setting was timed at a batch size."""
    return routed(setting) in turns(network, size)


def seconds(network: Network, size: int, column: tuple[str, str, str]) -> float:
    """Mean seconds of an image in the passes of a column; NaN without any."""
    found = turns(network, size)
    return float(found[column].mean()) / size if column in found else math.nan


def baseline_seconds(study: Study, baseline: str, size: int) -> float:
    """Mean seconds of an image of a baseline, over all networks that it was timed beside."""
    beside = [network for network in study.networks if network.baseline == baseline]
    return float(np.mean([seconds(network, size, BASELINE) for network in beside]))


def relative_time(study: Study, network: Network, size: int, setting: str | None = None) -> Ends:
    """Time of an image as a multiple of the reference baseline's, with the ends of its interval."""
    share = baseline_seconds(study, network.baseline, size) / baseline_seconds(study, study.reference, size)
    value, low, high = speedup(network, size, setting or network.first).ends()
    if network.selector == network.baseline:
        value = low = high = 1.0
    return share / value, share / high, share / low


def narrow(network: Network, size: int) -> bool:
    """Whether narrow intervals ended the turns, not the time."""
    rows = network.at("latency", batch_size=size)
    return bool((rows.loc[rows["ended_by"] != "race", "ended_by"] == "interval").all())
