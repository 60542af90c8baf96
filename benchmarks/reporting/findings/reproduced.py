"""Whether a study reproduces what a paper prints: only where network, data, recipe and cost are those of the figure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from benchmarks.reporting.evidence.evidence import Evidence, MethodDescription, NetworkEvidence
from benchmarks.reporting.evidence.pixels import OTHER_DATA
from benchmarks.reporting.evidence.routes import matrix
from benchmarks.reporting.formatting import is_missing, points
from benchmarks.training.recipe import Recipe
from zoo.papers.paper import Published
from zoo.registry import Selector

Word = Literal["reproduced", "ours differs", "not attempted"]
HARMLESS = frozenset({"channels_last", "compile"})
"""Fields of a recipe that say how fast a training is. All others say what is learnt."""
PAPERS_PRECISION = "fp32"
"""In which a paper trained that names none, see `benchmarks.study.study.Study`."""
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


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A printed error and what became of it.

    Attributes:
        method: whose paper prints it.
        preset: whose network it is of; of several with the same figure, the first that was compared with it.
        figure: as printed.
        outcome: of the comparison.
    """

    method: MethodDescription
    preset: str
    figure: Published
    outcome: Outcome

    @property
    def recipe(self) -> Recipe | None:
        """How the figure's network was trained; None where that is not known."""
        return _recipe(self.method, self.preset, self.figure)


def reported(evidence: Evidence) -> list[Reported]:
    """Every error that papers print for the methods of a study, once: by source, data set and error.

    An error that is printed for several presets, as for a network under two names, is shown for the first whose
    outcome is a comparison; without one, for the first that was trained; else for the first.
    """
    found: dict[tuple[str, str, float], list[Reported]] = {}
    methods = {network.method.name: network.method for network in evidence.networks}
    for method in methods.values():
        for preset, figures in method.published.items():
            for figure in figures:
                if figure.error is not None:
                    own = outcome(evidence, method, preset, figure)
                    row = Reported(method=method, preset=preset, figure=figure, outcome=own)
                    found.setdefault((figure.source, figure.dataset, figure.error), []).append(row)
    return [min(same, key=_rank) for same in found.values()]


def _rank(row: Reported) -> int:
    if row.outcome.word != "not attempted":
        return 0
    return 1 if row.outcome.network else 2


def outcome(evidence: Evidence, method: MethodDescription, preset: str, figure: Published) -> Outcome:
    """What became of a figure with a top-1 error."""
    pixels = evidence.study.pixels
    if pixels.published_as != figure.dataset:
        return Outcome(word="not attempted", detail=pixels.why_not or OTHER_DATA)
    network = next((one for one in evidence.networks if _is_of(one, method, preset, figure)), None)
    if network is None:
        return Outcome(word="not attempted", detail=_why_absent(evidence, method, preset, figure))
    setting = figure.setting or network.first.settings[0].name
    point = evidence.points.get((network.label, setting), {})
    accuracy = float(point.get("accuracy", math.nan))
    if is_missing(accuracy):
        why = network.reason("accuracy") if setting == network.first.settings[0].name else f"no setting {setting!r}"
        return Outcome(word="not attempted", detail=why, network=network)
    ends = (1 - float(point.get(f"accuracy_{end}", math.nan)) for end in ("high", "low"))
    low, high = (1 - accuracy if is_missing(end) else end for end in ends)
    reason = (
        figure.unlike
        or _another_training(network, _recipe(method, preset, figure))
        or _another_cost(figure, float(point.get("routed", math.nan)), _units_run(network, setting))
    )
    if reason:
        return Outcome(word="not attempted", detail=reason, network=network, error=1 - accuracy, low=low, high=high)
    word, detail = _judged(figure, 1 - accuracy, low, high)
    return Outcome(word=word, detail=detail, network=network, error=1 - accuracy, low=low, high=high)


def _is_of(network: NetworkEvidence, method: MethodDescription, preset: str, figure: Published) -> bool:
    model = network.first
    return network.method == method and model.preset == preset and dict(model.parameters) == dict(figure.changed)


def _why_absent(evidence: Evidence, method: MethodDescription, preset: str, figure: Published) -> str:
    label = str(Selector(method.name, preset, figure.changed))
    if label in (network.label for network in evidence.failed):
        return "training failed"
    return "not trained yet" if label in evidence.untrained else "other preset"


def _recipe(method: MethodDescription, preset: str, figure: Published) -> Recipe | None:
    theirs = method.recipes.get(preset)
    return theirs and Recipe.model_validate(theirs.model_dump(exclude_unset=True) | dict(figure.recipe))


def _another_training(network: NetworkEvidence, theirs: Recipe | None) -> str:
    """Why weights of the same network and data were reached otherwise; empty if they were not."""
    if network.is_given:
        return "weights were given"
    if theirs is None:
        return "the paper's recipe is not known"
    ours = network.first.recipe
    other = [name for name in _deciding(theirs) if getattr(ours, name) != getattr(theirs, name)]
    if network.first.precision != (theirs.precision if "precision" in theirs.model_fields_set else PAPERS_PRECISION):
        other.append("precision")
    return f"other recipe: {', '.join(name.replace('_', ' ') for name in other)}" if other else ""


def _deciding(recipe: Recipe) -> list[str]:
    """Fields on which weights depend; precision is left out, since what a recipe asks for depends on the machine."""
    unused = HARMLESS | {"precision"}
    if recipe.optimizer != "sgd":
        unused |= {"momentum", "nesterov"}
    if recipe.schedule != "step":
        unused |= {"milestones", "step_factor"}
    return [name for name in Recipe.model_fields if name not in unused]


def _units_run(network: NetworkEvidence, setting: str) -> float:
    """Mean share of its units that images used, of the first seed; NaN where accuracy was not measured."""
    table = network.measurement("accuracy")
    routes = None if table is None else table.loc[table["setting"] == setting, "route"]
    return math.nan if routes is None or routes.empty else float(matrix(routes).mean())


def _another_cost(figure: Published, routed: float, units_run: float) -> str:
    """Why an error at a cost is not one at the figure's cost; empty if it is, or is none at a cost."""
    if not figure.routed:
        return ""
    if figure.macs:
        ours, theirs, unit = routed / 1e6, figure.macs / 1e6, "M MACs"
    elif figure.units_run:
        ours, theirs, unit = 100 * units_run, 100 * figure.units_run, "% of the units"
    else:
        return "at a cost that is not printed"
    if is_missing(ours):
        return "printed at a cost, which was not measured here"
    if abs(ours / theirs - 1) > SAME_COST:
        return f"at another cost: {ours:,.4g} {unit} here, {theirs:,.4g} {unit.split()[0]} printed"
    return ""


def _judged(figure: Published, error: float, low: float, high: float) -> tuple[Word, str]:
    """Reproduced, if the interval of ours and what the printed one may be have something in common."""
    assert figure.error is not None
    printed, within = figure.error / 100, figure.within / 100
    if low - within <= printed <= high + within:
        return "reproduced", ""
    return "ours differs", f"{points(error - printed, 2)} points"
