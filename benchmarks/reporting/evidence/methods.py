"""Static facts of methods and data sets, also of those that the suite does not know any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import zoo
from benchmarks import data
from benchmarks.study.study import parse_dataset
from zoo.registry import Published

BASELINE = "resnet"
"""The method that others are compared with."""


@dataclass(frozen=True, kw_only=True)
class MethodFacts:
    """What a report says of a method besides its measurements.

    Attributes:
        name: as selectors use it.
        title: for people.
        family: how it spends computation; empty where unknown.
        varies: what depends on the picture; empty where unknown.
        citation: of its paper; empty where unknown.
        published: figures of its paper, by preset.
        recipes: how its paper trained them, by preset, as fields of `benchmarks.training.recipe.Recipe`.
        registered: whether this version of the suite has it.
    """

    name: str
    title: str
    family: str = ""
    varies: str = ""
    citation: str = ""
    published: Mapping[str, tuple[Published, ...]] = field(default_factory=dict)
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    registered: bool = True


def method_facts(name: str) -> MethodFacts:
    """Facts from the registry, or the bare name where it is not registered."""
    if name not in zoo.list_methods():
        return MethodFacts(name=name, title=name, registered=False)
    found = zoo.method(name)
    published = {preset: tuple(values.published) for preset, values in found.presets.items()}
    return MethodFacts(
        name=name,
        title=found.title,
        family=found.family,
        varies=found.varies,
        citation=found.citation,
        published=published,
        recipes={preset: values.recipe for preset, values in found.presets.items()},
    )


def dataset_title(text: str) -> str:
    """Title of the data set of a study, or its selector where it is unknown."""
    try:
        return data.describe(dataset_name(text)).title
    except ValueError:
        return text


def dataset_name(text: str) -> str:
    """`name` of `name[option=value]`, or the text itself where it cannot be read."""
    try:
        return parse_dataset(text)[0]
    except ValueError:
        return text
