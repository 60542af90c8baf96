"""A study: methods x data set x repetitions x recipe, checked before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

import zoo
from benchmarks.measuring.options import Evaluation
from benchmarks.plugins.loading import load as load_plugins
from benchmarks.strict import Strict
from benchmarks.study.design import Design, OwnRecipe, StudyError, bundled_studies, checked, load, method_names
from benchmarks.study.presets import lacking, nobody_has
from benchmarks.training.recipe import Recipe
from benchmarks.training.seeds import derive_seed
from zoo.registry import WEIGHTS, is_given, parse_brackets

__all__ = [
    "ModelSpec",
    "OwnRecipe",
    "Study",
    "StudyError",
    "bundled_studies",
    "checked",
    "expand_methods",
    "load_study",
    "method_names",
    "parse_dataset",
]


FILES = (WEIGHTS, "module")
"""Parameters of any method that name files, whose contents count and not their places."""


class Study(Design):
    """A comparison: a design, and what to measure.

    Its plug-ins are imported when it is made, before `evaluation` is checked.

    Attributes:
        evaluation: what to measure, checked.
    """

    evaluation: Evaluation = Field(default_factory=Evaluation)

    @field_validator("plugins")
    @classmethod
    def _loaded(cls, plugins: tuple[str, ...]) -> tuple[str, ...]:
        load_plugins(plugins)
        return plugins

    def models(self, default_preset: str = "tiny", *, only: Sequence[str] | None = None) -> list[ModelSpec]:
        """The networks of the study, in order, without duplicates.

        Args:
            default_preset: preset of selectors that name none, if the study names none either.
            only: selectors and wildcards in the place of the study's `methods`, whose own recipes still apply.

        Raises:
            StudyError: a selector with an unknown method, preset or parameter, two networks with the same label, or a
                recipe that is not valid.
        """
        found: dict[str, ModelSpec] = {}
        preset = self.preset or default_preset
        selectors = expand_methods(method_names(self.methods) if only is None else only, preset)
        without = lacking(preset, [one for one in selectors if not zoo.method(one.name).given])
        if without:
            raise StudyError(without)
        shown = _shortest([*self._given_files(), *(one.weights for one in selectors if one.weights)])
        for selector in selectors:
            for repetition in range(1 if selector.weights else self.repetitions):
                spec = self._model(selector, preset, repetition, shown.get(selector.weights or ""))
                same = found.setdefault(spec.label, spec)
                if same != spec:
                    raise StudyError(
                        f"methods: {same.full_selector} and {spec.full_selector} have the same label {spec.label}"
                    )
        return list(found.values())

    def with_static_curve(self, task: zoo.Task) -> Study:
        """The study with the networks of its static curve among its methods; of such a study, the same.

        Args:
            task: of its data set.

        Raises:
            StudyError: as of `models`.
            ValueError: a network does not fit the task.
        """
        if not self.static_curve:
            return self
        selectors = list({str(spec.full_selector): spec.full_selector for spec in self.models()}.values())
        reference = zoo.reference_of([selector.architecture for selector in selectors], task)
        curve = zoo.static_curve(reference, self.static_curve, task)
        known = {str(_resolved(selector, "")) for selector in selectors}
        added = [str(selector) for selector in curve if str(_resolved(selector, "")) not in known]
        return self.model_copy(update={"methods": (*self.methods, *added)})

    def _given_files(self) -> list[str]:
        """Files of weights that the study's methods name, whatever part of it is asked for."""
        with suppress(StudyError):  # where the whole study is asked for, this is an error
            named = [name for name in method_names(self.methods) if "[" in name]
            return [one.weights for one in expand_methods(named) if one.weights] if named else []
        return []

    def _model(self, selector: zoo.Selector, default_preset: str, repetition: int, shown: str | None) -> ModelSpec:
        method = zoo.method(selector.name)
        preset = selector.preset or (method.default_preset if method.given else default_preset)
        chosen = zoo.Selector(selector.name, preset, _plain(selector))
        return ModelSpec(
            method=selector.name,
            preset=preset,
            parameters=chosen.parameters,
            dataset=self.dataset,
            repetition=repetition,
            seed=derive_seed(self.seed, chosen.architecture, self.dataset, repetition),
            recipe=self._recipe(selector, preset, default_preset),
            scale=default_preset,
            weights_shown=shown,
            processes=self._processes(selector, default_preset),
        )

    def _recipe(self, selector: zoo.Selector, preset: str, default_preset: str) -> Recipe:
        """How a network is trained; one whose weights are given is not.

        Papers trained in fp32, and so does a paper's recipe, unless the study names another precision.
        """
        own = self.own_fields(selector, default_preset)
        if selector.weights:
            if own:
                raise StudyError(f"methods: {selector} is not trained, since its weights are given: it has no recipe")
            return Recipe()
        published = zoo.method(selector.name).presets[preset].recipe if self.published_recipes else {}
        if published and self.recipe.precision == "auto":
            published = {"precision": "fp32", **published}
        changed = {**published, **own}
        place = f"recipe of {selector}"
        recipe = checked(Recipe, self.recipe.model_dump() | changed, place) if changed else self.recipe
        # Asked of the whole: a rate and its warm-up may come from different ones of the three.
        if recipe.warmup_lr is not None and not (recipe.warmup or recipe.warmup_steps):
            raise StudyError(
                f"{place}: warmup_lr: {recipe.warmup_lr:g} is the rate of a warm-up, and there is none; "
                "valid: with warmup or warmup_steps, or null"
            )
        return recipe

    def _processes(self, selector: zoo.Selector, default_preset: str) -> int:
        """How many processes train a network; one whose weights are given is not trained."""
        own = self.own_processes(selector, default_preset)
        if selector.weights and own:
            raise StudyError(f"methods: {selector} is not trained, since its weights are given: it has no processes")
        return 1 if selector.weights else own or self.processes

    def own_fields(self, selector: zoo.Selector, default_preset: str = "tiny") -> dict[str, Any]:
        """The recipe's fields that the study gives to a network alone; of several mappings, the last decides."""
        fields: dict[str, Any] = {}
        for entry in self._own_entries(selector, default_preset):
            fields |= entry.recipe
        return fields

    def own_processes(self, selector: zoo.Selector, default_preset: str = "tiny") -> int | None:
        """The processes that the study gives to a network alone; None where it gives it none."""
        own = [entry.processes for entry in self._own_entries(selector, default_preset) if entry.processes]
        return own[-1] if own else None

    def _own_entries(self, selector: zoo.Selector, default_preset: str) -> Iterator[OwnRecipe]:
        """The mappings that are about a network."""
        default_preset = self.preset or default_preset
        for entry in self.own_recipes():
            try:
                named = expand_methods([entry.name], default_preset)
            except StudyError:
                continue  # of a method that is gone; where the whole study is expanded, this is an error
            if _resolved(selector, default_preset) in (_resolved(one, default_preset) for one in named):
                yield entry

    def selecting(self, names: Sequence[str], default_preset: str = "tiny") -> tuple[str | OwnRecipe, ...]:
        """`methods` with other selectors, and of the study's own recipes those that name one of their networks.

        Args:
            names: selectors and wildcards.
            default_preset: as in `models`.

        Raises:
            StudyError: as of `models`.
        """
        preset = self.preset or default_preset
        specs = self.models(preset, only=names)
        selectors = {str(spec.full_selector): spec.full_selector for spec in specs}.values()
        own = [
            OwnRecipe(
                name=str(selector),
                recipe=self.own_fields(selector, preset),
                processes=self.own_processes(selector, preset),
            )
            for selector in selectors
        ]
        return (*names, *(entry for entry in own if entry.recipe or entry.processes))


