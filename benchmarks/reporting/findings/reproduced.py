"""Whether a study reproduces what a paper prints: only where network, data, recipe and cost are those of the figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from benchmarks.reporting.evidence.evidence import Evidence, MethodDescription, NetworkEvidence
from benchmarks.reporting.evidence.pixels import OTHER_DATA
from benchmarks.reporting.formatting import is_missing, points
from benchmarks.training.recipe import Recipe
from zoo.papers.paper import Published

Word = Literal["reproduced", "ours differs", "not attempted"]
ROUNDING = 0.5e-4
"""Share by which a number printed with two digits of a percent may be off."""
EXTRAS = {"augment", "adversarial", "label_smoothing", "warmup", "gradient_clip", "ema_decay"}
"""Fields of a recipe in which a paper that does not name them has what is usual."""
SAME_COST = 0.1
"""Share by which the mean cost of a network may be off a figure's, if that is an error at a cost."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a published figure.

    Attributes:
        word: of the outcome.
        detail: by how much ours differs, or why there is nothing to compare; empty where it was reproduced.
        network: of the figure's preset, where it was trained on the figure's data; None otherwise.
        error: its top-1 error, a share; None where it is not known.
        low: lower end of its 95 % interval.
        high: upper end.
    """

    word: Word
    detail: str = ""
    network: NetworkEvidence | None = None
    error: float | None = None
    low: float = math.nan
    high: float = math.nan


def outcome(evidence: Evidence, method: MethodDescription, preset: str, figure: Published) -> Outcome:
    """What became of a figure with a top-1 error."""
    pixels = evidence.study.pixels
    if pixels.published_as != figure.dataset:
        return Outcome(word="not attempted", detail=pixels.why_not or OTHER_DATA)
    network = next((one for one in evidence.networks if _is_of(one, method, preset, figure)), None)
    if network is None:
        return Outcome(word="not attempted", detail=_why_absent(evidence, f"{method.name}[{preset}]"))
    setting = figure.setting or network.first.settings[0].name
    point = evidence.points.get((network.label, setting), {})
    accuracy = float(point.get("accuracy", math.nan))
    if is_missing(accuracy):
        why = network.reason("accuracy") if setting == network.first.settings[0].name else f"no setting {setting!r}"
        return Outcome(word="not attempted", detail=why, network=network)
    ends = (1 - float(point.get(f"accuracy_{end}", math.nan)) for end in ("high", "low"))
    low, high = (1 - accuracy if is_missing(end) else end for end in ends)
    reason = _another_way(method, preset, figure, network, float(point.get("routed", math.nan)))
    if reason:
        return Outcome(word="not attempted", detail=reason, network=network, error=1 - accuracy, low=low, high=high)
    word, detail = _judged(figure, 1 - accuracy, low, high)
    return Outcome(word=word, detail=detail, network=network, error=1 - accuracy, low=low, high=high)


def _is_of(network: NetworkEvidence, method: MethodDescription, preset: str, figure: Published) -> bool:
    model = network.first
    return network.method == method and model.preset == preset and dict(model.parameters) == dict(figure.changed)


def _why_absent(evidence: Evidence, label: str) -> str:
    if label in (network.label for network in evidence.failed):
        return "training failed"
    return "not trained yet" if label in evidence.untrained else "other preset"


def _another_way(
    method: MethodDescription, preset: str, figure: Published, network: NetworkEvidence, routed: float
) -> str:
    """Why a number of the same preset and data is another quantity, or was reached otherwise; empty if neither."""
    if network.is_given:
        return "weights were given"
    ours, theirs = network.first.recipe, method.recipes.get(preset)
    if theirs is None:
        return "the paper's recipe is not known"
    named = theirs.model_fields_set | EXTRAS
    asked = {name: getattr(theirs, name) for name in Recipe.model_fields if name in named}
    if figure.augment is not None:
        asked["augment"] = figure.augment
    other = [name for name, value in asked.items() if getattr(ours, name) != value]
    if other:
        return f"other recipe: {', '.join(name.replace('_', ' ') for name in other)}"
    if not (figure.routed and figure.macs):
        return ""
    if is_missing(routed):
        return "printed at a cost, which was not measured here"
    if abs(routed / figure.macs - 1) > SAME_COST:
        return f"at another cost: {routed / 1e6:,.4g} M MACs here, {figure.macs / 1e6:,.4g} M printed"
    return ""


def _judged(figure: Published, error: float, low: float, high: float) -> tuple[Word, str]:
    """Reproduced, if the interval of ours and what the printed one may be before rounding have something in common."""
    assert figure.error is not None
    printed = figure.error / 100
    if low - ROUNDING <= printed <= high + ROUNDING:
        return "reproduced", ""
    return "ours differs", f"{points(error - printed, 2)} points"
