"""The page as text: a function of the evidence alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.reporting.drawing.legend import legend_key
from benchmarks.reporting.drawing.style import look, style_of
from benchmarks.reporting.drawing.theme import custom_properties
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings import provenance
from benchmarks.reporting.findings.as_published import as_published
from benchmarks.reporting.findings.attacks import attacks
from benchmarks.reporting.findings.conclusions import conclusions
from benchmarks.reporting.findings.fixed_routes import fixed_routes
from benchmarks.reporting.findings.header import header
from benchmarks.reporting.findings.routing import routing_pays
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.findings.warnings import warnings
from benchmarks.reporting.formatting import count
from benchmarks.reporting.interactive.block import block, script_json
from benchmarks.reporting.interactive.explorer import explorer, picture
from benchmarks.reporting.interactive.graphs import graphs
from benchmarks.reporting.layout import figures_of, section_content
from benchmarks.reporting.sections import PUBLISHED, SECTIONS
from benchmarks.reporting.tables.records import machine_names

SCRIPTS = (
    *("tables", "state", "tips", "focus", "variants", "plane"),
    *("picker", "differences", "graphs", "sheet", "image", "gallery", "explorer", "tools"),
)
"""Parts of the page's script, in order."""
OF_TABLES = ("tables", "state", "tools")
"""Those of a page that has nothing but tables."""


class Section(NamedTuple):
    """A section that is made elsewhere: its title, and what it shows as HTML."""

    title: str
    html: Markup


def render(evidence: Evidence, more: Mapping[str, Section] | None = None) -> str:
    """The page as text.

    Args:
        evidence: what is shown.
        more: other sections by id, shown after the overview.
    """
    return templates().get_template("page.html.j2").render(_context(evidence, more or {}))


def render_published(evidence: Evidence) -> str:
    """The page beside it, which compares with what papers print, as text."""
    with look():
        context = {
            "sections": {},
            "study": evidence.study,
            "content": section_content(evidence, PUBLISHED),
            "keys": {network.slug: legend_key(style_of(network)) for network in evidence.networks},
            **script_of_tables(evidence.study.name),
        }
    return templates().get_template("published.html.j2").render(context)


def script_of_tables(name: str) -> dict[str, Any]:
    """What `document.html.j2` needs for the script of a page that has nothing but tables.

    Args:
        name: with which the names of downloaded files begin.
    """
    content = {"study": name, "networks": [], "quantities": [], "figures": {}, "theme": {}}
    return {"block": script_json(content), "scripts": OF_TABLES}


def templates(*packages: str) -> Environment:
    """The templates of some packages, and those of the page, which they may include."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (*packages, "benchmarks.reporting")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )
    environment.filters |= {"count": count}
    environment.globals |= {"custom_properties": lambda: Markup(custom_properties())}
    return environment


def _unbroken(value: object) -> object:
    """Keep a number and its percent sign on one line."""
    return value.replace(" %", "\u00a0%") if type(value) is str else value


def _context(evidence: Evidence, more: Mapping[str, Section]) -> dict[str, Any]:
    with look():
        contents = {section: section_content(evidence, section) for section in SECTIONS}
    drawn = figures_of(contents)
    shown = (*evidence.networks, *evidence.failed)
    return {
        "evidence": evidence,
        "study": evidence.study,
        "sections": _sections(more),
        "more": more,
        "contents": contents,
        "scripts": SCRIPTS,
        "block": block(evidence, {name: figure.data for name, figure in drawn.items()}),
        "graphs": graphs(evidence),
        "explorer": explorer(evidence),
        "picture": picture(evidence),
        "keys": {network.slug: legend_key(style_of(network)) for network in shown},
        "routing": routing_pays(evidence),
        "conclusions": conclusions(evidence),
        "basis": found.basis if (found := compared(evidence)) else "",
        "warnings": warnings(evidence),
        "header": header(evidence),
        "attacks": attacks(evidence),
        "fixed_routes": fixed_routes(evidence),
        "provenance": provenance,
        "machines": list(machine_names(evidence).values()),
        "as_published": as_published(evidence),
    }


def _sections(more: Mapping[str, Section]) -> dict[str, str]:
    """Titles by id, in order: the overview, what was made elsewhere, and the rest."""
    first, *rest = SECTIONS.items()
    return dict([first, *((name, section.title) for name, section in more.items()), *rest])
