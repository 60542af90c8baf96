"""A comparison as a page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from benchmarks.comparing import difference_tables, origin_tables, verdict
from benchmarks.comparing.comparison import Comparison
from benchmarks.reporting.page import Section, script_of_tables, templates
from benchmarks.reporting.tables.base import Table

PACKAGE = "benchmarks.comparing"
"""Whose templates these are."""
SECTIONS = {
    "overview": "Overview",
    "networks": "Accuracy and cost",
    "attack": "Under attack",
    "time": "Time",
    "answers": "Answers",
    "origins": "What differs",
}
"""Sections of the page: id and title, in order."""
NOTHING = {
    "networks": "Accuracy was not measured in both studies.",
    "attack": "No network was attacked in the same way in both studies.",
    "time": "No network was timed at the same batch size in both studies.",
    "answers": "The studies have no seed in common, so that other answers are to be expected.",
    "origins": "Nothing: data, recipe, seeds, code, options, machine and versions are the same.",
}
"""What a section says that has no table."""


def render(comparison: Comparison) -> str:
    """The page as text."""
    name = f"{comparison.a}-{comparison.b}".replace("/", "-")
    context = {**_context(comparison), **script_of_tables(name)}
    return templates(PACKAGE).get_template("comparison.html.j2").render(context)


def sections(comparisons: Sequence[Comparison]) -> dict[str, Section]:
    """The section of a report on several studies that says what changed from one to another; none without any."""
    template = templates(PACKAGE).get_template("changes.html.j2")
    parts = [template.render(_context(found), prefix=f"changes-{place}-") for place, found in enumerate(comparisons, 1)]
    return {"changes": Section("What changed?", Markup("").join(map(Markup, parts)))} if parts else {}


def _context(comparison: Comparison) -> dict[str, Any]:
    shown = {
        "overview": [origin_tables.claims_table(comparison)],
        "networks": [difference_tables.accuracy_table(comparison.differences)],
        "attack": [difference_tables.robustness_table(comparison.differences)],
        "time": [difference_tables.times_table(comparison.differences)],
        "answers": [origin_tables.equality_table(comparison), origin_tables.answers_table(comparison)],
        "origins": [origin_tables.origins_table(comparison)],
    }
    return {
        "comparison": comparison,
        "sections": SECTIONS,
        "shown": {section: _filled(several) for section, several in shown.items()},
        "nothing": NOTHING,
        "verdict": verdict,
    }


def _filled(several: list[Table]) -> list[Table]:
    return [table for table in several if table.rows]
