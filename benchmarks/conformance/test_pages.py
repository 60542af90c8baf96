"""What every figure and every table of the page must satisfy: they are drawn from evidence, or say why they are not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.conformance.cases import CHOSEN, chosen
from benchmarks.measuring.registry import EVALUATORS
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.figures.base import FIGURES, Drawing, NetworkFigure
from benchmarks.reporting.sections import NoData
from benchmarks.reporting.tables.base import TABLES, NetworkTable, Table
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.scheduling import InlineScheduler
from benchmarks.study.study import Study, checked

every_figure = pytest.mark.parametrize("figure", chosen("figure", ("accuracy-macs",)))
every_table = pytest.mark.parametrize("table", chosen("table", ("costs",)))
with_and_without = pytest.mark.parametrize("measured", [True, False], ids=["measured", "not measured"])
RECIPE = {"epochs": 2, "batch_size": 32, "lr": 0.05, "precision": "fp32"}
ALWAYS = ("cost",)
"""Measured in both studies, besides evaluators without options."""


@cache
def evidence_of(measured: bool) -> Evidence:
    """Of two networks; with everything that the plug-in's evaluators measure, or without it."""
    own = CHOSEN.get("evaluator", ()) if measured else ()
    options: dict[str, dict[str, object] | None] = {
        name: {} if name in own or name in ALWAYS else None for name in (e.name for e in EVALUATORS if e.options)
    }
    values = {
        "name": "checked",
        "dataset": "mnist5k[train=512, test=64]",
        "methods": ["resnet", "branchynet"],
        "static_curve": [],
        "recipe": RECIPE,
        "evaluation": options,
    }
    with TemporaryDirectory() as folder:
        campaign = Campaign(checked(Study, values, "check"), RunOptions(results=Path(folder)))
        outcomes = campaign.run(InlineScheduler(), lambda event: None)
        failed = [outcome.error for outcome in outcomes if outcome.error]
        assert failed == [], "a study of two networks runs"
        return load(campaign.store.root)


def drawings(figure: str, evidence: Evidence) -> Iterator[Drawing | None]:
    """Of all networks together, or of each."""
    declared = FIGURES[figure]
    if isinstance(declared, NetworkFigure):
        for network in evidence.networks:
            yield declared.draw(evidence, network)
    else:
        yield declared.draw(evidence)


def tables(table: str, evidence: Evidence) -> Iterator[Table | None]:
    """Of all networks together, or of each."""
    declared = TABLES[table]
    if isinstance(declared, NetworkTable):
        for network in evidence.networks:
            yield declared.make(evidence, network)
    else:
        yield declared.make(evidence)


def _assert_sentence(reason: NoData) -> None:
    assert str(reason).strip(), "NoData says why, in a sentence"


@with_and_without
@every_figure
def test_a_figure_is_drawn_or_says_why_not(figure: str, measured: bool) -> None:
    try:
        with look():
            drawn = list(drawings(figure, evidence_of(measured)))
    except NoData as reason:
        _assert_sentence(reason)
        return
    for drawing in drawn:
        assert drawing is None or isinstance(drawing, Drawing), "a figure returns a Drawing"
        if drawing is not None:
            assert drawing.caption.strip(), "its caption says what to see"
            assert drawing.panels or drawing.little, "there is a panel to see"


@with_and_without
@every_table
def test_a_table_is_filled_or_says_why_not(table: str, measured: bool) -> None:
    try:
        filled = list(tables(table, evidence_of(measured)))
    except NoData as reason:
        _assert_sentence(reason)
        return
    for made in filled:
        assert made is None or isinstance(made, Table), "a table returns a Table"
        if made is not None:
            assert made.title.strip(), "its title says what it shows"
            assert made.rows, "it has rows, or raises NoData"
