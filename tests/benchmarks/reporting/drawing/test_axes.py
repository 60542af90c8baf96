"""The accuracy axis shows what readers compare."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.figure import Figure

from benchmarks.reporting.drawing.axes import accuracy_axis


def rows(*lowest: float) -> pd.DataFrame:
    accuracies = [98.0, 96.0, *lowest]
    return pd.DataFrame(
        {
            "y": accuracies,
            "low": [y - 1 for y in accuracies],
            "high": [y + 1 for y in accuracies],
            "headline": [True, True, *(False for _ in lowest)],
        }
    )


def test_settings_far_below_every_headline_do_not_flatten_the_rest() -> None:
    axes = Figure().add_subplot()
    # Headlines span 95 to 99 %: the axis ends one such span below them, at 91 %.
    assert accuracy_axis(axes, rows(10.0, 15.0)) == " 2 settings are below 91 %, outside the figure."
    assert axes.get_ylim()[0] == pytest.approx(91)


def test_settings_near_the_headlines_are_all_shown() -> None:
    assert accuracy_axis(Figure().add_subplot(), rows(94.0)) == ""
