"""What is compared: methods x data set x repetitions x recipe, checked before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import zoo
from benchmarks.seeds import derive
from zoo.registry import parse_brackets

T = TypeVar("T", bound=BaseModel)


class StudyError(ValueError):
    """A study that cannot be run; the message is one line that names the place and the valid choices."""


class Strict(BaseModel):
    """Immutable; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Recipe(Strict):
    """How networks are trained.

    Attributes:
        optimizer: `sgd` or `adam`.
        lr: peak learning rate.
        momentum: of SGD.
        nesterov: of SGD.
        weight_decay: L2, on all parameters unless a network's groups say otherwise.
        batch_size: pictures per step.
        epochs: over all phases.
        schedule: `cosine` (to zero), `step` (divided by ten at the milestones) or `constant`, in every phase.
        warmup: part of a phase over which the rate rises linearly to its peak.
        milestones: of `step`, as parts of the phase.
        precision: of training; `auto` is bf16 autocast where the device computes bf16 natively, else fp32.
        channels_last: memory format of activations and weights.
        augment: random crops and flips as the data set defines them.
    """

    optimizer: Literal["sgd", "adam"] = "sgd"
    lr: float = Field(0.1, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    nesterov: bool = True
    weight_decay: float = Field(5e-4, ge=0)
    batch_size: int = Field(128, ge=2)
    epochs: int = Field(30, ge=1)
    schedule: Literal["cosine", "step", "constant"] = "cosine"
    warmup: float = Field(0.0, ge=0, lt=1)
    milestones: tuple[float, ...] = (0.5, 0.75)
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    channels_last: bool = True
    augment: bool = True


class RobustnessOptions(Strict):
    """Attacks within an L-infinity ball; `epsilons` in units of [0, 1] pixels, None for the data set's own row."""

    samples: int = Field(500, ge=1)
    epsilons: tuple[float, ...] | None = None
    pgd_steps: int = Field(20, ge=1)
    batch_size: int = Field(100, ge=1)

    @field_validator("epsilons")
    @classmethod
    def _positive(cls, epsilons: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if epsilons is not None and (not epsilons or min(epsilons) <= 0 or max(epsilons) > 1):
            raise ValueError("epsilons must be numbers above 0 and at most 1, in units of [0, 1] pixels")
        return epsilons


class LatencyOptions(Strict):
    """Wall-clock: which batches, and seconds spent on each."""

    batch_sizes: tuple[int, ...] = (1, 32, 256)
    seconds: float = Field(2.0, gt=0)

    @field_validator("batch_sizes")
    @classmethod
    def _positive(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if not sizes or min(sizes) < 1:
            raise ValueError("batch_sizes must be numbers of at least 1")
        return sizes


class CostOptions(Strict):
    """Counting: batch size at which executed operations are counted over the whole test set."""

    batch_size: int = Field(250, ge=1)


class Evaluation(Strict):
    """Options of every evaluator; None switches one off."""

    cost: CostOptions | None = CostOptions()
    robustness: RobustnessOptions | None = RobustnessOptions()
    latency: LatencyOptions | None = LatencyOptions()


class Study(Strict):
    """A comparison.

    Attributes:
        name: of its directory under `results/` and `reports/`.
        title: headline of the report.
        dataset: name, or `name[option=value]`.
        preset: scale of every network that does not name its own; None for the data set's default.
        methods: selectors or wildcards; `all` is every method.
        repetitions: number of seeds.
        seed: of the study; every other seed derives from it.
        recipe: how to train.
        published_recipes: where a preset's paper gives a recipe, let it override `recipe`.
        evaluation: what to measure.
    """

    name: str = Field("quick", pattern=r"^[A-Za-z0-9][\w.-]*$")
    title: str = "RouteBench"
    dataset: str = "mnist5k"
    preset: str | None = None
    methods: tuple[str, ...] = ("all",)
    repetitions: int = Field(1, ge=1)
    seed: int = 0
    recipe: Recipe = Recipe()
    published_recipes: bool = False
    evaluation: Evaluation = Evaluation()

    def models(self, default_preset: str) -> list[ModelSpec]:
        """The networks to train, in order, without duplicates.

        Args:
            default_preset: scale of selectors that name none.

        Raises:
            StudyError: a selector that fits no method, preset or parameter.
        """
        found: dict[str, ModelSpec] = {}
        for selector in expand_methods(self.methods):
            for repetition in range(self.repetitions):
                spec = self._model(selector, self.preset or default_preset, repetition)
                found.setdefault(spec.key, spec)
        return list(found.values())

    def _model(self, selector: zoo.Selector, default_preset: str, repetition: int) -> ModelSpec:
        presets = zoo.method(selector.name).presets
        preset = selector.preset or default_preset
        if preset not in presets:
            raise StudyError(f"{selector.name} has no preset {preset!r}; valid: {', '.join(presets)}")
        recipe = self.recipe
        if self.published_recipes:
            recipe = checked(Recipe, recipe.model_dump() | dict(presets[preset].recipe), f"recipe of {selector}")
        chosen = zoo.Selector(selector.name, preset, selector.parameters)
        return ModelSpec(
            method=selector.name,
            preset=preset,
            parameters=json.loads(json.dumps(dict(selector.parameters))),
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
        """How tables and logs call the network."""
        parameters = [f"{key}={value}" for key, value in sorted(self.parameters.items())]
        inside = ([] if self.preset in ("tiny", "small", "imagenet") else [self.preset]) + parameters
        name = f"{self.method}[{', '.join(inside)}]" if inside else self.method
        return f"{name} #{self.repetition + 1}" if self.repetition else name

    @property
    def key(self) -> str:
        """Hash of the specification, 12 hexadecimal digits."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def expand_methods(selectors: Sequence[str]) -> list[zoo.Selector]:
    """Selectors and wildcards to selectors, `all` to every method.

    Raises:
        StudyError: one that fits nothing.
    """
    found: list[zoo.Selector] = []
    for text in selectors:
        if text == "all":
            found += [zoo.Selector(name) for name in zoo.methods()]
        elif "[" not in text and any(c in text for c in "*?"):
            names = zoo.methods(text)
            if not names:
                raise StudyError(f"no method fits {text!r}; valid: {', '.join(zoo.methods())}")
            found += [zoo.Selector(name) for name in names]
        else:
            try:
                found.append(zoo.parse(text))
            except ValueError as error:
                raise StudyError(f"methods: {error}") from error
    if not found:
        raise StudyError(f"methods: none chosen; valid: all, {', '.join(zoo.methods())}")
    return found


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
        where = ".".join(str(part) for part in first["loc"])
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
    if not path.is_file():
        raise StudyError(f"no study {name_or_path!r}; valid: {', '.join(bundled)}, or the path of a YAML file")
    try:
        values = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise StudyError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise StudyError(f"{path}: a study is a mapping of fields; valid: {', '.join(Study.model_fields)}")
    return checked(Study, {"name": path.stem, **values}, str(path))
