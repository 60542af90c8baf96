"""Evaluators by name.

Their modules take the decorator from the package, `from benchmarks.measuring import evaluator`, not from here: a
table's version has the files that its evaluator's module imports, and a change of the registry changes no table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pandas as pd

from benchmarks.measuring.subject import Subject
from benchmarks.strict import Strict

if TYPE_CHECKING:
    from benchmarks.measuring.options import Evaluation

Options = TypeVar("Options", bound=Strict)
Plain = Callable[[Subject, None], pd.DataFrame]
"""An evaluator without options."""
Optioned = Callable[[Subject, Options], pd.DataFrame]


NEEDS = ("baseline", "epsilons", "papers")
"""What tables may depend on besides network, code and options; `benchmarks.records.versions` has the values."""


@dataclass(frozen=True)
class Evaluator:
    """A measurement.

    Attributes:
        name: of the table it writes, and of the field of `Evaluation` that holds its options.
        run: subject and options to a tidy table; the options are an instance of `options`, or None where that is None.
        module: where its code is.
        alone: needs the machine to itself.
        options: the class of its options, or None.
        needs: what its table depends on besides network, code and options: `baseline` (the static ResNet measured
            beside), `epsilons` (the data set's own), `papers` (published figures of the method).
    """

    name: str
    run: Callable[[Subject, Any], pd.DataFrame]
    module: str
    alone: bool = False
    options: type[Strict] | None = None
    needs: tuple[str, ...] = ()

    def configured(self, evaluation: Evaluation) -> Strict | None:
        """Its options in a study; None where it has none, or is off."""
        value: Strict | None = getattr(evaluation, self.name) if self.options else None
        return value

    def wanted(self, evaluation: Evaluation) -> bool:
        """Whether a study asks for it."""
        return self.options is None or self.configured(evaluation) is not None


@dataclass
class _Registry:
    found: dict[str, Evaluator] = field(default_factory=dict)


_REGISTRY = _Registry()


@overload
def evaluator(name: str, *, alone: bool = False, needs: tuple[str, ...] = ()) -> Callable[[Plain], Plain]: ...


@overload
def evaluator(
    name: str, *, alone: bool = False, options: type[Options], needs: tuple[str, ...] = ()
) -> Callable[[Optioned[Options]], Optioned[Options]]: ...


def evaluator(
    name: str, *, alone: bool = False, options: type[Strict] | None = None, needs: tuple[str, ...] = ()
) -> Any:
    """Decorator that makes a function an evaluator of the suite.

    Args:
        name: of its table; `Evaluation` has a field of that name where it has options.
        alone: it needs the machine to itself.
        options: the class of its options; None: it has none.
        needs: see `Evaluator`.

    Raises:
        ValueError: there is no such need, or another function has that name. A module that is loaded again replaces
            its own.
    """
    unknown = set(needs) - set(NEEDS)
    if unknown:
        raise ValueError(f"evaluator {name!r}: nothing is known of {sorted(unknown)}; valid needs: {', '.join(NEEDS)}")

    def decorate(run: Callable[[Subject, Any], pd.DataFrame]) -> Callable[[Subject, Any], pd.DataFrame]:
        there = _REGISTRY.found.get(name)
        if there and (there.module, there.run.__qualname__) != (run.__module__, run.__qualname__):
            raise ValueError(f"evaluator {name!r} of {run.__module__} is there already: {there.module} has it")
        _REGISTRY.found[name] = Evaluator(name, run, run.__module__, alone, options, needs)
        return run

    return decorate


def evaluators(*, alone: bool | None = None) -> list[Evaluator]:
    """All evaluators, or those that do or do not need the machine to themselves."""
    return [e for e in _REGISTRY.found.values() if alone is None or e.alone == alone]
