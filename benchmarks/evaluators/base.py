"""The interface of evaluators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pandas as pd
import torch
from torch import Tensor

from benchmarks.cost import Ledger
from benchmarks.data import Dataset
from benchmarks.fingerprint import fingerprint
from benchmarks.options import Evaluation
from benchmarks.recipe import Strict
from zoo.contract import RoutedNet, Setting


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A trained network and all that an evaluator may need.

    Attributes:
        net: in eval mode, on `device`.
        settings: points of the curve, the headline first.
        ledger: cost of its units.
        dataset: evaluators report on the test split.
        baseline: the suite's static ResNet of the same preset and task, untrained: for timing beside it.
        device: where to run.
        seed: for whatever an evaluator samples.
    """

    net: RoutedNet
    settings: Sequence[Setting]
    ledger: Ledger
    dataset: Dataset
    baseline: RoutedNet
    device: torch.device
    seed: int

    @contextmanager
    def at(self, setting: Setting) -> Iterator[RoutedNet]:
        """The network at a setting; the one from before comes back."""
        before = self.net.setting
        self.net.use(setting)
        try:
            yield self.net
        finally:
            self.net.use(before)


@dataclass(frozen=True)
class Evaluator:
    """A measurement.

    Attributes:
        name: of the table it writes.
        run: subject and evaluation options to a tidy table; None as options field means it is off.
        alone: needs the machine to itself.
        options: the field of `Evaluation` that configures it, or None.
        module: where its code is.
    """

    name: str
    run: Callable[[Subject, Evaluation], pd.DataFrame]
    module: str
    alone: bool = False
    options: str | None = None

    def configured(self, evaluation: Evaluation) -> Strict | None:
        """Its options in a study."""
        value: Strict | None = getattr(evaluation, self.options) if self.options else None
        return value

    def wanted(self, evaluation: Evaluation) -> bool:
        """Whether a study asks for it."""
        return self.options is None or self.configured(evaluation) is not None


@dataclass
class _Registry:
    found: dict[str, Evaluator] = field(default_factory=dict)


_REGISTRY = _Registry()

Run = Callable[[Subject, Evaluation], pd.DataFrame]


def evaluator(name: str, *, alone: bool = False, options: str | None = None) -> Callable[[Run], Run]:
    """Decorator that makes a function an evaluator of the suite."""

    def decorate(run: Run) -> Run:
        _REGISTRY.found[name] = Evaluator(name, run, run.__module__, alone, options)
        return run

    return decorate


def evaluators(*, alone: bool | None = None) -> list[Evaluator]:
    """All evaluators, or those that do or do not need the machine to themselves."""
    return [e for e in _REGISTRY.found.values() if alone is None or e.alone == alone]


def version(chosen: Evaluator, evaluation: Evaluation) -> dict[str, object]:
    """What determines an evaluator's table besides the model: its code and its options."""
    options = chosen.configured(evaluation)
    return {"code": fingerprint([chosen.module]), "options": options.model_dump(mode="json") if options else {}}


def route_text(route: Tensor) -> list[str]:
    """Routes (N, U) bool as N strings of `1` (used) and `0`, which tables keep and people can read."""
    digits = (route.to(torch.uint8) + ord("0")).cpu().numpy()
    return [row.tobytes().decode("ascii") for row in digits]
