"""Little plots: where their shapes lie, and that a page and Matplotlib show the same."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.reporting.drawing.data import figure_data
from benchmarks.reporting.drawing.multiples import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Band, Curve, Little, Scale
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence

SHAPES = (
    Band(x=[0, 1], low=[0, 0], high=[100, 100], backdrop=True),
    Curve(x=[0, 1], y=[50, 50], guide=True),
    Band(x=[0, 1], low=[80, 20], high=[100, 40]),
    Curve(x=[0, 1], y=[90, 30], marked=True),
)


@pytest.fixture
def little(evidence: Evidence) -> Little:
    """AdaNet falls from 90 to 30."""
    network = next(network for network in evidence.networks if network.label == "adanet")
    return Little(network, Scale(0, 1, {0: "none", 1: "all"}), Scale(0, 100, {0: "0", 100: "100"}), SHAPES)


def test_points_lie_where_their_numbers_say(little: Little) -> None:
    down = BOTTOM - TOP
    line = f"M{LEFT:.1f} {BOTTOM - 0.9 * down:.1f}L{RIGHT:.1f} {BOTTOM - 0.3 * down:.1f}"
    assert f'<path d="{line}" style="fill:none;' in little.svg("Plot")


def test_what_is_beyond_the_axes_ends_at_their_edge(little: Little) -> None:
    wide = replace(little, shapes=(Band(x=[0, 1], low=[-300, 20], high=[300, 40]),))
    corners = f"M{LEFT:.1f} {BOTTOM:.1f}L{RIGHT:.1f} "
    assert re.search(rf'<path d="{re.escape(corners)}[^"]*L{LEFT:.1f} {TOP:.1f}Z"', wide.svg("Plot"))
    assert wide.data()["low"].min() == -300


def test_only_what_a_network_owns_is_dimmed_with_it_and_is_data(little: Little) -> None:
    own = re.search(r'<g data-n="adanet">(.*?)</g>', little.svg("Plot"))
    assert own
    assert own[1].count("<path") == 3  # a band, a line and its marks
    assert "var(--guide)" not in own[1]
    assert little.data()["what"].tolist() == ["interval", "interval", "curve", "curve"]


def test_texts_below_the_axis_end_inside_the_plot(little: Little) -> None:
    """8/255, at the right end of the axis, was cut."""
    scale = Scale(0, 8.3, {0: "0", 8: "8/255"})
    wide = replace(little, x=scale)
    (place,) = re.findall(r'<text x="([\d.]+)"[^>]*>8/255</text>', wide.svg("Plot"))
    assert LEFT + 8 / 8.3 * (RIGHT - LEFT) + 11.5 > WIDTH  # four digits of 5.09 points and a stroke of 2.7
    assert float(place) + 11.5 <= WIDTH
    with look():
        wide.figure.draw_without_rendering()
        (text,) = (text for text in wide.figure.axes[0].texts if text.get_text() == "8/255")
        assert text.get_window_extent().x1 <= wide.figure.bbox.x1


def test_matplotlib_draws_the_same(little: Little) -> None:
    with look():
        drawn = figure_data(little.figure, {"adanet": little.network.name})
    order = ["what", "x"]
    expected = little.data().sort_values(order)
    found = drawn.sort_values(order)[list(expected.columns)]
    assert found["what"].tolist() == expected["what"].tolist()
    for column in ("x", "y", "low", "high"):
        assert np.allclose(found[column].astype(float), expected[column].astype(float), equal_nan=True)


def test_it_has_a_name_for_those_who_do_not_see_it(little: Little) -> None:
    assert 'role="img"' in little.svg('a "plot"')
    assert 'aria-label="a &#34;plot&#34;"' in little.svg('a "plot"')
