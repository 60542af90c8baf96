"""Do larger objects take longer routes? Executed units and accuracy on zoomed images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.means import Estimate, mean_values
from benchmarks.reporting.findings.other_seeds import other_seeds
from benchmarks.statistics import Floats

AS_IT_IS = 1.0
"""The scale of the image itself."""
SMALLER, LARGER = "smaller", "larger"
NOT_MEASURED = "No network was measured on zoomed images; the option --evaluators scale does that."
SAME = "Every network that was measured on zoomed images runs as many units for all of them."


@dataclass(frozen=True)
class Scales:
    """A network on zoomed images.

    Attributes:
        network: at its headline setting, first seed.
        scales: ascending.
        units: mean number of executed units by scale.
        accuracy: share of right answers with its own 95 % interval (Wilson), by scale.
        smaller: units executed at the scales below 1 less those of the same images at 1; None without such scales.
        larger: likewise above 1.
        images: at every scale.
    """

    network: NetworkEvidence
    scales: tuple[float, ...]
    units: tuple[Estimate, ...]
    accuracy: tuple[Estimate, ...]
    smaller: Estimate | None
    larger: Estimate | None
    images: int

    @property
    def agrees(self) -> bool | None:
        """Whether fewer units run for smaller scales and more for larger ones; None where that cannot be told."""
        signs = {own.sign * expected for own, expected in ((self.smaller, -1), (self.larger, 1)) if own}
        return False if -1 in signs else True if signs == {1} else None


@lru_cache(maxsize=2)
def zoomed(evidence: Evidence) -> tuple[Scales, ...]:
    """Every network whose number of executed units varies; of all of them at once, the same images.

    Intervals of units hold together over networks and scales, and so do those of the differences.
    """
    tables = {network: own for network in evidence.networks if (own := _units(network)) is not None}
    shared = (
        sorted(set.intersection(*({*own.columns.astype(int).tolist()} for own in tables.values()))) if tables else []
    )
    tables = {network: own[shared] for network, own in tables.items()}
    by_scale: dict[tuple[str, str], Floats] = {}
    ends: dict[tuple[str, str], Floats] = {}
    for network, own in tables.items():
        by_scale |= {(network.label, str(scale)): row for scale, row in zip(own.index, np.array(own), strict=True)}
        for name, some in ((SMALLER, own[own.index < AS_IT_IS]), (LARGER, own[own.index > AS_IT_IS])):
            if len(some):
                ends[network.label, name] = np.asarray(some).mean(axis=0) - np.asarray(own.loc[AS_IT_IS])
    units, differences = mean_values(by_scale), mean_values(ends)
    return tuple(
        Scales(
            network,
            tuple(own.index),
            tuple(units[network.label, str(scale)] for scale in own.index),
            tuple(_accuracy(network, scale, shared) for scale in own.index),
            differences.get((network.label, SMALLER)),
            differences.get((network.label, LARGER)),
            len(shared),
        )
        for network, own in tables.items()
    )


def measured(evidence: Evidence) -> bool:
    """Whether zoomed images were answered by any network whose routes can vary."""
    tables = (network.measurement("scale") for network in evidence.networks)
    return any(table is not None and (table["note"] == "").any() for table in tables)


def _rows(network: NetworkEvidence) -> pd.DataFrame | None:
    table = network.measurement("scale")
    own = None if table is None else table[table["note"] == ""]
    return None if own is None or own.empty else own


def _units(network: NetworkEvidence) -> pd.DataFrame | None:
    """Executed units (scales x images); None where they were not counted, or never differ."""
    rows = _rows(network)
    if rows is None or rows["units"].nunique() == 1:
        return None
    return rows.pivot(index="scale", columns="index", values="units").astype(float)


def _accuracy(network: NetworkEvidence, scale: float, shared: list[int]) -> Estimate:
    rows = _rows(network)
    if rows is None:
        raise ValueError(f"{network.label} was not measured on zoomed images")
    own = rows[(rows["scale"] == scale) & rows["index"].isin(shared)]
    right = int((own["label"] == own["prediction"]).sum())
    return Estimate(right / len(own), *wilson_interval(right, len(own)))


def answer(evidence: Evidence, found: Sequence[Scales]) -> str:
    """Sentences: what the paper of SkipNet found, in how many networks that is so here, and in how many the reverse."""
    signs = {end: [own.sign for scales in found if (own := getattr(scales, end))] for end in (SMALLER, LARGER)}
    less, more = signs[SMALLER], signs[LARGER]
    verdicts = [scales.agrees for scales in found]
    return (
        "Wang et al. (2018, Fig. 8) found on ImageNet and SVHN that SkipNet runs fewer blocks for smaller scales and "
        f"more for larger ones. Here fewer units run for smaller ones in {less.count(-1)} of {len(less)} networks and "
        f"more in {less.count(1)}; for larger ones more in {more.count(1)} of {len(more)} and fewer in "
        f"{more.count(-1)}. The claim holds in {verdicts.count(True)} of {len(found)} networks, does not hold in "
        f"{verdicts.count(False)}, and cannot be told in {verdicts.count(None)}."
        f"{other_seeds(evidence)}"
    )
