"""Whether a study reproduces what a paper prints: only where network, data, recipe and cost are those of the figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from benchmarks.reporting.evidence.evidence import Evidence, MethodDescription, NetworkEvidence, StudyEvidence
from benchmarks.reporting.formatting import is_missing, points
from benchmarks.study.study import parse_dataset
from benchmarks.training.recipe import Recipe
from zoo.papers.paper import Published

Word = Literal["reproduced", "ours differs", "not attempted"]
ORIGINAL = "original pixels"
OTHER_DATA = "other data set"
ORIGINALS = ("cifar10", "cifar100", "svhn", "mnist", "imagenet")
"""Data sets of published figures. An error on one that was compressed again is another quantity."""
JPEG = ("cifar10-jpeg",)
HARMLESS = frozenset({"download", "workers", "in_memory"})
"""Options on which no pixel and no split depends."""
ROUNDING = 0.5e-4
"""Share by which a number printed with two digits of a percent may be off."""
EXTRAS = {"augment", "adversarial", "label_smoothing", "warmup", "gradient_clip", "ema_decay"}
"""Fields of a recipe in which a paper that does not name them has what is usual."""
SAME_COST = 0.1
"""Share by which the mean cost of a network may be off a figure's, if that is an error at a cost."""


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """On which images a study measured, by the name that published figures have for them.

    Attributes:
        published_as: `cifar10` and so on; empty where no figure is of these images.
        why_not: where it is empty, in a few words.
        words: for readers: the original pixels, or what was done to them.
    """

    published_as: str = ""
    why_not: str = ""
    words: str = ORIGINAL


OTHERS = Pixels(why_not=OTHER_DATA, words="no printed error is of these")


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


def pixels_of(study: StudyEvidence) -> Pixels:
    """The images of a study, or of several on one page: of all, or no figure is of them."""
    found = {pixels(str(one.configuration["dataset"])) for one in study.studies.values() or (study,)}
    return found.pop() if len(found) == 1 else Pixels(why_not="several selections of data here", words="mixed")


def pixels(text: str) -> Pixels:
    """The images of a data set's selector, `name` or `name[option=value]`.

    MNIST is `torchvision[dataset=MNIST]`; ImageNet is an image folder of that name at 224 pixels.
    """
    try:
        name, options = parse_dataset(text)
    except ValueError:
        return OTHERS
    if name in JPEG:
        return Pixels(why_not="JPEG-compressed images here", words="JPEG-compressed")
    named = _named_by_options(name, options)
    known = named.get("dataset") or named.get("path") or name
    if known not in ORIGINALS:
        return OTHERS
    changing = sorted(set(options) - HARMLESS - set(named))
    if changing:
        return Pixels(why_not=f"other images here, by {', '.join(changing)}", words="selected or changed images")
    return Pixels(published_as=known)


def _named_by_options(name: str, options: Mapping[str, Any]) -> Mapping[str, str]:
    """Options that say which published data set a reader of many reads, and its published name."""
    if name == "torchvision" and options.get("dataset") == "MNIST":
        return {"dataset": "mnist"}
    if name == "imagefolder" and PurePath(str(options.get("path"))).name == "imagenet" and options.get("crop") == 224:
        return {"path": "imagenet", "crop": ""}
    return {}


def outcome(evidence: Evidence, method: MethodDescription, preset: str, figure: Published) -> Outcome:
    """What became of a figure with a top-1 error."""
    pixels = pixels_of(evidence.study)
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
