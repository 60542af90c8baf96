"""What two studies were made of: data, code, recipe, seeds, options, machines and versions, as far as they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.comparing.matching import MatchedNetwork, Matches
from benchmarks.comparing.studies import StoredStudy, TrainedSeed
from benchmarks.records.facts import TRAINING, Fact, facts, tables_of, union

UNKNOWN = "not recorded"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Something that differs between what two studies were made of.

    Attributes:
        kind: `data`, `code`, `network`, `recipe`, `seed`, `precision`, `options`, `machine`, `versions` or `study`.
        what: the name of the field, package or source file.
        a: its value in the first study; of several seeds, all values.
        b: its value in the second study.
        networks: labels of the networks that differ in it; empty where it is the study's own.
        made: what was made of it: `training`, or evaluators.
        everywhere: whether that is every network that both studies have.
    """

    kind: str
    what: str
    a: str
    b: str
    networks: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    everywhere: bool = True


def origins(a: StoredStudy, b: StoredStudy, matches: Matches) -> tuple[Origin, ...]:
    """All that differs, by kind."""
    found: dict[tuple[Fact, str, str], dict[str, dict[str, None]]] = {}
    for network in matches.shared:
        for made in _made(network):
            for fact, values in _differing(_values(network.a, made), _values(network.b, made)).items():
                found.setdefault((fact, *values), {}).setdefault(made, {})[network.label] = None
    several = [_origin(fact, values, made, len(matches.shared)) for (fact, *values), made in found.items()]
    several += [found for network in matches.shared for found in _settings(network, len(matches.shared))]
    own = _study_origins(a, b)
    if any(origin.what == "seed" for origin in own):  # then every network's seed differs, as one number says
        several = [origin for origin in several if origin.kind != "seed"]
    return tuple(sorted([*own, *several], key=lambda origin: (ORDER.index(origin.kind), origin.what)))


ORDER = ("study", "data", "network", "recipe", "seed", "precision", "code", "options", "machine", "versions")
"""Kinds in the order in which they are shown."""


def _settings(network: MatchedNetwork, shared: int) -> list[Origin]:
    """The settings that only one study has: validation outputs propose them, and how many there are."""
    sides = (network.a, network.b)
    a, b = (dict.fromkeys(s.name for model in side for s in model.record.settings) for side in sides)
    if a.keys() == b.keys():
        return []
    only = (", ".join(name for name in one if name not in other) or "none" for one, other in ((a, b), (b, a)))
    return [_origin(("network", "settings of its own"), list(only), {TRAINING: {network.label: None}}, shared)]


def _made(network: MatchedNetwork) -> list[str]:
    """What both studies made of a network."""
    a, b = (
        dict.fromkeys(name for model in side for name in tables_of(model.record)) for side in (network.a, network.b)
    )
    return [TRAINING, *(name for name in a if name in b)]


def _values(models: Iterable[TrainedSeed], made: str) -> dict[Fact, str]:
    """Facts of some seeds; those in which they differ have all values."""
    each = [facts(model.record, made) for model in models if made == TRAINING or model.record.has(made)]
    names = dict.fromkeys(fact for one in each for fact in one)
    return {fact: ", ".join(dict.fromkeys(one.get(fact, UNKNOWN) for one in each)) for fact in names}


def _differing(one: Mapping[Fact, str], other: Mapping[Fact, str]) -> dict[Fact, tuple[str, str]]:
    both = {fact: (one.get(fact, UNKNOWN), other.get(fact, UNKNOWN)) for fact in union(one, other)}
    return {fact: values for fact, values in both.items() if values[0] != values[1]}


def _origin(fact: Fact, values: list[str], made: Mapping[str, Mapping[str, None]], shared: int) -> Origin:
    networks = tuple(dict.fromkeys(label for labels in made.values() for label in labels))
    kind, what = fact
    return Origin(
        kind=kind,
        what=what,
        a=values[0],
        b=values[1],
        networks=networks,
        made=tuple(made),
        everywhere=len(networks) == shared,
    )


def _study_origins(a: StoredStudy, b: StoredStudy) -> list[Origin]:
    """What the study files themselves say of seeds and networks; the rest is in the records."""
    fields = (("seed", "seed"), ("study", "repetitions"), ("study", "methods"), ("study", "published_recipes"))
    pairs = [(kind, name, getattr(a.study, name), getattr(b.study, name)) for kind, name in fields]
    return [Origin(kind=kind, what=name, a=_text(one), b=_text(two)) for kind, name, one, two in pairs if one != two]


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
