"""The page as text: a function of the evidence alone."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.reporting.drawing.legend import legend_key
from benchmarks.reporting.drawing.style import look, style_of
from benchmarks.reporting.drawing.theme import custom_properties
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings import provenance
from benchmarks.reporting.findings.attacks import attacks
from benchmarks.reporting.findings.conclusions import conclusions
from benchmarks.reporting.findings.fixed_routes import fixed_routes
from benchmarks.reporting.findings.header import header
from benchmarks.reporting.findings.routing import routing_pays
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.findings.warnings import warnings
from benchmarks.reporting.formatting import count
from benchmarks.reporting.interactive.block import block
from benchmarks.reporting.interactive.explorer import explorer, picture
from benchmarks.reporting.interactive.graphs import graphs
from benchmarks.reporting.layout import figures_of, section_content
from benchmarks.reporting.sections import SECTIONS


def render(evidence: Evidence) -> str:
    """The page as text."""
    return templates().get_template("page.html.j2").render(_context(evidence))


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


def _context(evidence: Evidence) -> dict[str, Any]:
    with look():
        contents = {section: section_content(evidence, section) for section in SECTIONS}
    drawn = figures_of(contents)
    shown = (*evidence.networks, *evidence.failed)
    return {
        "evidence": evidence,
        "study": evidence.study,
        "sections": SECTIONS,
        "contents": contents,
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
    }
