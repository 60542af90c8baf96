"""A figure or a table is declared, and stands on the page: no list and no template names it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures import FIGURES, Drawing, NoData, Panel, figure, network_figure
from benchmarks.reporting.page import render
from benchmarks.reporting.sections import SECTIONS
from benchmarks.reporting.tables import TABLES, Column, Table, network_table, table
from benchmarks.reporting.tables.cells import text


def drawing(*_: object) -> Drawing:
    drawn, axes = canvas()
    axes.plot([0, 1], [0, 1])
    return Drawing(panels=[Panel(figure=drawn)], caption="A caption of a test.")


def words(title: str) -> Table:
    return Table(title=title, columns=[Column(name="Word", numeric=False)], rows=[[text("word")]])


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Takes back whatever a test declares."""
    figures, tables = FIGURES.names(), TABLES.names()
    yield
    for name in set(FIGURES.names()) - {*figures}:
        FIGURES.remove(name)
    for name in set(TABLES.names()) - {*tables}:
        TABLES.remove(name)


def section_of(page: str, section: str) -> str:
    """The text of a section of the page."""
    found = re.search(rf'<section id="{section}">(.*?)(?=<section id=|</main>)', page, flags=re.DOTALL)
    assert found is not None
    return found[1]


def declare(section: str) -> None:
    """A figure and a table of a section, and those of single networks, each named after the section."""

    @figure(f"all-{section}", section=section, title=f"A figure of {section}")
    def draw(evidence: Evidence) -> Drawing:
        return drawing()

    @network_figure(f"one-{section}", section=section, title=f"One network in {section}")
    def draw_one(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
        return None if network.label == "resnet" else drawing()

    @table(f"all-{section}", section=section)
    def fill(evidence: Evidence) -> Table | None:
        return words(f"A table of {section}")

    @network_table(f"one-{section}", section=section)
    def fill_one(evidence: Evidence, network: NetworkEvidence) -> Table | None:
        return None if network.label == "resnet" else words(f"The table of {network.label} in {section}")


@pytest.mark.usefixtures("forgotten")
def test_what_is_declared_for_a_section_is_seen_there_and_nowhere_else(evidence: Evidence) -> None:
    for section in SECTIONS:
        declare(section)
    page = render(evidence)
    for section in SECTIONS:
        for place in (section_of(page, section), page):
            assert place.count(f"<h3>A figure of {section}</h3>") == 1
            assert place.count(f"One network in {section}</h4>") == 2
            assert place.count(f"<caption><span>A table of {section}</span></caption>") == 1
            assert place.count(f"<caption><span>The table of adanet in {section}</span></caption>") == 1
            assert place.count(f"<caption><span>The table of branchynet in {section}</span></caption>") == 1


@pytest.mark.usefixtures("forgotten")
def test_what_has_no_data_says_why(evidence: Evidence) -> None:
    @table("of-a-test", section="time")
    def nothing(evidence: Evidence) -> Table | None:
        raise NoData("No network was asked.", title="Asked")

    assert '<p class="absent"><b>Asked:</b> No network was asked.</p>' in section_of(render(evidence), "time")


@pytest.mark.usefixtures("forgotten")
def test_the_order_is_the_declared_one_and_the_rest_stands_last(evidence: Evidence) -> None:
    for name, order in (("zz", {}), ("between", {"order": 15}), ("aa", {})):
        table(name, section="time", **order)(lambda _: words("Any"))
    found = re.findall(r'<table id="table-(\w+)"', section_of(render(evidence), "time"))
    assert found == ["timing", "between", "decisions", "paths", "aa", "zz"]


INSTALLED = """
from benchmarks.reporting.figures import NoData, figure
from benchmarks.reporting.tables import Column, Table, table
from benchmarks.reporting.tables.cells import text

@figure("installed", section="time", title="Installed figure")
def draw(evidence):
    raise NoData("Drawn from outside.")

@table("installed", section="time")
def fill(evidence):
    return Table(title="Installed table", columns=[Column(name="Word")], rows=[[text("word")]])
"""


def test_what_an_installed_distribution_declares_is_seen(study_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "example_report.py").write_text(INSTALLED)
    metadata = tmp_path / "example-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: example\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[routebench]\nexample = example_report\n")
    program = (
        f"import sys; from pathlib import Path; sys.path.append({str(tmp_path)!r});"
        f"from benchmarks.reporting import build; build(Path({str(study_dir)!r}), Path({str(tmp_path)!r}))"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, cwd=Path(__file__).parents[3])
    own = section_of((tmp_path / "index.html").read_text(), "time")
    assert "<b>Installed figure:</b> Drawn from outside." in own
    assert '<table id="table-installed"' in own


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match=r"figure 'robustness' of .* is there already"):
        figure("robustness", section="time", title="Another")(drawing)
    with pytest.raises(ValueError, match=r"table 'timing' of .* is there already"):
        table("timing", section="time")(lambda _: None)


def test_a_section_that_the_page_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"'new': no section 'tme' \(valid: overview, worth, time, "):
        figure("new", section="tme", title="New")(drawing)
    assert "new" not in FIGURES
