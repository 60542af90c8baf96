"""What a study measures, and how: the options of every evaluator, each as its own module declares them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ConfigDict, SerializeAsAny, create_model, model_validator
from pydantic.fields import FieldInfo

from benchmarks.measuring.engine_names import COMPILED
from benchmarks.measuring.registry import evaluators
from benchmarks.strict import Strict

Options = TypeVar("Options", bound=Strict)


class Evaluation(Strict):
    """Options of every evaluator that has some, by its name; None switches one off.

    The registry says which evaluators there are, when values are checked and not before: modules that declare
    evaluators may import this one. An evaluator that is not mentioned has its default options, or is off if it is not
    measured `by_default`.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, SerializeAsAny[Strict] | None]

    @model_validator(mode="before")
    @classmethod
    def _checked(cls, values: Any) -> Any:
        if isinstance(values, cls):
            return values
        complete = _model().model_validate(_renamed(values))
        return {name: getattr(complete, name) for name in cls.fields()}

    @classmethod
    def fields(cls) -> Mapping[str, FieldInfo]:
        """A field for every evaluator that has options, in the order of evaluators."""
        return _model().model_fields

    def options(self, name: str) -> Strict | None:
        """Options of an evaluator; None where it is off, has none, or was not installed where this was made."""
        return (self.__pydantic_extra__ or {}).get(name)

    def options_as(self, name: str, kind: type[Options]) -> Options | None:
        """The same, for callers that read single options.

        Args:
            name: of the evaluator.
            kind: the class of its options.

        Raises:
            TypeError: they are of another class.
        """
        found = self.options(name)
        if found is not None and not isinstance(found, kind):
            raise TypeError(f"options of {name} are {type(found).__name__}, not {kind.__name__}")
        return found


def _renamed(values: Any) -> Any:
    """Options as they are called now: studies before engines raced said `compile` of the latency's."""
    latency = values.get("latency") if isinstance(values, Mapping) else None
    if not isinstance(latency, Mapping) or "compile" not in latency:
        return values
    rest = {name: value for name, value in latency.items() if name != "compile"}
    return {**values, "latency": {"engines": [COMPILED] if latency["compile"] else [], **rest}}


def _model() -> type[Strict]:
    return _model_of(tuple((e.name, e.options, e.by_default) for e in evaluators() if e.options))


@lru_cache(maxsize=8)
def _model_of(options: tuple[tuple[str, type[Strict], bool], ...]) -> type[Strict]:
    """A model with a field for each of these classes of options."""
    fields: dict[str, Any] = {name: (kind | None, kind() if on else None) for name, kind, on in options}
    return create_model("Evaluation", __base__=Strict, **fields)