class ModelSpec(Strict):
    """The specification of a network: all that determines it when trained, except data, code and machine.

    Attributes:
        method: name.
        preset: of the method.
        parameters: that override the preset's.
        dataset: selector of the data set, as in the study.
        repetition: index of the seed in the study, from 0.
        seed: from which all other seeds of this network are derived.
        recipe: how to train.
        scale: the study's preset, which labels leave out; the trained network does not depend on it.
        weights_shown: what labels call the file of given weights: as much of its path as the study needs to tell it
            from others. None where the network is trained.
        processes: that train it together, each on as many consecutive images of every batch.
    """

    method: str
    preset: str
    parameters: dict[str, Any]
    dataset: str
    repetition: int
    seed: int
    recipe: Recipe
    scale: str = "tiny"
    weights_shown: str | None = None
    processes: int = Field(1, ge=1, exclude_if=lambda processes: processes == 1)

    @property
    def full_selector(self) -> zoo.Selector:
        """Method, preset and parameters, and the weights where they are given."""
        return zoo.Selector(self.method, self.preset, self.parameters)

    @property
    def selector(self) -> zoo.Selector:
        """Method, preset and parameters: the network, whatever its weights."""
        return self.full_selector.architecture

    @property
    def weights(self) -> str | None:
        """The file of given weights, or the name of published ones; None where the network is trained."""
        return self.full_selector.weights

    @property
    def label(self) -> str:
        """Name of the network in tables and logs, unique within a study; shows a preset that is not the study's."""
        shown = {**self.parameters, **({WEIGHTS: self.weights_shown} if self.weights_shown else {})}
        parameters = [f"{key}={value}" for key, value in sorted(shown.items())]
        plain = self.preset == self.scale or is_given(self.method)
        inside = ([] if plain else [self.preset]) + parameters
        name = f"{self.method}[{', '.join(inside)}]" if inside else self.method
        return f"{name} #{self.repetition + 1}" if self.repetition else name

    @property
    def key(self) -> str:
        """Hash of all that determines the network, 12 hexadecimal digits."""
        return self._hash(self.parameters)

    @property
    def placeless_key(self) -> str:
        """The same, wherever the files of weights and modules are: what they hold is known to `Identity.given`."""
        return self._hash({name: value for name, value in self.parameters.items() if name not in FILES})

    @property
    def seedless_key(self) -> str:
        """The key that all seeds of the network in a study share."""
        return self.model_copy(update={"repetition": 0, "seed": 0}).key

    def _hash(self, parameters: dict[str, Any]) -> str:
        values = self.model_dump(mode="json", exclude={"scale", "weights_shown"}) | {"parameters": parameters}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]

    @model_serializer(mode="wrap")
    def _without_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `weights_shown` where there is none: a trained network's specification is what it was before."""
        values: dict[str, Any] = handler(self)
        if values.get("weights_shown") is None:
            values.pop("weights_shown", None)
        return values


