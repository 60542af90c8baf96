"""What the registries say of methods and data sets, also of those that the suite does not have any more."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import zoo
from benchmarks import data
from benchmarks.reporting.evidence.evidence import MethodDescription
from benchmarks.reporting.evidence.pixels import ORIGINAL, Pixels
from benchmarks.study.study import parse_dataset
from benchmarks.training.recipe import Recipe
from zoo.registry import BASELINE, is_registered

ORIGINALS = ("cifar10", "cifar100", "svhn", "mnist", "imagenet")
"""Data sets of published figures. An error on one that was compressed again is another quantity."""
IMAGENET_CLASSES = 1_000
JPEG = ("cifar10-jpeg",)
HARMLESS = frozenset({"download", "workers", "in_memory"})
"""Options of data sets on which no pixel and no split depends."""
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


def dataset_pixels(text: str, classes: int | None = None) -> Pixels:
    """The images of a data set's selector, `name` or `name[option=value]`.

    MNIST is `torchvision[dataset=MNIST]`; ImageNet is an image folder of that name at 224 pixels with 1,000 classes.

    Args:
        text: the selector.
        classes: that the data have; None where nothing was trained on them yet.
    """
    try:
        name, options = parse_dataset(text)
    except ValueError:
        return Pixels()
    if name in JPEG:
        return Pixels(why_not="JPEG-compressed images here", words="JPEG-compressed")
    known, naming = _published_name(name, options)
    if known not in ORIGINALS:
        return Pixels()
    changing = sorted(set(options) - HARMLESS - naming)
    if changing:
        return Pixels(why_not=f"other images here, by {', '.join(changing)}", words="selected or changed images")
    if known == "imagenet" and classes not in (None, IMAGENET_CLASSES):
        why_not = f"{classes:,} classes here, {IMAGENET_CLASSES:,} in ImageNet"
        return Pixels(why_not=why_not, words="part of the classes")
    return Pixels(published_as=known, why_not="", words=ORIGINAL)


def _published_name(name: str, options: Mapping[str, Any]) -> tuple[str, set[str]]:
    """What papers call a data set, and the options that say so."""
    if name == "torchvision" and options.get("dataset") == "MNIST":
        return "mnist", {"dataset"}
    folder = str(options.get("path")).rstrip("/").rpartition("/")[2]
    if name == "imagefolder" and folder == "imagenet" and options.get("crop") == 224:
        return "imagenet", {"path", "crop"}
    return name, set()
