"""Which code and which options made an evaluator's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evaluators.registry import Evaluator
from benchmarks.fingerprint import fingerprint

if TYPE_CHECKING:
    from benchmarks.options import Evaluation


def version(chosen: Evaluator, evaluation: Evaluation) -> dict[str, object]:
    """What determines an evaluator's table besides the model: its code and its options."""
    options = chosen.configured(evaluation)
    return {"code": fingerprint([chosen.module]), "options": options.model_dump(mode="json") if options else {}}
