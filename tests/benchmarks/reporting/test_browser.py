"""The page in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

pytest.importorskip("playwright", reason="the Python package playwright is not installed")
import axe_core_python
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.reporting import build
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs

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
Opened = tuple[Page, list[str]]
"""The page, and what it asked for or complained about."""
REFERENCE = Path(__file__).parents[3] / "reports" / "reference"
BEYOND = """texts => texts.filter(text => text.getBoundingClientRect().width).map(text => {
    const own = text.getBoundingClientRect(), figure = text.closest('svg').getBoundingClientRect()
    const beyond = [figure.left - own.left, own.right - figure.right, figure.top - own.top, own.bottom - figure.bottom]
    return [text.textContent, Math.max(...beyond)]
})"""
"""Of every text, the pixels by which it lies beyond its figure."""
FIRST_COLUMN = "rows => rows.map(row => row.cells[0].querySelector('span').textContent)"


@pytest.fixture(scope="module")
def opened(page: Path) -> Iterator[Opened]:
    """The report, opened once, and what it asked the network for or complained about."""
    seen: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tab = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        tab.on("request", lambda request: seen.append(request.url))
        tab.on("console", lambda message: seen.append(message.text))
        tab.on("pageerror", lambda error: seen.append(str(error)))
        tab.goto(page.as_uri())
        yield tab, seen
        browser.close()


def test_the_page_asks_for_itself_only_and_logs_nothing(opened: Opened, page: Path) -> None:
    _, seen = opened
    assert seen == [page.as_uri()]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_window(opened: Opened, width: int) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [1280, 390])
def test_every_figure_is_seen(opened: Opened, width: int) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": width, "height": 900})
    sizes = tab.eval_on_selector_all(
        "figure svg[role=img]",
        "images => images.map(p => [p.clientWidth, p.clientHeight]).filter(([across]) => across)",
    )
    # By section; a little plot for each of three networks in three figures; three are AdaNet's, three BranchyNet's, and
    # both have a graph.
    assert len(sizes) == 1 + 2 + (3 + 3 + 2) + (3 + 1) + 3 + (3 + 1)
    assert all(across > 130 and down > 60 for across, down in sizes)


def test_a_click_on_a_heading_sorts_best_first_then_the_other_way_then_not(opened: Opened) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": 1280, "height": 900})
    given = tab.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN)
    heading = tab.locator("#table-headline thead button", has_text="MACs")
    heading.click()
    names = tab.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN)
    assert names == ["BranchyNet", "AdaNet (ConvNet-AIG)", "ResNet"]
    tab.locator("#table-headline thead button", has_text="Accuracy").click()
    assert tab.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN)[-1] == "AdaNet (ConvNet-AIG)"
    heading.click()
    heading.click()
    assert tab.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN) == names[::-1]
    assert tab.locator("#table-headline th[aria-sort]").count() == 1
    heading.click()
    assert tab.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN) == given
    assert tab.locator("#table-headline th[aria-sort]").count() == 0


def opacity(tab: Page, slug: str) -> float:
    """Of what a network owns in the first figure."""
    value = tab.eval_on_selector(f"#overview svg [data-n='{slug}']", "mark => getComputedStyle(mark).opacity")
    return float(value)


def test_a_network_that_is_chosen_in_a_legend_stands_out_in_figures_and_tables(opened: Opened) -> None:
    tab, _ = opened
    tab.locator("#overview .legend button", has_text="AdaNet").click()
    assert (opacity(tab, "adanet"), opacity(tab, "resnet")) == (1, 0.1)
    shadow = "row => getComputedStyle(row.cells[0]).boxShadow"
    assert tab.eval_on_selector("#table-headline tr[data-n=adanet]", shadow) != "none"
    assert tab.eval_on_selector("#table-headline tr[data-n=resnet]", shadow) == "none"
    assert "focus=adanet" in tab.url
    tab.keyboard.press("Escape")
    assert opacity(tab, "resnet") == 1
    assert "focus" not in tab.url


def test_a_network_is_chosen_in_a_row_too_and_the_bar_shows_all_again(opened: Opened) -> None:
    tab, _ = opened
    tab.locator("#table-headline tr[data-n=branchynet] th").click()
    assert tab.locator(".focus").inner_text() == "Highlighted: BranchyNet show all"
    assert opacity(tab, "adanet") == 0.1
    tab.locator(".focus button").click()
    assert opacity(tab, "adanet") == 1


def test_the_picker_names_the_networks_that_keep_bounds(opened: Opened) -> None:
    tab, _ = opened
    tab.locator("#picker label", has_text="accuracy at least").locator("input").fill("90")
    assert tab.locator("#picker .answer").inner_text().startswith("2 of 3 networks keep this bound.")
    # The most accurate first: BranchyNet in full 100 %, ResNet 90 %.
    assert [text.split("\n")[0] for text in tab.locator("#picked tbody th").all_inner_texts()] == [
        "BranchyNet",
        "ResNet",
    ]
    tab.locator("#picker label", has_text="a batch takes").locator("input").fill("1.5")
    assert tab.locator("#picker .answer").inner_text().startswith("1 of 3 networks keep these bounds.")
    assert tab.locator("#picked tbody th").inner_text().startswith("BranchyNet")
    assert tab.locator("#picked tbody td").all_inner_texts()[1].startswith("1.00")  # ms a batch of one
    tab.locator("#picker label", has_text="accuracy at least").locator("input").fill("99")
    assert tab.locator("#picker .answer").inner_text() == "No network keeps these bounds."
    for name in ("accuracy at least", "a batch takes"):
        tab.locator("#picker label", has_text=name).locator("input").fill("")
    assert tab.locator("#picker .answer").inner_text() == "Type a bound, or several."


def test_only_what_keeps_the_budget_is_shown(opened: Opened) -> None:
    tab, _ = opened
    tab.get_by_label("an image costs at most").fill("3")
    tab.get_by_label("show only these on the whole page").check()
    shown = "rows => rows.filter(row => row.checkVisibility()).map(row => row.dataset.n)"
    assert tab.eval_on_selector_all("#table-headline tbody tr", shown) == ["adanet", "branchynet"]
    assert tab.eval_on_selector_all("#table-costs tbody tr[data-n=resnet]", shown) == []
    assert "only what keeps the budget" in tab.locator(".focus").inner_text()
    tab.locator(".focus button").click()
    assert tab.eval_on_selector_all("#table-headline tbody tr", shown) == ["resnet", "adanet", "branchynet"]
    tab.get_by_label("an image costs at most").fill("")


def test_differences_are_from_the_network_that_a_reader_chooses(opened: Opened) -> None:
    tab, _ = opened
    cells = "rows => rows.map(row => Array.from(row.cells, cell => cell.textContent))"
    by_python = tab.eval_on_selector_all("#table-differences tbody tr", cells)
    choice = tab.get_by_label("Network that the others are compared with")
    choice.select_option("adanet")
    assert "ref=adanet" in tab.url
    chosen = {row[0].strip("†"): row for row in tab.eval_on_selector_all("#table-differences tbody tr", cells)}
    assert set(chosen["AdaNet (ConvNet-AIG)"][1:]) == {"reference"}
    assert chosen["ResNet"][1].startswith("+10.0")  # 9 of 10 images against 8
    assert chosen["ResNet"][3] == "1.33"  # 4 M MACs against 3 M
    choice.select_option("resnet")
    assert "ref" not in tab.url
    assert tab.eval_on_selector_all("#table-differences tbody tr", cells) == by_python


def test_differences_by_the_script_are_those_that_the_page_has_without_it(opened: Opened, page: Path) -> None:
    tab, _ = opened
    cells = "rows => rows.map(row => Array.from(row.cells, cell => [cell.textContent.trim(), cell.className]))"
    browser = tab.context.browser
    assert browser
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(page.as_uri())
    html = plain.content()
    plain.context.close()
    written = re.search(r'<table id="table-differences".*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    assert written
    parse = (
        "html => { const body = document.createElement('tbody'); body.innerHTML = html;"
        f"return ({cells})([...body.rows]) }}"
    )
    by_script = tab.eval_on_selector_all("#table-differences tbody tr", cells)
    assert by_script == tab.evaluate(parse, written[1])


def test_the_reader_chooses_what_is_upwards_and_to_the_right(opened: Opened) -> None:
    tab, _ = opened
    tab.locator("#overview .controls select").nth(1).select_option("parameters")
    assert tab.locator("#overview figure > .chosen > svg").count() == 1
    assert tab.locator("#overview figure .panels").is_hidden()
    label = tab.locator("#overview .chosen > svg").get_attribute("aria-label")
    assert label == "test accuracy over parameters; the numbers are in the tables below"
    tab.locator("#overview .controls input").check()
    assert tab.locator("#overview .chosen title").count() == 3
    tab.locator("#overview .controls input").uncheck()
    assert tab.locator("#overview .chosen title").count() == 4
    tab.locator("#overview .controls select").nth(1).select_option("macs")
    assert tab.locator("#overview figure .panels").is_visible()


def test_a_family_can_be_shown_alone_beside_static_networks(opened: Opened) -> None:
    tab, _ = opened
    tab.locator("#overview .controls select").nth(2).select_option("exits early")
    shown = tab.locator("#table-headline tbody tr:visible th > span").all_inner_texts()
    assert sorted(shown) == ["BranchyNet", "ResNet"]
    tab.locator("#overview .controls select").nth(2).select_option("")
    assert tab.locator("#table-headline tbody tr:visible").count() == 3


def test_a_column_can_be_hidden(opened: Opened) -> None:
    tab, _ = opened
    tools = tab.locator(".scroll:has(#table-headline) + .tools")
    tools.evaluate("details => details.open = true")
    tools.locator("label", has_text="Rank").locator("input").uncheck()
    assert tab.locator("#table-headline th", has_text="Rank").is_hidden()
    tools.locator("label", has_text="Rank").locator("input").check()
    assert tab.locator("#table-headline th", has_text="Rank").is_visible()


def test_a_link_shows_the_same_again(opened: Opened, page: Path) -> None:
    tab, _ = opened
    link = f"{page.as_uri()}#?focus=adanet&least=90&x=parameters&sort-headline=5.1&hide-headline=4&theme=dark&at=attack"
    other = tab.context.new_page()
    other.goto(link)
    assert opacity(other, "resnet") == 0.1
    assert other.locator("#picker .answer").inner_text().startswith("2 of 3")
    assert other.locator("#overview .chosen > svg").count() == 1
    assert other.eval_on_selector_all("#table-headline tbody tr", FIRST_COLUMN)[0] == "BranchyNet"
    assert other.locator("#table-headline th", has_text="Rank").is_hidden()
    assert other.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    assert other.evaluate("document.getElementById('attack').getBoundingClientRect().top") < 200
    other.close()


def test_a_section_that_is_visited_is_part_of_the_link(opened: Opened) -> None:
    tab, _ = opened
    tab.locator("nav a", has_text="Training").click()
    expect(tab).to_have_url(re.compile(r"#\?at=training$"))
    tab.evaluate("remember('at', '')")


@pytest.mark.parametrize(
    ("button", "start"),
    [("CSV", "Network,Setting,"), ("Markdown", "| Network |"), ("LaTeX", "\\begin{tabular}{lr")],
)
def test_tables_are_files(opened: Opened, button: str, start: str) -> None:
    tab, _ = opened
    tools = tab.locator(".scroll:has(#table-headline) + .tools")
    tools.evaluate("details => details.open = true")
    with tab.expect_download() as found:
        tools.get_by_role("button", name=button, exact=True).click()
    text = found.value.path().read_text(encoding="utf-8")
    assert text.startswith(start)
    assert "BranchyNet" in text
    assert found.value.suggested_filename.startswith("hand-headline.")


def test_figures_are_files_that_need_no_page(opened: Opened) -> None:
    tab, _ = opened
    tools = tab.locator("#overview figure > .tools")
    tools.evaluate("details => details.open = true")
    assert tools.locator("tbody tr").count() > 4  # the numbers behind the figure
    with tab.expect_download() as image:
        tools.get_by_role("button", name="SVG").click()
    text = image.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "var(--" not in text
    with tab.expect_download() as numbers:
        tools.get_by_role("button", name="CSV").click()
    assert numbers.value.path().read_text().startswith("network,what,x,y")
    tools.evaluate("details => details.open = false")


def test_arrow_keys_go_through_the_marks_of_a_figure(opened: Opened) -> None:
    tab, _ = opened
    figure = tab.locator("#overview .panel:not(.narrow) svg[role=img]")
    figure.focus()
    tab.keyboard.press("ArrowRight")
    first = tab.locator(".tip").inner_text()
    tab.keyboard.press("ArrowRight")
    assert tab.locator(".tip").inner_text() != first
    assert "MACs" in first
    figure.blur()
    assert tab.locator(".tip").is_hidden()


def test_a_mark_tells_what_it_is_when_it_is_touched(opened: Opened) -> None:
    tab, _ = opened
    tab.locator("#overview .panel:not(.narrow) svg g[data-n=adanet]:has(title)").first.dispatch_event("click")
    assert tab.locator(".tip").inner_text().startswith("AdaNet (ConvNet-AIG), default: 80.0")
    tab.evaluate("showTip(null)")


def test_the_button_changes_colours(opened: Opened) -> None:
    tab, _ = opened
    color = "getComputedStyle(document.body).backgroundColor"
    assert tab.evaluate(color) == "rgb(255, 255, 255)"
    tab.locator(".theme").click()
    assert tab.evaluate(color) == "rgb(20, 23, 27)"
    tab.locator(".theme").click()
    assert tab.evaluate(color) == "rgb(255, 255, 255)"


def test_the_headline_is_read_on_a_phone_without_scrolling_sideways(opened: Opened) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": 390, "height": 900})
    sizes = tab.eval_on_selector(
        "#table-headline", "table => [table.scrollWidth, table.closest('.scroll').clientWidth]"
    )
    assert sizes[0] <= sizes[1]
    names = tab.locator("#table-headline thead th:visible span").all_inner_texts()
    assert names == ["Network", "Accuracy", "MACs", "Speed-up", "Robust"]
    tools = tab.locator(".scroll:has(#table-headline) + .tools")
    tools.evaluate("details => details.open = true")
    tools.get_by_role("button", name="all columns").click()
    assert tab.locator("#table-headline thead th:visible").count() > len(names)
    tools.get_by_role("button", name="all columns").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(opened: Opened, scheme: Literal["light", "dark"], width: int) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    found = Axe().run(tab)["violations"]
    tab.emulate_media(color_scheme="light")
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_images_are_explored_one_by_one(opened: Opened) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": 1280, "height": 900})
    explorer = tab.locator("#explorer")
    explorer.locator("select").nth(0).select_option("branchynet")
    # Every fifth image from the third on goes to the end: numbers 2 and 7.
    labels = explorer.locator(".pick").evaluate_all("tiles => tiles.map(tile => tile.title)")
    assert [label.split(",")[0] for label in labels[:2]] == ["image 2", "image 7"]
    assert len(labels) == 10
    explorer.locator("select").nth(1).select_option("wrong")
    first = explorer.locator(".pick").first
    assert first.get_attribute("aria-label") == "image 9, one: wrong in 3 of 3 networks"
    first.click()
    rows = explorer.locator(".detail tbody tr").all_inner_texts()
    assert [row.split("\t")[:2] for row in rows] == [
        ["ResNet", "zero ✗"],
        ["AdaNet (ConvNet-AIG)", "zero ✗"],
        ["BranchyNet", "zero ✗"],
    ]
    assert "image=9" in tab.url
    assert first.get_attribute("aria-pressed") == "true"
    wrong = explorer.get_by_label("wrong ones only")
    wrong.check()
    assert explorer.locator(".pick").count() == 1  # BranchyNet errs once
    wrong.uncheck()
    explorer.locator("select").nth(2).select_option("0")
    assert explorer.locator(".pick").count() == 5
    for choice, value in ((0, "adanet"), (1, "dear"), (2, "")):
        explorer.locator("select").nth(choice).select_option(value)
    tab.evaluate("remember('image', ''); remember('of', '')")


def shown_image(tab: Page, place: int) -> None:
    tab.evaluate(f"remember('image', '{place}')")


def test_every_exit_tells_its_answer_and_where_the_image_left(opened: Opened) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": 1280, "height": 900})
    row = tab.locator("#explorer .detail tbody tr[data-n=branchynet] .exits li")
    facts = "items => items.map(item => [item.className, item.title])"
    # Image 2 goes on to the end; image 3 leaves at the first exit.
    shown_image(tab, 2)
    assert row.evaluate_all(facts) == [
        ["passed err", "exit 1: one, 62 %, passed"],
        ["left", "exit 2: zero, 75 %, left here"],
    ]
    shown_image(tab, 3)
    assert row.evaluate_all(facts) == [
        ["left", "exit 1: one, 62 %, left here"],
        ["unreached", "exit 2: one, 75 %, not reached"],
    ]
    assert tab.locator("#explorer tr[data-n=adanet] .exits").count() == 0
    tab.evaluate("remember('image', '')")


def test_attacked_and_slowed_pictures_stand_beside_the_clean_one(opened: Opened) -> None:
    tab, _ = opened
    shown_image(tab, 4)
    cards = tab.locator("#explorer .faces")
    assert cards.evaluate_all("all => all.map(card => card.dataset.n)") == ["resnet", "branchynet"]
    faces = [face.inner_text().split("\n") for face in cards.nth(0).locator("div").all()]
    assert faces == [["clean", "zero, 75 %"], ["attacked, ε 0.1", "zero, 50 %", "held", "before rounding: one"]]
    slowed = cards.nth(1).locator("div").nth(2)
    assert slowed.inner_text().split("\n") == ["slowed, ε 0.1", "zero, 50 %", "4.20 M MACs"]
    assert slowed.locator("img").evaluate("image => [image.naturalWidth, image.width]") == [28, 84]
    shown_image(tab, 5)
    assert "no dearer one found" in cards.nth(1).inner_text()
    assert "zero ✗, 50 %" in cards.nth(0).inner_text()
    assert cards.nth(1).locator("img").count() == 1  # the slowed one is the clean image
    shown_image(tab, 6)
    assert cards.count() == 0
    assert "pictures of the first 6: images 0 to 5" in tab.locator("#explorer .detail").inner_text()
    tab.evaluate("remember('image', '')")


def test_a_reader_may_ask_for_images_with_pictures_alone(opened: Opened) -> None:
    tab, _ = opened
    only = tab.locator("#explorer").get_by_label("with pictures under attack only")
    only.check()
    assert tab.locator("#explorer .pick").count() == 6
    only.uncheck()
    assert tab.locator("#explorer .pick").count() == 10


def test_easy_and_hard_images_of_every_network_that_routes_open_in_the_explorer(opened: Opened) -> None:
    tab, _ = opened
    rows = tab.locator("#gallery .extremes")
    assert rows.evaluate_all("all => all.map(row => row.dataset.n)") == ["adanet", "branchynet"]
    images = "tiles => tiles.map(tile => Number(tile.dataset.image))"
    # BranchyNet sends images 2 and 7 to its end, and is wrong about image 9, which is cheap.
    easy, hard = (rows.nth(1).locator(".tiles").nth(place).locator(".pick") for place in (0, 1))
    assert easy.evaluate_all(images) == [0, 1, 3, 4, 5, 6, 8, 2, 7]
    assert hard.evaluate_all(images) == [2, 7, 0, 1, 3, 4, 5, 6, 8, 9]
    assert [text.split(":")[0] for text in rows.nth(1).locator("p").all_inner_texts()] == [
        *("Shortest route, and right", "Longest route")
    ]
    hard.nth(1).focus()
    tab.keyboard.press("Enter")
    assert "image=7" in tab.url
    assert "of=branchynet" in tab.url
    detail = tab.locator("#explorer .detail")
    assert detail.locator("b").first.inner_text() == "Image 7"
    assert 0 <= detail.bounding_box()["y"] < 900  # type: ignore[index]
    assert easy.nth(8).get_attribute("aria-pressed") == "true"
    tab.evaluate("remember('image', ''); remember('of', '')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_an_image_that_is_open_is_accessible_and_no_wider_than_the_window(
    opened: Opened, scheme: Literal["light", "dark"], width: int
) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    shown_image(tab, 2)
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(tab, "#routes")["violations"]
    tab.emulate_media(color_scheme="light")
    tab.evaluate("remember('image', '')")
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_units_are_coloured_by_the_images_that_a_reader_chooses(opened: Opened) -> None:
    tab, _ = opened
    numbers = "svg => [...svg.querySelectorAll('.unit text:not(.under)')].map(text => text.textContent)"
    graph = tab.locator("#graphs figure[data-n=adanet] svg.graph")
    # Routes 110 101 111 101 in turn; images of class 1 are every second one, so that theirs is always 101.
    assert graph.evaluate(numbers) == ["100", "50", "70"]
    tab.locator("#graphs select").select_option("class 1")
    assert graph.evaluate(numbers) == ["100", "0", "100"]
    assert "units=class+1" in tab.url
    tab.locator("#graphs select").select_option("all test images")
    assert graph.evaluate(numbers) == ["100", "50", "70"]


def test_images_that_may_not_be_passed_on_are_left_out(study_dir: Path, tmp_path: Path, page: Path) -> None:
    text = build(study_dir, tmp_path, images=False).read_text()
    assert 'id="explorer"' not in text
    assert "explorer-picture" in page.read_text().partition("<script>")[0]
    assert "explorer-picture" not in text.partition("<script>")[0]
    assert "explorer-data" not in text.partition("<script>")[0]


def test_print_has_no_controls_and_is_on_white_paper(opened: Opened) -> None:
    tab, _ = opened
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.locator(".tools:visible, #picker:visible, nav:visible").count() == 0
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pages = tab.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    tab.emulate_media(media="screen", color_scheme="light")
    assert 0 < pages <= 15


def test_texts_of_figures_are_in_the_fonts_of_the_page(opened: Opened) -> None:
    tab, _ = opened
    fonts = "getComputedStyle(document.querySelector('{}')).fontFamily"
    assert tab.evaluate(fonts.format("figure svg text")) == tab.evaluate(fonts.format("body"))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("study", ["quick", "photographs-small"])
def test_no_text_of_a_figure_is_cut_off(opened: Opened, study: str, width: int) -> None:
    """Of the committed pages: on a phone the label of an axis began beside the figure."""
    browser = opened[0].context.browser
    assert browser
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.goto((REFERENCE / study / "index.html").as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    found = tab.eval_on_selector_all("figure svg[role=img] text", BEYOND)
    tab.close()
    assert len(found) > 100
    assert [text for text, beyond in found if beyond > 1.5] == []


def empty(made: HandMade) -> str:
    """Nothing was trained yet."""
    return "No network has been trained yet."


def failed(made: HandMade) -> str:
    """Every training failed."""
    made.store.write_failure(made.spec("resnet"), "train", "out of memory", "Traceback")
    return "out of memory"


def unmeasured(made: HandMade) -> str:
    """A network without any table."""
    made.add(made.spec("resnet"))
    return "No network has both its accuracy and its cost measured yet."


def one(made: HandMade) -> str:
    """A network of one seed that was neither timed nor attacked."""
    made.add(made.spec("adanet"), accuracy=answers("1110", ["110", "101"]), cost=costs(("default", 10, 8)))
    return "No network has been attacked yet."


@pytest.mark.parametrize("study", [empty, failed, unmeasured, one])
def test_a_page_of_little_says_so_and_logs_nothing(
    study: Callable[[HandMade], str], opened: Opened, made: HandMade, tmp_path: Path
) -> None:
    sentence = study(made)
    made.store.write_study(made.study, {})
    written = build(made.store.root, tmp_path / "page")
    tab = opened[0].context.new_page()
    seen: list[str] = []
    tab.on("console", lambda message: seen.append(message.text))
    tab.on("pageerror", lambda error: seen.append(str(error)))
    tab.goto(written.as_uri())
    assert sentence in tab.locator("body").inner_text()
    assert seen == []
    tab.close()


def test_many_networks_of_one_method_are_folded_until_they_are_asked_for(opened: Opened, tmp_path: Path) -> None:
    made = HandMade(tmp_path / "many")
    made.add(made.spec("resnet"), accuracy=answers("1110"), cost=costs(("default", 4_000_000, 4_000_000)))
    for place in range(31):
        cost = costs(("default", 4_000_000, 3_000_000))
        made.add(made.spec("adanet", target_rate=(place + 1) / 100), accuracy=answers("1100"), cost=cost)
    page = build(made.store.root, tmp_path / "page")
    shown = "rows => rows.filter(row => row.checkVisibility()).length"
    tab = opened[0].context.new_page()
    tab.goto(page.as_uri())
    folded = tab.eval_on_selector_all("#table-headline tbody tr", shown)
    tab.locator(".variants button", has_text="AdaNet (ConvNet-AIG): 30 more").click()
    unfolded = tab.eval_on_selector_all("#table-headline tbody tr", shown)
    assert (folded, unfolded) == (2, 32)
    assert "variants=adanet" in tab.url
    tab.close()


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_on_the_committed_page(opened: Opened, scheme: Literal["light", "dark"], width: int) -> None:
    """Section by section: the whole page at once takes it minutes."""
    page = REFERENCE / "quick" / "index.html"
    axe = next(Path(axe_core_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
    check = (
        "async section => (await axe.run(section, {resultTypes: ['violations']})).violations"
        ".map(found => [found.id, found.nodes.map(node => node.html)])"
    )
    browser = opened[0].context.browser
    assert browser
    tab = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    tab.goto(page.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    tab.evaluate(axe)
    sections = tab.locator("main > section")
    found = [sections.nth(place).evaluate(check) for place in range(sections.count())]
    tab.context.close()
    assert len(found) >= 9
    assert found == [[]] * len(found)
