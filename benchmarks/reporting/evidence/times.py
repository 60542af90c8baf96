"""Times of networks on one scale, although every network was timed in a process of its own.

A network and its baseline take turns in one process, so that their ratio is sound. Seconds of two processes are not:
another memory layout or a neighbour on the machine moves all of them alike. The baseline that several networks share
has been timed beside each of them; the mean of these times stands for it, and a network's time is its ratio times that.
A network that is its own baseline has the ratio 1, however its turns came out: these show noise, and nothing else.
Seconds that were measured in different environments are never pooled.
"""

from __future__ import annotations

import math
from collections import Counter
from statistics import fmean

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence


def reference_baseline(evidence: Evidence) -> str:
    """Selector of the static ResNet that most networks are compared with, of equals the first; empty without any."""
    found = Counter(network.first.baseline.network for network in evidence.networks)
    return found.most_common(1)[0][0] if found else ""


def relative_time(
    evidence: Evidence, network: NetworkEvidence, size: int, setting: str | None = None
) -> tuple[float, float, float]:
    """Mean time of an image, as a multiple of the reference baseline's, with the ends of its 95 % interval.

    Args:
        evidence: of the page.
        network: that was timed.
        size: images per batch.
        setting: of the network; None for the headline setting.

    Returns:
        Time, lower and upper end; NaN where it was not timed, or where the reference baseline was not timed in the same
        environment. The interval is that of the ratio to its own baseline; of a baseline it has no width.
    """
    headline = evidence.headlines.get(network.label, {})
    point = headline if setting is None else evidence.points.get((network.label, setting), {})
    columns = [f"speedup_{size}{end}" for end in ("", "_high", "_low")]
    if not {*columns} <= point.keys():
        return math.nan, math.nan, math.nan
    own = baseline_seconds(evidence, network.first.baseline.network, size, network.timed_in)
    share = own / baseline_seconds(evidence, reference_baseline(evidence), size, network.timed_in)
    time, low, high = (share / (1.0 if network.is_baseline else float(point[column])) for column in columns)
    return time, low, high


def baseline_seconds(evidence: Evidence, baseline: str, size: int, environment: str) -> float:
    """Mean seconds per image of a baseline, over all networks that were timed beside it; NaN where none was.

    Args:
        evidence: of the page.
        baseline: selector.
        size: images per batch.
        environment: key of the one in which these networks were timed.
    """
    beside = [
        evidence.value(network, f"static_{size}")
        for network in evidence.networks
        if network.first.baseline.network == baseline and network.timed_in == environment
    ]
    known = [seconds for seconds in beside if not math.isnan(seconds)]
    return fmean(known) if known else math.nan
