"""Colours that can be read, by day and by night."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.reporting.drawing.theme import SERIES, SURFACES, TEXTS, THEME, VARIABLES, custom_properties

FORMS = ("light", "dark")


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Ratio of WCAG 2.2, from 1 to 21."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # a published example just below AA


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("text", "surface"), list(itertools.product(TEXTS, SURFACES)))
def test_texts_are_readable_on_every_surface(text: str, surface: str, form: str) -> None:
    assert contrast(getattr(THEME[text], form), getattr(THEME[surface], form)) >= 4.5


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SERIES)
def test_networks_stand_out_from_paper(name: str, form: str) -> None:
    assert contrast(getattr(SERIES[name], form), getattr(THEME["paper"], form)) >= 3


def test_every_colour_of_a_figure_is_one_property() -> None:
    assert len(VARIABLES) == len(THEME)
    assert custom_properties().count("light-dark(") == len(THEME)
