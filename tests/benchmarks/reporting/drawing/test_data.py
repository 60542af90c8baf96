"""The numbers behind figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from benchmarks.reporting.drawing.data import figure_data
from benchmarks.reporting.drawing.heatmap import heatmap
from benchmarks.reporting.drawing.style import look

NAMES = {"net": "A network"}


def drawn() -> Figure:
    with look():
        figure = Figure()
        axes = figure.add_subplot()
        axes.set_title("Batch 1")
        axes.plot([1, 2], [90, 95], gid="net|")
        axes.fill_between([1, 2], [88, 94], [91, 97], gid="net|")
        axes.vlines(2, 80, 99, gid="net|0")
        axes.axhline(50)
        axes.axvline(1, gid="net|")
        axes.plot([0, 9], [0, 9])
    return figure


def test_what_a_network_owns_is_data_and_what_guides_the_eye_is_not() -> None:
    expected = pd.DataFrame(
        [
            ("interval", 1.0, np.nan, 88.0, 91.0),
            ("interval", 2.0, np.nan, 94.0, 97.0),
            ("interval", 2.0, np.nan, 80.0, 99.0),
            ("curve", 1.0, 90.0, np.nan, np.nan),
            ("curve", 2.0, 95.0, np.nan, np.nan),
        ],
        columns=["what", "x", "y", "low", "high"],
    )
    found = figure_data(drawn(), NAMES)
    assert set(found.pop("panel")) == {"Batch 1"}
    assert set(found.pop("network")) == {"A network"}
    order = ["what", "x", "low"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
    )


def test_cells_have_the_labels_of_their_places() -> None:
    with look():
        figure, _ = heatmap(np.array([[10.0, 20.0], [30.0, np.nan]]), rows=["a", "b"], columns=["0", "1"])
    found = figure_data(figure, {})
    assert found.values.tolist()[:3] == [["cell", "0", "a", 10.0], ["cell", "1", "a", 20.0], ["cell", "0", "b", 30.0]]
    assert found["percent"].isna().tolist() == [False, False, False, True]


def test_bars_are_the_stretches_that_they_cover() -> None:
    figure = Figure()
    axes = figure.add_subplot()
    axes.barh([0, 1], [30, 100], label="exit1")
    axes.barh([0], [70], left=[30], label="exit2")
    axes.set_yticks([0, 1], ["knee", "full"])
    rows = figure_data(figure, {})[["what", "y", "low", "high"]].values.tolist()
    assert rows == [["exit1", "knee", 0, 30], ["exit1", "full", 0, 100], ["exit2", "knee", 30, 100]]


def test_upright_bars_have_their_own_labels_where_not_every_place_has_one() -> None:
    figure = Figure()
    axes = figure.add_subplot()
    axes.bar([0, 1, 2], [5, 0, 80], label=["block1", "block2", "block3"])
    axes.set_xticks([0, 2], ["block1", "block3"])
    rows = figure_data(figure, {})[["what", "x", "low", "high"]].values.tolist()
    assert rows == [["bar", "block1", 0, 5], ["bar", "block2", 0, 0], ["bar", "block3", 0, 80]]


def test_bins_of_a_histogram_have_their_edges_and_heights() -> None:
    figure = Figure()
    figure.add_subplot().stairs([25, 0, 75], [0, 2, 4, 6], fill=True)
    rows = figure_data(figure, {})[["what", "low", "high", "y"]].values.tolist()
    assert rows == [["bin", 0, 2, 25], ["bin", 2, 4, 0], ["bin", 4, 6, 75]]


def test_cells_of_a_heatmap_have_names_where_labels_are_left_out() -> None:
    columns = [str(number) for number in range(1, 41)]
    drawn, axes = heatmap(np.arange(80.0).reshape(2, 40), rows=["a", "b"], columns=columns)
    assert "" in [tick.get_text() for tick in axes.get_xticklabels()]
    cells = figure_data(drawn, {})
    assert len(cells) == 80
    assert list(cells["x"][:40]) == columns
