"""SVG that can stand inside a page."""

from __future__ import annotations

import re

from matplotlib.figure import Figure

from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.drawing.svg import inline


def image(name: str, tips: dict[str, str] | None = None) -> str:
    with look():
        figure = Figure(figsize=(2, 1))
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], marker="o", gid="line")
        axes.set_title("a < b & $c$")
        return str(inline(figure, name=name, label='a "image"', tips=tips))


def test_equal_figures_give_equal_text() -> None:
    assert image("one") == image("one")


def test_ids_start_with_the_name_and_every_reference_has_its_target() -> None:
    text = image("one")
    ids = re.findall(r' id="([^"]+)"', text)
    references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert ids
    assert all(identity.startswith("one-") for identity in ids)
    assert {a or b for a, b in references} == set(ids)


def test_nothing_reaches_beyond_the_image() -> None:
    text = image("one")
    assert "<style" not in text
    assert "<metadata" not in text
    assert "http" not in text


def test_the_image_has_a_name_for_those_who_do_not_see_it() -> None:
    assert 'role="img" aria-label="a &quot;image&quot;"' in image("one")


def test_tips_are_titles_of_their_artists() -> None:
    assert "<title>x &lt; 1</title>" in image("one", {"line": "x < 1"})


def test_text_stays_text_and_is_escaped() -> None:
    assert "a &lt; b &amp; $c$" in image("one")


def test_texts_leave_their_font_family_to_the_page() -> None:
    assert "DejaVu" not in image("one")
