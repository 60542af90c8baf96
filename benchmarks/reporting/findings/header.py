"""The top of the page: what was run on what data, how, where and when."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.provenance import dates, machines_line, own_recipe, recipe_line
from benchmarks.reporting.formatting import count, listing


def header(evidence: Evidence) -> dict[str, str]:
    """Texts by their name: data, run, recipe, machine and date."""
    study = evidence.study
    samples = evidence.results["samples"].max() if len(evidence.results) else 0
    networks = len(evidence.networks)
    run = f"{networks} network{'' if networks == 1 else 's'}, {_seeds(evidence)}"
    recipe = "each paper's own recipe where it gives one, else " if study.published_recipes else ""
    own = [network.name for network in evidence.networks if own_recipe(network, study.recipe)]
    apart = f"; {listing(own)} by a recipe of {'its' if len(own) == 1 else 'their'} own, see Training" if own else ""
    return {
        "Data": study.dataset_title + (f", {count(samples)} test images" if samples > 0 else ""),
        "Run": run,
        "Recipe": recipe + recipe_line(study.recipe) + apart,
        "Machine": machines_line(evidence.environments),
        "Date": dates(evidence.environments),
    }


def _seeds(evidence: Evidence) -> str:
    numbers = sorted({len(network.models) for network in evidence.networks})
    if len(numbers) > 1:
        return f"{numbers[0]} to {numbers[-1]} seeds each"
    seeds = next(iter(numbers), evidence.study.repetitions)
    return f"{seeds} seed{'' if seeds == 1 else 's'} each"
