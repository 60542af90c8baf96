"""The top of the page: what was run on what data, how, where and when."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence, StudyEvidence
from benchmarks.reporting.findings.provenance import dates, machines_line, own_recipe, recipe_line
from benchmarks.reporting.formatting import count, listing


def header(evidence: Evidence) -> dict[str, str]:
    """Texts by their name: data, run, recipe, machine and date."""
    study = evidence.study
    samples = evidence.results["samples"].max() if len(evidence.results) else 0
    networks = len(evidence.networks)
    run = f"{networks} network{'' if networks == 1 else 's'}, {_seeds(evidence)}"
    own = [network.name for network in evidence.networks if own_recipe(network, study.recipe)]
    apart = f"; {listing(own)} by a recipe of {'its' if len(own) == 1 else 'their'} own, see Training" if own else ""
    return {
        "Data": study.dataset_title + (f", {count(samples)} test images" if samples > 0 else ""),
        "Run": run,
        **_studies(evidence),
        "Recipe": _recipe(study) + apart,
        "Machine": machines_line(evidence.environments),
        "Date": dates(evidence.environments),
    }


def _seeds(evidence: Evidence) -> str:
    numbers = sorted({len(network.models) for network in evidence.networks})
    if len(numbers) > 1:
        return f"{numbers[0]} to {numbers[-1]} seeds each"
    seeds = next(iter(numbers), evidence.study.repetitions)
    return f"{seeds} seed{'' if seeds == 1 else 's'} each"


def _studies(evidence: Evidence) -> dict[str, str]:
    """Which studies share the page, and whose seeds are seeds of one network; nothing of a single study."""
    study = evidence.study
    if not study.studies:
        return {}
    parts = [
        f"the seeds of {listing(networks)} from {listing(names)} are joined, since nothing but the seed differs"
        for names, networks in _joined(evidence).items()
    ]
    return {"Studies": "; ".join([listing(list(study.studies)), *parts])}


def _joined(evidence: Evidence) -> dict[tuple[str, ...], list[str]]:
    """Names of the networks that some studies share as one, by the names of these studies."""
    found: dict[tuple[str, ...], list[str]] = {}
    for network in evidence.networks:
        names = evidence.study.joined.get(network.label)
        if names:
            found.setdefault(names, []).append(network.name)
    return found


def _recipe(study: StudyEvidence) -> str:
    """How networks are trained; of several studies with different recipes, each with its name."""
    each: dict[str, list[str]] = {}
    for name, own in (study.studies or {study.name: study}).items():
        published = "each paper's own recipe where it gives one, else " if own.published_recipes else ""
        each.setdefault(published + recipe_line(own.recipe), []).append(name)
    if len(each) == 1:
        return next(iter(each))
    return "; ".join(f"{listing(names)}: {line}" for line, names in each.items())
