"""Which records belong to a study, also those of methods that are not registered any more."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from benchmarks.records.record import Record
from benchmarks.study.study import ModelSpec, Study, StudyError, method_names
from benchmarks.training.recipe import Recipe
from benchmarks.training.seeds import derive_seed
from zoo.registry import is_registered


def belonging(newest: Mapping[str, Record], study: Study) -> dict[str, tuple[ModelSpec, Record]]:
    """The records that belong to a study, by label, with what it asks for.

    Those of methods that are not registered any more, such as a plug-in's that is not loaded, are last.

    Args:
        newest: a record of each specification, by its key.
        study: that asks.
    """
    asked = {spec.key: spec for spec in known_models(study)}
    asked |= {spec.key: spec for spec in unregistered(newest, study)}
    return {spec.label: (spec, newest[key]) for key, spec in asked.items() if key in newest}


def unregistered(newest: Mapping[str, Record], study: Study) -> list[ModelSpec]:
    """What a study's records of methods were made from that are not registered any more, by label."""
    others = [record.spec for record in newest.values() if not is_registered(record.spec.method)]
    return sorted((spec for spec in others if belongs(spec, study)), key=lambda spec: spec.label)


def known_models(study: Study) -> list[ModelSpec]:
    """What a study asks for, as far as this version of the suite has the methods and presets."""
    found: list[ModelSpec] = []
    for name in method_names(study.methods):
        try:
            found += study.models(only=[name])
        except StudyError:
            continue  # of a method, preset or parameter that is gone: `belongs` decides by recipe, data and seed
    return list({spec.key: spec for spec in found}.values())


def belongs(spec: ModelSpec, study: Study) -> bool:
    """Whether a model was trained on a study's data set, with its recipe and from its seed."""
    same_recipe = study.published_recipes or spec.recipe in _recipes(spec, study)
    same_seed = spec.seed == derive_seed(study.seed, spec.selector, spec.dataset, spec.repetition)
    return spec.dataset == study.dataset and same_recipe and same_seed


def _recipes(spec: ModelSpec, study: Study) -> list[Recipe]:
    """The recipes that a study may give to a network of a method that is not registered any more."""
    own = [e.recipe for e in study.own_recipes() if e.name == "all" or fnmatchcase(spec.method, e.name.split("[")[0])]
    together = {name: value for fields in own for name, value in fields.items()}
    return [Recipe.model_validate(study.recipe.model_dump() | dict(fields)) for fields in ({}, *own, together)]
