"""Evaluators by name: found among the modules of `benchmarks.measuring` and of installed plug-ins.

A table's version has the files that its evaluator's module imports. This module only lists, and is not among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pandas as pd

from benchmarks.measuring.picture_names import PICTURES
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from zoo.plugins import Registry, origin_of

if TYPE_CHECKING:
    from benchmarks.measuring.options import Evaluation

Options = TypeVar("Options", bound=Strict)
Plain = Callable[[TrainedNetwork, None], pd.DataFrame]
"""An evaluator without options."""
Optioned = Callable[[TrainedNetwork, Options], pd.DataFrame]

LAST = 100
"""The place of evaluators that name none."""
DERIVED = (
    *("answers", "corruption_rates", "decision_answers", "detection_rates", "jpeg_rates", "lesion_answers", "rates"),
    *("slowdown_rates", "summary"),
)
"""Names of tables that `benchmarks.records.derived` makes of those of evaluators."""
RESERVED = ("history", *DERIVED)
"""Files of a record that are no evaluator's table."""
OF_THE_FIRST_SEED = ("exits",)
"""Tables that only a network's first seed has, the one that a page shows: of 10,000 images this is a megabyte."""
NEEDS = ("baseline", "epsilons", "papers")
"""What tables may depend on besides network, code and options; `benchmarks.records.versions` has the values."""


@dataclass(frozen=True)
class Evaluator:
    """A measurement.

    Attributes:
        name: of the table it writes, and of its options in `Evaluation`.
        run: trained and options to a tidy table; the options are an instance of `options`, or None where that is None.
        module: where its code is.
        alone: needs the machine to itself.
        options: the class of its options, or None.
        needs: what its table depends on besides network, code and options: `baseline` (the static ResNet measured
            beside), `epsilons` (the data set's own), `papers` (published figures of the method).
        uses: from its options to modules that it finds by name: its table depends on their code too.
        order: its place when evaluators run or are listed; equal ones are in the order of the registry.
        by_default: studies that do not mention it ask for it too.
        pictures: it attacks images, and puts pictures of them into `TrainedNetwork.pictures`: a table of its own.
    """

    name: str
    run: Callable[[TrainedNetwork, Any], pd.DataFrame]
    module: str
    alone: bool = False
    options: type[Strict] | None = None
    needs: tuple[str, ...] = ()
    uses: Callable[[Any], Sequence[str]] | None = None
    order: int = LAST
    by_default: bool = True
    pictures: bool = False

    def modules(self, evaluation: Evaluation) -> list[str]:
        """Modules whose code its table depends on, with all that they import."""
        options = self.configured(evaluation)
        return [self.module, *(self.uses(options) if self.uses and options else ())]

    def configured(self, evaluation: Evaluation) -> Strict | None:
        """Its options in a study; None where it has none, or is off."""
        return evaluation.options(self.name)

    def wanted(self, evaluation: Evaluation) -> bool:
        """Whether a study asks for it."""
        return self.options is None or self.configured(evaluation) is not None


EVALUATORS: Registry[Evaluator] = Registry("evaluator", "benchmarks.measuring")
"""Every evaluator; `evaluators` has their order."""


@overload
def evaluator(
    name: str, *, alone: bool = False, needs: tuple[str, ...] = (), order: int = LAST
) -> Callable[[Plain], Plain]: ...


@overload
def evaluator(
    name: str,
    *,
    alone: bool = False,
    options: type[Options],
    needs: tuple[str, ...] = (),
    uses: Callable[[Options], Sequence[str]] | None = None,
    order: int = LAST,
    by_default: bool = True,
    pictures: bool = False,
) -> Callable[[Optioned[Options]], Optioned[Options]]: ...


def evaluator(
    name: str,
    *,
    alone: bool = False,
    options: type[Strict] | None = None,
    needs: tuple[str, ...] = (),
    uses: Callable[[Any], Sequence[str]] | None = None,
    order: int = LAST,
    by_default: bool = True,
    pictures: bool = False,
) -> Any:
    """Decorator that makes a function an evaluator of the suite.

    Args:
        name: of its table, a lower-case word; a study's `evaluation` has its options under that name.
        alone: it needs the machine to itself.
        options: the class of its options, each with a default; None: it has none.
        needs: see `Evaluator`.
        uses: see `Evaluator`.
        order: see `Evaluator`.
        by_default: see `Evaluator`.
        pictures: see `Evaluator`.

    Raises:
        ValueError: no table can have that name, there is no such need, an option has no default, an evaluator that is
            not measured by default has no options to ask for it with, or another function has that name. A module that
            is loaded again replaces its own.
    """
    _check_name(name)
    unknown = set(needs) - set(NEEDS)
    if unknown:
        raise ValueError(f"evaluator {name!r}: unknown needs {sorted(unknown)}; valid needs: {', '.join(NEEDS)}")
    required = [field for field, facts in options.model_fields.items() if facts.is_required()] if options else []
    if required:
        raise ValueError(f"evaluator {name!r}: option {required[0]} has no default; a study need not mention it")
    if not by_default and options is None:
        raise ValueError(f"evaluator {name!r}: without options, a study cannot ask for it; give it a class of options")

    def decorate(run: Callable[[TrainedNetwork, Any], pd.DataFrame]) -> Callable[[TrainedNetwork, Any], pd.DataFrame]:
        declared = Evaluator(name, run, run.__module__, alone, options, needs, uses, order, by_default, pictures)
        EVALUATORS.add(name, declared, origin_of(run))
        return run

    return decorate


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"evaluator {name!r}: a name has lower-case letters, digits and _, and begins with a letter")
    if name in RESERVED or name.endswith(PICTURES) or hasattr(Strict, name):
        raise ValueError(f"evaluator {name!r}: that name is reserved; choose another")


def evaluators(*, alone: bool | None = None) -> list[Evaluator]:
    """All evaluators in their order, or those that do or do not need the machine to themselves."""
    return sorted((e for e in EVALUATORS if alone is None or e.alone == alone), key=lambda e: e.order)
