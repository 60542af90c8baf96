"""The page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the Python package playwright is not installed")
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install Debian's package chromium")
FIRST_COLUMN = "rows => rows.map(row => row.cells[0].querySelector('span').textContent)"


@pytest.fixture(scope="module")
def opened(page: Path) -> Iterator[tuple[Page, list[str]]]:
    """The report, opened once, and what it asked the network for or complained about."""
    seen: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.on("request", lambda request: seen.append(request.url))
        tab.on("console", lambda message: seen.append(message.text))
        tab.on("pageerror", lambda error: seen.append(str(error)))
        tab.goto(page.as_uri())
        yield tab, seen
        browser.close()


def test_the_page_asks_for_itself_only_and_logs_nothing(opened: tuple[Page, list[str]], page: Path) -> None:
    _, seen = opened
    assert seen == [page.as_uri()]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_window(opened: tuple[Page, list[str]], width: int) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [1280, 390])
def test_every_figure_is_seen(opened: tuple[Page, list[str]], width: int) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": width, "height": 900})
    sizes = tab.eval_on_selector_all(
        "figure svg[role=img]", "images => images.map(p => [p.clientWidth, p.clientHeight])"
    )
    assert len(sizes) == 1 + 2 + (2 + 3) + 2 + 2 + 2  # by section; two are AdaNet's, three BranchyNet's
    assert all(across > 300 and down > 80 for across, down in sizes)


def test_a_click_on_a_heading_sorts_up_and_a_second_one_down(opened: tuple[Page, list[str]]) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": 1280, "height": 900})
    heading = tab.locator("#table-headline thead button", has_text="MACs")
    heading.click()
    names = tab.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN)
    assert names == ["BranchyNet", "AdaNet (ConvNet-AIG)", "ResNet"]
    heading.click()
    assert tab.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN) == names[::-1]
    assert tab.locator("#table-headline th[aria-sort]").count() == 1


def test_texts_of_figures_are_in_the_fonts_of_the_page(opened: tuple[Page, list[str]]) -> None:
    tab, _ = opened
    fonts = "getComputedStyle(document.querySelector('{}')).fontFamily"
    assert tab.evaluate(fonts.format("figure svg text")) == tab.evaluate(fonts.format("body"))
