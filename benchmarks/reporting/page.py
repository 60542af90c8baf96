"""The page: from a study's directory to one HTML file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from benchmarks.measuring.robustness import PGD_REACH, RobustnessOptions
from benchmarks.records.files import replacing
from benchmarks.records.summary import CLEAN
from benchmarks.reporting.drawing.formatting import count, epsilons
from benchmarks.reporting.drawing.legend import key
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence import attacks, provenance
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.evidence.methods import dataset_title
from benchmarks.reporting.evidence.routes import single_route
from benchmarks.reporting.findings import verdict
from benchmarks.reporting.findings import warnings as cautions
from benchmarks.reporting.layout import section_content
from benchmarks.reporting.sections import SECTIONS

PGD_ENGINES = {
    "compacting": "a picture is attacked until it is fooled; its answer and its cost are those of the first success, "
    "near the decision boundary",
    "foolbox": "every picture takes every step (foolbox); its answer and its cost are those of the last",
}
"""What the engines of `benchmarks.measuring.robustness.RobustnessOptions` do, for readers."""


def build(results_dir: Path, out: Path) -> Path:
    """Write the report of a study, in one step.

    Args:
        results_dir: the study's directory, `results/<study>`.
        out: directory of the page; it is made where it is missing.

    Returns:
        The page, `<out>/index.html`. Equal results and equal code give equal bytes.

    Raises:
        benchmarks.records.files.StoreError: the results are missing or damaged; the message is one line.
    """
    html = render(load(results_dir))
    page = out / "index.html"
    with replacing(page) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return page


def render(evidence: Evidence) -> str:
    """The page as text."""
    environment = Environment(
        loader=PackageLoader("benchmarks.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )
    environment.filters |= {"count": count}
    return environment.get_template("page.html.j2").render(_context(evidence))


def _unbroken(value: object) -> object:
    """Keep a number and its percent sign on one line."""
    return value.replace(" %", "\u00a0%") if type(value) is str else value


def _context(evidence: Evidence) -> dict[str, Any]:
    with look():
        contents = {section: section_content(evidence, section) for section in SECTIONS}
    return {
        "evidence": evidence,
        "study": evidence.study,
        "sections": SECTIONS,
        "contents": contents,
        "keys": {entry.slug: key(entry.style) for entry in (*evidence.entries, *evidence.failed)},
        "findings": verdict.findings(evidence),
        "cautions": cautions.cautions(evidence),
        "stale": cautions.stale(evidence),
        "header": _header(evidence),
        "attack": _attack(evidence),
        "single": {entry.slug: text for entry in evidence.entries if (text := single_route(entry))},
        "provenance": provenance,
    }


def _header(evidence: Evidence) -> dict[str, str]:
    study = evidence.study
    samples = evidence.points["samples"].max() if len(evidence.points) else 0
    networks = len(evidence.entries)
    run = f"{networks} network{'' if networks == 1 else 's'}, {_seeds(evidence)}"
    recipe = "each paper's own recipe where it gives one, else " if study.published_recipes else ""
    return {
        "Data": dataset_title(study.dataset) + (f", {count(samples)} test pictures" if samples > 0 else ""),
        "Run": run,
        "Recipe": recipe + provenance.recipe_line(study.recipe),
        "Machine": provenance.machines_line(evidence.made),
        "Date": provenance.dates(evidence.made),
    }


def _seeds(evidence: Evidence) -> str:
    numbers = sorted({len(entry.models) for entry in evidence.entries})
    if len(numbers) > 1:
        return f"{numbers[0]} to {numbers[-1]} seeds each"
    seeds = next(iter(numbers), evidence.study.repetitions)
    return f"{seeds} seed{'' if seeds == 1 else 's'} each"


def _attack(evidence: Evidence) -> dict[str, str]:
    names = attacks.names(evidence.attacks)
    if not names:
        return {}
    radii = epsilons(evidence.attacks.loc[evidence.attacks["attack"] != CLEAN, "epsilon"])
    options = evidence.study.evaluation.robustness or RobustnessOptions()
    return {
        "names": ", ".join(names),
        "radii": ", ".join(radii.values()),
        "pictures": count(evidence.attacks["pictures"].max()),
        "reach": f"{PGD_REACH:g}",
        "engine": PGD_ENGINES[options.engine],
    }