def _shortest(paths: Iterable[str]) -> dict[str, str]:
    """As few last parts of every path as tell it from all the others."""
    parts = {path: PurePath(path).parts for path in paths}
    found = {}
    for path, own in parts.items():
        others = [other for one, other in parts.items() if one != path]
        lengths = (n for n in range(1, len(own)) if not any(other[-n:] == own[-n:] for other in others))
        found[path] = str(PurePath(*own[-next(lengths, len(own)) :]))
    return found


def _resolved(selector: zoo.Selector, default_preset: str) -> tuple[str, str, dict[str, Any]]:
    return selector.name, selector.preset or default_preset, _plain(selector)


def _plain(selector: zoo.Selector) -> dict[str, Any]:
    try:
        parameters: dict[str, Any] = json.loads(json.dumps(dict(selector.parameters), allow_nan=False))
    except (TypeError, ValueError) as error:
        valid = "finite numbers, words and lists of them"
        raise StudyError(f"methods: {selector}: a value that a study file cannot contain; valid: {valid}") from error
    return parameters


def expand_methods(selectors: Sequence[str], preset: str = "tiny") -> list[zoo.Selector]:
    """Parse selectors; `all` and wildcards become every matching method that has the preset.

    Raises:
        StudyError: one matches nothing.
    """
    found: list[zoo.Selector] = []
    chosen: list[str] = []
    for text in selectors:
        if text == "all":
            chosen += zoo.list_methods()
            found += _having(preset, zoo.list_methods())
        elif "[" not in text and any(c in text for c in "*?"):
            names = zoo.list_methods(text)
            if not names:
                raise StudyError(f"no method matches {text!r}; valid: {', '.join(zoo.list_methods())}")
            chosen += names
            found += _having(preset, names)
        else:
            try:
                found.append(zoo.parse(text))
            except ValueError as error:
                raise StudyError(f"methods: {error}") from error
    if selectors and not found:
        raise StudyError(nobody_has(preset, chosen))
    if not found:
        raise StudyError(f"methods: none chosen; valid: all, {', '.join(zoo.list_methods())}")
    return found


def _having(preset: str, names: Sequence[str]) -> list[zoo.Selector]:
    return [zoo.Selector(name) for name in names if preset in zoo.method(name).presets]


def parse_dataset(text: str) -> tuple[str, dict[str, Any]]:
    """Parse `name[option=value]` into the arguments of `benchmarks.data.load`.

    Raises:
        StudyError: the text does not have that form.
    """
    try:
        name, word, options = parse_brackets(text)
    except ValueError as error:
        raise StudyError(f"dataset: {error}") from error
    if word is not None:
        raise StudyError(f"dataset: cannot read {text!r}; write name or name[option=value]")
    reserved = {"name", "data_root"} & options.keys()
    if reserved:
        raise StudyError(f"dataset: {' and '.join(sorted(reserved))} cannot be an option of {name}")
    return name, options


def load_study(name_or_path: str) -> Study:
    """Read a bundled study by name, or a YAML file.

    Raises:
        StudyError: no such study or file, or contents that are not valid.
    """
    return load(Study, name_or_path)
