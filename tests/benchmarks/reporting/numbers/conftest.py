"""The committed page, and the records that it was made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.reporting.numbers.reading import Page, read_page
from tests.benchmarks.reporting.numbers.records import Study, read_study

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="package")
def page() -> Page:
    return read_page(ROOT / "reports/reference/quick/index.html")


@pytest.fixture(scope="package")
def published() -> Page:
    """The page beside it, on what papers print."""
    return read_page(ROOT / "reports/reference/quick/published.html")


@pytest.fixture(scope="package")
def study(page: Page) -> Study:
    return read_study(ROOT / "results/reference/quick", page)
