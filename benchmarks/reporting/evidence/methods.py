"""What the registries say of methods and data sets, also of those that the suite does not have any more."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import zoo
from benchmarks import data
from benchmarks.reporting.evidence.evidence import MethodDescription
from benchmarks.study.study import parse_dataset
from benchmarks.training.recipe import Recipe
from zoo.registry import BASELINE, is_registered

STATIC = ("fixed graph", "drops at training")
"""Families whose networks run alike for every image."""


def describe_methods(names: Sequence[str]) -> dict[str, MethodDescription]:
    """Descriptions by name; methods that are not registered have their bare names, and are last."""
    unregistered = sorted(set(names) - set(zoo.list_methods()))
    # Those whose routes depend on the image come first: figures that are about them then have colours enough.
    registered = sorted(zoo.list_methods(), key=lambda name: zoo.method(name).family in STATIC)
    others = [name for name in (*registered, *unregistered) if name != BASELINE]
    places = {name: place for place, name in enumerate(others)}
    return {name: _description(name, places.get(name)) for name in names}


def _description(name: str, place: int | None) -> MethodDescription:
    if not is_registered(name):
        return MethodDescription(name=name, title=name, place=place, registered=False)
    found = zoo.method(name)
    return MethodDescription(
        name=name,
        title=found.title,
        place=place,
        family=found.family,
        varies=found.varies,
        citation=found.citation,
        published={preset: tuple(values.published) for preset, values in found.presets.items()},
        recipes={
            preset: Recipe.model_validate(dict(values.recipe))
            for preset, values in found.presets.items()
            if values.recipe
        },
        defaults={**_defaults(found.network.__init__), **found.network.shared_parameters},
    )


def _defaults(constructor: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(constructor).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not inspect.Parameter.empty}


def dataset_title(text: str) -> str:
    """Title of the data set of a study with its options, `Digits [train 500]`, or its selector where it is unknown."""
    try:
        name, options = parse_dataset(text)
        title = data.describe(name).title
    except ValueError:
        return text
    chosen = ", ".join(f"{option} {value}" for option, value in options.items())
    return f"{title} [{chosen}]" if chosen else title


def dataset_name(text: str) -> str:
    """`name` of `name[option=value]`, or the text itself where it cannot be read."""
    try:
        return parse_dataset(text)[0]
    except ValueError:
        return text
