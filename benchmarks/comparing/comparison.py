"""Two studies compared: everything that the terminal, the page and the JSON file say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.comparing.answers import ChangedAnswer, changed_answers
from benchmarks.comparing.claims import Claim, claims
from benchmarks.comparing.differences import Difference, image_differences
from benchmarks.comparing.equality import Equality, equalities
from benchmarks.comparing.matching import MatchedNetwork, match
from benchmarks.comparing.origins import Origin, origins
from benchmarks.comparing.studies import StoredStudy, open_study
from benchmarks.comparing.times import time_differences
from benchmarks.comparing.tolerances import Tolerances
from benchmarks.records.files import StoreError
from benchmarks.reporting.evidence.sources import short_names


@dataclass(frozen=True, kw_only=True)
class SharedNetwork:
    """A network that both studies have.

    Attributes:
        label: in both studies.
        name: for readers.
        seeds_a: how many the first study has.
        seeds_b: how many the second study has.
        same_seeds: how many both have.
    """

    label: str
    name: str
    seeds_a: int
    seeds_b: int
    same_seeds: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two studies, A and B, and in what B differs from A.

    Attributes:
        a: name of the first study.
        b: name of the second study.
        networks: that both have.
        only_a: names of networks that only A has.
        only_b: names of networks that only B has.
        origins: what differs in what they were made of.
        claims: every question that their pages answer.
        equalities: what equal seeds made, and whether it is the same.
        answers: images to which equal seeds give other answers.
        differences: per network and setting.
    """

    a: str
    b: str
    networks: tuple[SharedNetwork, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    origins: tuple[Origin, ...]
    claims: tuple[Claim, ...]
    equalities: tuple[Equality, ...]
    answers: tuple[ChangedAnswer, ...]
    differences: tuple[Difference, ...]

    @property
    def changed_claims(self) -> tuple[Claim, ...]:
        """Questions with another answer."""
        return tuple(claim for claim in self.claims if claim.changed)

    @property
    def worse(self) -> tuple[Difference, ...]:
        """What is worse in B by more than its tolerance."""
        return tuple(difference for difference in self.differences if difference.worse)

    @property
    def unexplained(self) -> tuple[Equality, ...]:
        """What differs although nothing that it was made of does."""
        return tuple(found for found in self.equalities if found.unexplained)

    @property
    def acceptable(self) -> bool:
        """Whether nothing is worse and nothing unexplained."""
        return not self.worse and not self.unexplained


def compare(a: Path, b: Path, tolerances: Tolerances) -> Comparison:
    """Compare two studies' directories.

    Raises:
        StoreError: one is missing or damaged, or they have no network in common; the message is one line.
    """
    one, other = short_names([a, b])
    return compare_studies(open_study(a, one), open_study(b, other), tolerances)


def compare_all(first: Path, *others: Path) -> list[Comparison]:
    """Compare a study with each of others, those left out that have no network in common with it.

    Raises:
        StoreError: one is missing or damaged; the message is one line.
    """
    if not others:
        return []
    names = short_names([first, *others])
    one, *rest = (open_study(root, name) for root, name in zip((first, *others), names, strict=True))
    return [compare_studies(one, other, Tolerances()) for other in rest if match(one, other).shared]


def compare_studies(a: StoredStudy, b: StoredStudy, tolerances: Tolerances) -> Comparison:
    """Compare two studies that have been read.

    Raises:
        StoreError: they have no network in common.
    """
    found = match(a, b)
    if not found.shared:
        have = "; ".join(f"{study.name} has {', '.join(study.networks) or 'none'}" for study in (a, b))
        raise StoreError(f"{a.name} and {b.name} have no network in common: {have}")
    times = time_differences(a, b, found.shared, tolerances)
    return Comparison(
        a=a.name,
        b=b.name,
        networks=tuple(_shared(network) for network in found.shared),
        only_a=found.only_a,
        only_b=found.only_b,
        origins=origins(a, b, found),
        claims=claims(a.evidence, b.evidence),
        equalities=tuple(one for network in found.shared for one in equalities(network)),
        answers=tuple(one for network in found.shared for one in changed_answers(network)),
        differences=_in_order([*image_differences(found.shared, tolerances), *times], found.shared),
    )


def _shared(network: MatchedNetwork) -> SharedNetwork:
    return SharedNetwork(
        label=network.label,
        name=network.name,
        seeds_a=len(network.a),
        seeds_b=len(network.b),
        same_seeds=len(network.pairs),
    )


def _in_order(several: Sequence[Difference], networks: Sequence[MatchedNetwork]) -> tuple[Difference, ...]:
    """By network."""
    places = {network.name: place for place, network in enumerate(networks)}
    return tuple(sorted(several, key=lambda difference: places[difference.network]))
