"""What is searched for a network, and the candidates that are drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import zoo
from benchmarks.study.design import checked
from benchmarks.study.study import ModelSpec
from benchmarks.training.recipe import Recipe
from benchmarks.training.seeds import derive_seed
from zoo.papers.paper import Between, Knob, OneOf

FACTOR = 10.0
"""Learning rate and weight decay are searched from a tenth to ten times the study's."""
NO_DECAY = Between(1e-5, 1e-3, log=True)
"""Weight decays that are searched where the study has none."""
DIGITS = 3
"""Significant digits of a drawn value."""


def search_space(spec: ModelSpec) -> dict[str, Knob]:
    """Ranges by name: `lr` and `weight_decay` of the recipe, and the knobs that the method declares.

    A parameter that the study's selector sets is not searched.
    """
    recipe = spec.recipe
    decay = recipe.weight_decay
    knobs = {name: knob for name, knob in zoo.method(spec.method).knobs.items() if name not in spec.parameters}
    return {
        "lr": Between(recipe.lr / FACTOR, recipe.lr * FACTOR, log=True),
        "weight_decay": Between(decay / FACTOR, decay * FACTOR, log=True) if decay else NO_DECAY,
        **knobs,
    }


def candidate(spec: ModelSpec, number: int) -> ModelSpec:
    """The network of trial `number`; trial 0 has the study's own values.

    Its values depend on the network, its seed and the number alone: more trials repeat none and change none. All trials
    of a network train from one seed, which is not that of the study's network, and in one process each.
    """
    spec = spec.model_copy(update={"processes": 1})
    seed = derive_seed(spec.seed, "tune")
    if number == 0:
        return spec.model_copy(update={"seed": seed})
    random = np.random.default_rng(derive_seed(seed, number))
    values = {name: draw(knob, random) for name, knob in search_space(spec).items()}
    fields = {name: values.pop(name) for name in ("lr", "weight_decay")}
    recipe = checked(Recipe, spec.recipe.model_dump() | fields, f"trial {number} of {spec.label}")
    return spec.model_copy(update={"seed": seed, "recipe": recipe, "parameters": {**spec.parameters, **values}})


def draw(knob: Knob, random: np.random.Generator) -> Any:
    """A random value of a knob."""
    if isinstance(knob, OneOf):
        return knob.values[int(random.integers(len(knob.values)))]
    low, high = (np.log(knob.low), np.log(knob.high)) if knob.log else (knob.low, knob.high)
    value = float(random.uniform(low, high))
    return float(f"{np.exp(value) if knob.log else value:.{DIGITS}g}")


def values_of(spec: ModelSpec, names: Mapping[str, Knob]) -> dict[str, Any]:
    """A candidate's values of what is searched."""
    parameters = zoo.parameters_of(spec.selector)
    defaults = zoo.method(spec.method).parameters()
    recipe = spec.recipe.model_dump()
    return {name: recipe[name] if name in recipe else parameters.get(name, defaults.get(name)) for name in names}


def text_of(knob: Knob) -> str:
    """A range for readers."""
    if isinstance(knob, OneOf):
        return "one of " + ", ".join(map(str, knob.values))
    return f"{knob.low:.3g} to {knob.high:.3g}" + (", logarithmic" if knob.log else "")
