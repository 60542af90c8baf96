"""Which networks two studies share, and which of their seeds are equal."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.comparing.studies import StoredStudy, TrainedSeed

Pair = tuple[TrainedSeed, TrainedSeed]
"""The same network from the same seed, in A and in B."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MatchedNetwork:
    """A network that both studies have.

    Attributes:
        label: in both studies.
        name: for readers.
        a: its seeds in the first study.
        b: its seeds in the second study.
        pairs: those with the same seed in both.
    """

    label: str
    name: str
    a: tuple[TrainedSeed, ...]
    b: tuple[TrainedSeed, ...]
    pairs: tuple[Pair, ...]

    @property
    def headline(self) -> str:
        """The first study's headline setting."""
        return self.a[0].record.settings[0].name


@dataclass(frozen=True, kw_only=True, eq=False)
class Matches:
    """The networks of two studies.

    Attributes:
        shared: that both have, in the first study's order.
        only_a: names of networks that only the first has.
        only_b: names of networks that only the second has.
    """

    shared: tuple[MatchedNetwork, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


def match(a: StoredStudy, b: StoredStudy) -> Matches:
    """Match networks by label, and their seeds by value."""
    return Matches(
        shared=tuple(_matched(label, a, b) for label in a.networks if label in b.networks),
        only_a=tuple(a.titles[label] for label in a.networks if label not in b.networks),
        only_b=tuple(b.titles[label] for label in b.networks if label not in a.networks),
    )


def _matched(label: str, a: StoredStudy, b: StoredStudy) -> MatchedNetwork:
    by_seed = {model.spec.seed: model for model in b.networks[label]}
    pairs = tuple((model, by_seed[model.spec.seed]) for model in a.networks[label] if model.spec.seed in by_seed)
    return MatchedNetwork(label=label, name=a.titles[label], a=a.networks[label], b=b.networks[label], pairs=pairs)
