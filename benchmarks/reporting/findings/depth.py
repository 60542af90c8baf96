"""Are early and late units skipped more than those between?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.findings.means import Estimate, mean_values
from benchmarks.statistics import Floats

PARTS = ("first", "middle", "last")


@dataclass(frozen=True)
class Depth:
    """Skip rates of a network that skips units.

    Attributes:
        network: at its headline setting, first seed.
        parts: places of the units in each of `PARTS`, see `parts_of`.
        rates: share of images and units that was skipped, by part.
        first: skip rate of the first part less that of the middle.
        last: likewise of the last.
        images: that the differences are of.
    """

    network: NetworkEvidence
    parts: tuple[Sequence[int], ...]
    rates: tuple[float, ...]
    first: Estimate
    last: Estimate
    images: int

    @property
    def holds(self) -> bool | None:
        """Whether both ends are skipped more than the middle; None where that cannot be told."""
        signs = {self.first.sign, self.last.sign}
        return False if -1 in signs else True if signs == {1} else None


def depths(evidence: Evidence) -> list[Depth]:
    """Of every network that skips units; networks with exits, which leave out late ones by design, are none of them."""
    found: list[tuple[NetworkEvidence, tuple[Sequence[int], ...], list[Floats]]] = []
    for network in evidence.networks:
        table, units = network.first.headline_answers(), network.first.units
        parts = parts_of(units)
        if table is not None and routes.varies(table) and not routes.exit_units(units) and parts:
            skipped = ~routes.matrix(table.sort_values("index")["route"])
            found.append((network, parts, [skipped[:, part].mean(axis=1) for part in parts]))
    images = min((len(own[0]) for *_, own in found), default=0)
    differences = {
        (network.label, end): (rates[place] - rates[1])[:images]
        for network, _, rates in found
        for place, end in ((0, "first"), (2, "last"))
    }
    estimates = mean_values(differences)
    return [
        Depth(
            network,
            parts,
            tuple(float(own.mean()) for own in rates),
            estimates[network.label, "first"],
            estimates[network.label, "last"],
            images,
        )
        for network, parts, rates in found
    ]


def parts_of(units: Sequence[str]) -> tuple[Sequence[int], ...]:
    """Places of the units of the first group, of those between, and of the last.

    Groups are what stands before the dot of a unit's name, such as stages of the same resolution, which the paper of
    SkipNet compares; where there are fewer than three, thirds of the units. Empty where there are fewer than three
    units.
    """
    groups = list(dict.fromkeys(unit.partition(".")[0] for unit in units if "." in unit))
    if len(groups) >= len(PARTS) and all("." in unit for unit in units):
        part = dict.fromkeys(groups, "middle") | {groups[0]: "first", groups[-1]: "last"}
        named = [part[unit.partition(".")[0]] for unit in units]
        return tuple([place for place, name in enumerate(named) if name == wanted] for wanted in PARTS)
    if len(units) < len(PARTS):
        return ()
    ends = np.linspace(0, len(units), len(PARTS) + 1).round().astype(int).tolist()
    return tuple(range(start, end) for start, end in pairwise(ends))
