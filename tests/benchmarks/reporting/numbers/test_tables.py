"""Every cell of every table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.benchmarks.reporting.numbers.catalogue import PUBLISHED, TABLES, expected_tables, table
from tests.benchmarks.reporting.numbers.information import SHOWN
from tests.benchmarks.reporting.numbers.reading import Grid, Page
from tests.benchmarks.reporting.numbers.records import Study
from tests.benchmarks.reporting.numbers.saying import Table
from tests.benchmarks.reporting.numbers.sections.routes import CERTAIN


def test_no_table_of_the_page_is_left_out(page: Page, published: Page, study: Study) -> None:
    assert set(page.tables) == set(expected_tables(study)), "see `TABLES` in catalogue.py"
    assert set(published.tables) == set(PUBLISHED), "see `PUBLISHED` in catalogue.py"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_all_networks(page: Page, study: Study, name: str) -> None:
    wrong = list(differences(page.tables[name], table(study, name)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_table_of_what_papers_print(published: Page, study: Study, name: str) -> None:
    wrong = list(differences(published.tables[name], table(study, name)))
    assert not wrong, "\n".join(wrong)


def test_what_chance_hardly_makes_is_bold(page: Page) -> None:
    """Shares of so many permutations, the observed order counted, are multiples of one part."""
    rows = page.tables["route-statistics"].rows
    for cell in (cell for row in rows for cell in row[-2:] if cell.small != "nothing to know"):
        p = round(float(cell.small.rpartition("p ")[2]) * (SHOWN + 1)) / (SHOWN + 1)
        assert cell.best == (p < CERTAIN), cell


def test_tables_of_each_network(page: Page, study: Study) -> None:
    own = {name: make for name, make in expected_tables(study).items() if name not in TABLES}
    wrong = [f"{name}: {what}" for name, make in own.items() for what in differences(page.tables[name], make())]
    assert not wrong, "\n".join(wrong)


def differences(shown: Grid, expected: Table) -> Iterator[str]:
    """In what a table is not the expected one."""
    if not expected.title.fits(shown.title):
        yield f"title {shown.title!r} for {expected.title}"
    if len(shown.heads) != len(expected.columns):
        yield f"columns {shown.heads} for {[column.head for column in expected.columns]}"
        return
    for place, column in enumerate(expected.columns):
        head, cells = shown.heads[place], [row[place] for row in shown.rows]
        if not column.head.fits(head) or not column.tip.fits(shown.tips[place]):
            yield f"heading {head!r}, {shown.tips[place]!r} for {column.head}, {column.tip}"
        if len(cells) != len(column.cells):
            yield f"{head}: {len(cells)} rows for {len(column.cells)}"
            continue
        for number, (cell, meant) in enumerate(zip(cells, column.cells, strict=True)):
            if wrong := meant.differs(cell.text, cell.sort, cell.small, cell.tip, best=cell.best, marks=cell.marks):
                yield f"{head}, row {number + 1} ({shown.rows[number][0].text}): {wrong}"
