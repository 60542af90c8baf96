"""What is compared: methods x data set x repetitions x recipe, checked before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

import zoo
from benchmarks.options import Evaluation
from benchmarks.recipe import Recipe
from benchmarks.seeds import derive
from benchmarks.strict import Strict
from benchmarks.study_files import NotReadable, read_yaml
from zoo.registry import parse_brackets

T = TypeVar("T", bound=BaseModel)


class StudyError(ValueError):
    """A study that cannot be run; the message is one line that names the place and the valid choices."""


class Study(Strict):
    """A comparison.

    Attributes:
        name: of its directory under `results/` and `reports/`.
        title: headline of the report.
        dataset: name, or `name[option=value]`.
        preset: scale of every network that does not name its own; None for the data set's default.
        methods: selectors or wildcards; `all` is every method.
        repetitions: number of seeds, at most 1,000.
        seed: of the study, in [0, 2**63); every other seed derives from it.
        recipe: how to train.
        published_recipes: where a preset's paper gives a recipe, let it override `recipe`.
        evaluation: what to measure.
    """

    name: str = Field("quick", pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=100)
    title: str = "RouteBench"
    dataset: str = "mnist5k"
    preset: str | None = Field(None, min_length=1)
    methods: tuple[str, ...] = ("all",)
    repetitions: int = Field(1, ge=1, le=1_000)
    seed: int = Field(0, ge=0, lt=2**63)
    recipe: Recipe = Recipe()
    published_recipes: bool = False
    evaluation: Evaluation = Evaluation()

    def models(self, default_preset: str) -> list[ModelSpec]:
        """The networks to train, in order, without duplicates.

        Args:
            default_preset: scale of selectors that name none.

        Raises:
            StudyError: a selector that fits no method, preset or parameter, or two that tables would call the same.
        """
        found: dict[str, ModelSpec] = {}
        preset = self.preset or default_preset
        for selector in expand_methods(self.methods, preset):
            for repetition in range(self.repetitions):
                spec = self._model(selector, preset, repetition)
                same = found.setdefault(spec.label, spec)
                if same != spec:
                    raise StudyError(f"methods: {same.selector} and {spec.selector} would both be called {spec.label}")
        return list(found.values())

    def _model(self, selector: zoo.Selector, default_preset: str, repetition: int) -> ModelSpec:
        presets = zoo.method(selector.name).presets
        preset = selector.preset or default_preset
        if preset not in presets:
            raise StudyError(f"{selector.name} has no preset {preset!r}; valid: {', '.join(presets)}")
        recipe = self.recipe
        if self.published_recipes:
            recipe = checked(Recipe, recipe.model_dump() | dict(presets[preset].recipe), f"recipe of {selector}")
        chosen = zoo.Selector(selector.name, preset, _plain(selector))
        return ModelSpec(
            method=selector.name,
            preset=preset,
            parameters=chosen.parameters,
            dataset=self.dataset,
            repetition=repetition,
            seed=derive(self.seed, chosen, self.dataset, repetition),
            recipe=recipe,
        )


class ModelSpec(Strict):
    """Everything that determines a trained network, except the code."""

    method: str
    preset: str
    parameters: dict[str, Any]
    dataset: str
    repetition: int
    seed: int
    recipe: Recipe

    @property
    def selector(self) -> zoo.Selector:
        """Method, preset and parameters."""
        return zoo.Selector(self.method, self.preset, self.parameters)

    @property
    def label(self) -> str:
        """How tables and logs call the network; unique within a study."""
        parameters = [f"{key}={value}" for key, value in sorted(self.parameters.items())]
        inside = ([] if self.preset in ("tiny", "small", "imagenet") else [self.preset]) + parameters
        name = f"{self.method}[{', '.join(inside)}]" if inside else self.method
        return f"{name} #{self.repetition + 1}" if self.repetition else name

    @property
    def key(self) -> str:
        """Hash of the specification, 12 hexadecimal digits."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(selector: zoo.Selector) -> dict[str, Any]:
    try:
        parameters: dict[str, Any] = json.loads(json.dumps(dict(selector.parameters), allow_nan=False))
    except (TypeError, ValueError) as error:
        valid = "finite numbers, words and lists of them"
        raise StudyError(f"methods: {selector}: a value that no study file can have; valid: {valid}") from error
    return parameters


def expand_methods(selectors: Sequence[str], preset: str = "tiny") -> list[zoo.Selector]:
    """Selectors to selectors; `all` and wildcards to every method that fits and has the preset.

    Raises:
        StudyError: one that fits nothing.
    """
    found: list[zoo.Selector] = []
    for text in selectors:
        if text == "all":
            found += _having(preset, zoo.methods())
        elif "[" not in text and any(c in text for c in "*?"):
            names = zoo.methods(text)
            if not names:
                raise StudyError(f"no method fits {text!r}; valid: {', '.join(zoo.methods())}")
            found += _having(preset, names)
        else:
            try:
                found.append(zoo.parse(text))
            except ValueError as error:
                raise StudyError(f"methods: {error}") from error
    if selectors and not found:
        raise StudyError(f"methods: none chosen that has the preset {preset!r}; all have tiny and small")
    if not found:
        raise StudyError(f"methods: none chosen; valid: all, {', '.join(zoo.methods())}")
    return found


def _having(preset: str, names: Sequence[str]) -> list[zoo.Selector]:
    return [zoo.Selector(name) for name in names if preset in zoo.method(name).presets]


def parse_dataset(text: str) -> tuple[str, dict[str, Any]]:
    """`name[option=value]` to the arguments of `benchmarks.data.load`.

    Raises:
        StudyError: it is not of that form.
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


def checked(model: type[T], values: Mapping[str, Any], place: str) -> T:
    """Validate, or say in one line what is wrong where.

    Raises:
        StudyError: the first problem, with the field's name and the valid choices.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(".".join(str(part) for part in first["loc"]).split())
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = f"no such field; valid: {', '.join(_fields_at(model, first['loc'][:-1]))}"
        raise StudyError(f"{place}: {where}: {message}") from error


def _fields_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    for part in location:
        annotation = model.model_fields[str(part)].annotation
        options = [annotation, *getattr(annotation, "__args__", ())]
        model = next(o for o in options if isinstance(o, type) and issubclass(o, BaseModel))
    return list(model.model_fields)


def bundled_studies() -> dict[str, Path]:
    """The studies that ship with the suite, by name."""
    folder = Path(str(resources.files("benchmarks") / "studies"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_study(name_or_path: str) -> Study:
    """Read a bundled study by name, or a YAML file.

    Raises:
        StudyError: no such study or file, or contents that are not valid.
    """
    bundled = bundled_studies()
    path = bundled.get(name_or_path, Path(name_or_path))
    if not _is_file(path):
        raise StudyError(f"no study {name_or_path!r}; valid: {', '.join(bundled)}, or the path of a YAML file")
    try:
        values = read_yaml(path)
    except NotReadable as error:
        raise StudyError(f"{path}: {error}") from error
    if not isinstance(values, dict):
        raise StudyError(f"{path}: a study is a mapping of fields; valid: {', '.join(Study.model_fields)}")
    return checked(Study, {"name": path.stem, **values}, str(path))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, or no name at all
        return False
