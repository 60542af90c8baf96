"""By how much quantities changed between two studies, with the one model of `benchmarks.statistics`.

What pairs:

- images, wherever both studies have the same ones;
- seeds, where both studies have the same ones of a network. Their records are equal up to the machine, so that a change
  is one of the same trained network: what training leaves to chance is in it only as far as seeds change differently.
  Where not all seeds are the same, none are paired, which makes intervals wider than they need be.

The seeds of two studies that share none are all other trainings: their variance, moderated over networks, is in the
interval; with one seed in each study nothing is known of it, and a change is one between two trained networks.

All intervals of a kind of quantity hold together. A family of the model has every network at most once, since settings
of one network are alike and would be taken for independent ones; families share the level (Bonferroni).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.comparing.samples import COST, Samples
from benchmarks.statistics import (
    LEVEL,
    Components,
    ContrastModel,
    Floats,
    Twice,
    changes,
    changes_of_seeds,
    on_these_images,
)

DRAWS = 20_000
"""For critical values: families share the level, so that they need draws far out in the tail."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """From the first study to the second: a difference of shares, or the ratio of costs minus 1.

    Attributes:
        value: estimated.
        low: end of its interval; NaN where there is none.
        high: end of its interval.
        by_chance: how far equally good studies may be apart on these images, because of their seeds alone; None where
            no seeds show it.
    """

    value: float
    low: float
    high: float
    by_chance: float | None = None


def changes_of(several: Sequence[Samples]) -> list[Change]:
    """The change of every quantity, in the same order."""
    found = {place: _certain(samples) for place, samples in enumerate(several)}
    for kind in dict.fromkeys(samples.kind for samples in several):
        places = [place for place, samples in enumerate(several) if samples.kind == kind and _varies(samples)]
        families = list(_families(several, places))
        for own in families:
            level = 1 - (1 - LEVEL) / len(families)
            found |= zip(own, _uncertain([several[place] for place in own], level), strict=True)
    return [found[place] for place in range(len(several))]


def is_fixed(samples: Samples) -> bool:
    """Whether it is a cost that is the same for every image and from every seed, which nothing may change."""
    return samples.kind == COST and all(np.ptp(side) == 0 for side in (samples.a, samples.b))


def _varies(samples: Samples) -> bool:
    return not is_fixed(samples) and (samples.kind != COST or bool(samples.a.any() and samples.b.any()))


def _certain(samples: Samples) -> Change:
    """Without an interval, except where nothing can be otherwise."""
    value = _value(samples)
    ends = value if is_fixed(samples) and math.isfinite(value) else math.nan
    return Change(value=value, low=ends, high=ends)


def _value(samples: Samples) -> float:
    a, b = float(samples.a.mean()), float(samples.b.mean())
    if samples.kind != COST:
        return b - a
    if a == 0:
        return math.inf if b else 0.0
    return b / a - 1


def _families(several: Sequence[Samples], places: Sequence[int]) -> Iterator[list[int]]:
    """What one model can have: every network once, the same images, pairs of the same kind."""
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place in places:
        own = several[place]
        alike[own.family, own.images, own.paired, own.same_seeds, own.a.shape[1], own.b.shape[1]].append(place)
    for family in alike.values():
        yield from _estimable(several, family)


def _estimable(several: Sequence[Samples], family: list[int]) -> Iterator[list[int]]:
    """A single network with several seeds does not say how much others vary: it is judged apart from them."""
    known = [place for place in family if len(several[place].a) + len(several[place].b) > 2]
    others = [place for place in family if place not in known]
    yield from [known, others] if len(known) == 1 and others else [family]


def _uncertain(family: Sequence[Samples], level: float) -> list[Change]:
    """With intervals that hold together with that probability."""
    pairs = [_relative(samples) for samples in family]
    by_seeds = changes(pairs, same_images=family[0].paired)
    made_twice = family[0].paired and family[0].same_seeds
    halves = _halves_of_seeds(pairs, level) if made_twice else _halves(by_seeds, level)
    chance = None if by_seeds.seed_variance is None else _halves(on_these_images(by_seeds), level)
    found = []
    for place, samples in enumerate(family):
        value = _value(samples)
        half = float(halves[place]) * (1 + value if samples.kind == COST else 1)
        by_chance = None if chance is None else float(chance[place])
        found.append(Change(value=value, low=value - half, high=value + half, by_chance=by_chance))
    return found


def _halves_of_seeds(pairs: Sequence[Twice], level: float) -> Floats:
    """Half the widths of intervals where seeds are the same; 0 where these made the same values."""
    halves = np.zeros(len(pairs))
    changed = [place for place, (a, b) in enumerate(pairs) if not np.array_equal(a, b)]
    if changed:
        halves[changed] = _halves(changes_of_seeds([pairs[place] for place in changed]), level)
    return halves


def _halves(parts: Components, level: float) -> Floats:
    """Half the width of every network's interval."""
    found = ContrastModel(parts, draws=DRAWS).contrasts(np.eye(len(parts.accuracy)), level=level)
    return found.critical * found.standard_error


def _relative(samples: Samples) -> Twice:
    """Both studies' values; of costs, relative to their mean."""
    if samples.kind != COST:
        return samples.a, samples.b
    return samples.a / samples.a.mean(), samples.b / samples.b.mean()
