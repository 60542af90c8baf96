"""A study without its evaluation: enough to list what is compared without loading the evaluators."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, ValidationError, field_validator, model_serializer

from benchmarks.strict import Strict
from benchmarks.study.files import UnreadableFile, read_yaml
from benchmarks.training.recipe import Recipe

T = TypeVar("T", bound=Strict)
MAX_PROCESSES = 1024
STORED = 2
"""Format of a study that a run has stored, which its file names; other files name none."""


class StudyError(ValueError):
    """A study that cannot be run; the message is one line with the field and its valid values."""


class OwnRecipe(Strict):
    """Networks that a study trains in their own way.

    Attributes:
        name: a selector or wildcard, as in a study's `methods`.
        recipe: fields of `benchmarks.training.recipe.Recipe` that replace the study's, and those of a paper.
        processes: that train each of these networks together; None for the study's.
    """

    name: str = Field(min_length=1)
    recipe: Mapping[str, Any] = Field(default_factory=dict)
    processes: int | None = Field(None, ge=1, le=MAX_PROCESSES, exclude_if=lambda processes: processes is None)


class Design(Strict):
    """The fields of a study file. The evaluation is not checked here; `benchmarks.study.study.Study` checks everything.

    Attributes:
        name: of the study's directory under `results/` and `reports/`.
        title: of the report.
        dataset: name, or `name[option=value]`.
        preset: scale of every network that does not name its own; None for the data set's default.
        methods: selectors or wildcards; `all` is every method. A mapping of `name` and `recipe`, or `processes`, gives
            the networks of that name their own, wherever it stands, and adds those that the list does not have.
        repetitions: number of seeds, at most 1,000.
        seed: of the study, in [0, 2**63); every other seed derives from it.
        recipe: how to train.
        processes: that train each network together, each its part of every batch (`benchmarks.training.distributed`).
        published_recipes: if a preset's paper gives a recipe, it overrides `recipe`, and `precision` is fp32 where
            `recipe` names none.
        static_curve: shares of the reference's multiply-accumulates (`zoo.reference_of`) at which static ResNets are
            trained too (`zoo.static_curve`), ascending; empty for none.
        timed_repetitions: how many of the seeds, the first ones, are timed and their energy measured.
        margin: points of accuracy; a network that is shown to be less than that below the best is as accurate.
        plugins: modules, files or folders that are imported before anything of theirs is looked up.
        evaluation: what to measure, unchecked.
    """

    name: str = Field("quick", pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=100)
    title: str = "RouteBench"
    dataset: str = "mnist5k"
    preset: str | None = Field(None, min_length=1)
    methods: tuple[str | OwnRecipe, ...] = ("all",)
    repetitions: int = Field(1, ge=1, le=1_000)
    seed: int = Field(0, ge=0, lt=2**63)
    recipe: Recipe = Recipe()
    processes: int = Field(1, ge=1, le=MAX_PROCESSES, exclude_if=lambda processes: processes == 1)
    published_recipes: bool = False
    static_curve: tuple[Annotated[float, Field(gt=0, le=16)], ...] = (0.25, 0.5, 0.75, 1.0)
    timed_repetitions: int = Field(1, ge=1)
    margin: float = Field(0.5, gt=0, lt=100)
    plugins: tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...] = ()
    evaluation: Any = None

    @model_serializer(mode="wrap")
    def _without_no_plugins(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A study without plug-ins is stored as before there were any."""
        values: dict[str, Any] = handler(self)
        return values if self.plugins else {name: value for name, value in values.items() if name != "plugins"}

    @field_validator("methods", mode="before")
    @classmethod
    def _entries(cls, methods: Any) -> Any:
        """Read mappings here, so that an error is about a mapping's fields and not about a selector."""
        if not isinstance(methods, list | tuple):
            return methods
        return [_entry(entry, number) for number, entry in enumerate(methods, 1)]

    @field_validator("static_curve")
    @classmethod
    def _ascending(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if list(shares) != sorted(set(shares)):
            raise ValueError(f"{list(shares)} must be ascending, each share once, as 0.25, 0.5, 1.0")
        return shares

    def own_recipes(self) -> list[OwnRecipe]:
        """The mappings among the methods, in order."""
        return [entry for entry in self.methods if isinstance(entry, OwnRecipe)]


def _entry(entry: Any, number: int) -> str | OwnRecipe:
    if isinstance(entry, str | OwnRecipe):
        return entry
    if not isinstance(entry, Mapping):
        raise StudyError(f"entry {number}: {entry!r} is neither a selector nor a mapping of name and recipe")
    return checked(OwnRecipe, entry, f"entry {number}")


def method_names(methods: Iterable[str | OwnRecipe]) -> list[str]:
    """The selectors and wildcards of a study's methods, in order."""
    return [entry if isinstance(entry, str) else entry.name for entry in methods]


def checked(model: type[T], values: Mapping[str, Any], place: str) -> T:
    """Validate values, or raise an error with one line that says what is wrong and where.

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
            valid = _fields_at(model, first["loc"][:-1])
            near = difflib.get_close_matches(str(first["loc"][-1]), valid, n=3, cutoff=0.54)
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            message = f"no such field; {hint}valid: {', '.join(valid)}"
        raise StudyError(f"{place}: {where}: {message}") from error


def _fields_at(model: type[Strict], location: Sequence[int | str]) -> list[str]:
    for part in location:
        annotation = model.fields()[str(part)].annotation
        options = [annotation, *getattr(annotation, "__args__", ())]
        model = next(o for o in options if isinstance(o, type) and issubclass(o, Strict))
    return list(model.fields())


def bundled_studies() -> dict[str, Path]:
    """The studies that ship with the suite, by name."""
    folder = Path(str(resources.files("benchmarks.study") / "studies"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load(model: type[T], name_or_path: str) -> T:
    """Read a bundled study by name, or a YAML file, as a `Design` or a `benchmarks.study.study.Study`.

    The `study.yaml` that a run stores is one of these files: what it did can be asked for again, on another machine.

    Raises:
        StudyError: no such study or file, or contents that are not valid.
    """
    bundled = bundled_studies()
    path = bundled.get(name_or_path, Path(name_or_path))
    if not _is_file(path):
        raise StudyError(f"no study {name_or_path!r}; valid: {', '.join(bundled)}, or the path of a YAML file")
    try:
        values = read_yaml(path)
    except UnreadableFile as error:
        raise StudyError(f"{path}: {error}") from error
    if not isinstance(values, dict):
        raise StudyError(f"{path}: a study is a mapping of fields; valid: {', '.join(model.fields())}")
    if values.pop("format", STORED) != STORED:
        raise StudyError(f"{path} was stored by another version of RouteBench: format must be {STORED}")
    return checked(model, {"name": path.stem, **values}, str(path))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # the name is too long, or not a valid path
        return False
