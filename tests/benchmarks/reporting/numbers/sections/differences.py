"""Every network against one of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.comparison import Comparison, compared, cost
from tests.benchmarks.reporting.numbers.records import Network, Study
from tests.benchmarks.reporting.numbers.saying import Cell, Column, Ends, Says, Table, says


@dataclass(frozen=True, eq=False)
class Points:
    """Accuracies of networks that answered the same images: more is better, and differences are in points."""

    head: Says
    found: Comparison

    kind, equal, scale = "points", 0.0, 100.0

    @cached_property
    def lows(self) -> dict[tuple[Network, Network], float]:
        """Lower ends of one network's accuracy minus another's."""
        pairs = self.found.pairs
        return dict(zip(zip(pairs["one"], pairs["other"], strict=True), pairs["low"], strict=True))

    def of(self, one: Network, other: Network) -> Ends:
        """The difference of two networks."""
        value = self.found.accuracy[one] - self.found.accuracy[other]
        return value, self.lows[one, other], -self.lows[other, one]


@dataclass(frozen=True, eq=False)
class Ratios:
    """Costs of networks: less is better, and differences are ratios."""

    head: Says
    costs: dict[Network, Ends]

    kind, equal, scale = "ratio", 1.0, 1.0

    def of(self, one: Network, other: Network) -> Ends:
        """The ratio of two networks; the halves of both intervals add up as independent errors of logarithms."""
        (own, low, high), (theirs, least, most) = self.costs[one], self.costs[other]
        ratio = own / theirs
        down = math.hypot(math.log(low / own), math.log(most / theirs))
        up = math.hypot(math.log(high / own), math.log(least / theirs))
        return ratio, ratio * math.exp(-down), ratio * math.exp(up)


@cache
def aspects(study: Study) -> list[Points | Ratios]:
    """In what networks are compared."""
    clean, fooled, radius = compared(study), compared(study, attacked=True), attacked.headline(study)[1]
    images = [own.right.shape[1] for own in (clean, fooled)]
    heads = {"macs": Says("MACs ×"), "parameters": Says("Parameters ×")}
    heads |= {f"time_{size}": says("Time ×, batch {}", size) for size in study.ends}
    return [
        Points(says("Accuracy points, n {}", images[0]), clean),
        Points(says("Attacked points, ε {}, n {}", radius, images[1]), fooled),
        *(Ratios(head, {n: cost(study, n, kind) for n in study.networks}) for kind, head in heads.items()),
    ]


def reference(study: Study) -> Network:
    """With which the others are compared at first: the baseline of most, or the first static ResNet."""
    chosen = [network for network in study.networks if network.selector == study.reference]
    return next(iter([*chosen, *(network for network in study.networks if network.is_static)]))


def differences(study: Study) -> Table:
    """Every network against that one."""
    other = reference(study)
    columns = [Column(Says("Network"), [network.as_row() for network in study.networks])]
    for aspect in aspects(study):
        columns.append(Column(aspect.head, [_cell(aspect, network, other) for network in study.networks]))
    return Table(columns, Says(f"Differences from {other.name}"), note=says("…{} % interval…", 95))


def _cell(aspect: Points | Ratios, one: Network, other: Network) -> Cell:
    if one is other:
        return Cell(Says("reference"), aspect.equal)
    value, low, high = aspect.of(one, other)
    ends = says("{} to {}", aspect.scale * low, aspect.scale * high) if low < high else Says("")
    best = low < high and not low <= aspect.equal <= high
    return Cell(says("{}", aspect.scale * value), value, ends, best=best)
