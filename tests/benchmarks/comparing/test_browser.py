"""The page of a comparison in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the Python package playwright is not installed")
from playwright.sync_api import sync_playwright

from benchmarks.comparing.page import render
from tests.benchmarks.comparing.conftest import compared
from tests.benchmarks.reporting.hand_made import HandMade
from tests.benchmarks.reporting.test_browser import ARGUMENTS, CHROMIUM, FIRST_COLUMN

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install Debian's package chromium")


def test_the_page_is_quiet_fits_a_phone_and_is_sorted(twice: tuple[HandMade, HandMade], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(compared(*twice)), encoding="utf-8")
    seen: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": 390, "height": 900})
        tab.on("request", lambda request: seen.append(request.url))
        tab.on("console", lambda message: seen.append(message.text))
        tab.on("pageerror", lambda error: seen.append(str(error)))
        tab.goto(page.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        tab.click("#table-networks-1 th:nth-child(3) button")
        names = tab.eval_on_selector_all("#table-networks-1 tbody tr", FIRST_COLUMN)
        browser.close()
    assert (names[0], names[-1]) == ("AdaNet (ConvNet-AIG)", "BranchyNet")
    assert seen == [page.as_uri()]
