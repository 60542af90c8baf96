"""The page of a comparison in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the Python package playwright is not installed")
from playwright.sync_api import sync_playwright

from benchmarks.comparing.comparison import compare_all
from benchmarks.comparing.page import render, sections
from benchmarks.reporting import build
from tests.benchmarks.comparing.conftest import MakeStudy, compared, flip
from tests.benchmarks.reporting.hand_made import HandMade, answers
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


def test_a_report_on_two_studies_says_what_changed(twice: tuple[HandMade, HandMade], tmp_path: Path) -> None:
    a, b = twice
    roots = [made.store.root for made in (a, b)]
    flip(next(record for record in b.store.records() if record.spec.method == "adanet"), "accuracy", image=0)
    page = build(roots[0], tmp_path / "page", roots[1], more=sections(compare_all(*roots)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        seen: list[str] = []
        tab.on("console", lambda message: seen.append(message.text))
        tab.on("pageerror", lambda error: seen.append(str(error)))
        tab.goto(page.as_uri())
        tab.locator("nav a", has_text="What changed?").click()
        assert tab.locator("#changes h3").first.inner_text() == "two against one"
        tab.locator("#changes summary", has_text="Accuracy and cost").click()
        rows = "rows => rows.map(row => Array.from(row.cells, cell => cell.textContent.trim()))"
        found = {row[0]: row for row in tab.eval_on_selector_all("#table-changes-1-networks-1 tbody tr", rows)}
        browser.close()
    assert found["AdaNet (ConvNet-AIG)"][2:4] == ["80.00", "70.00"]
    assert found["AdaNet (ConvNet-AIG)"][4].startswith("-10.00")
    assert found["ResNet"][2:5] == ["90.00", "90.00", "0"]
    assert seen == []


def test_studies_without_a_common_network_have_nothing_to_compare(make: MakeStudy, tmp_path: Path) -> None:
    a = make("a", "1110")
    b = HandMade(tmp_path / "b")
    b.add(b.spec("adanet"), accuracy=answers("1110"))
    assert compare_all(a.store.root, b.store.root) == []
    assert sections([]) == {}
