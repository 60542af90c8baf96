"""The numbers behind every figure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.reporting.numbers.figures import FIGURES, expected_figures
from tests.benchmarks.reporting.numbers.reading import Page
from tests.benchmarks.reporting.numbers.records import Study
from tests.benchmarks.reporting.numbers.route_figures import COST
from tests.benchmarks.reporting.numbers.rows import Row


def test_no_figure_of_the_page_is_left_out(page: Page, study: Study) -> None:
    expected = set(expected_figures(study))
    assert set(page.block["figures"]) == expected, "see `FIGURES` and `of_network` in figures.py"
    assert set(page.figures) == expected


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_all_networks(page: Page, study: Study, name: str) -> None:
    wrong = list(differences(rows_of(page.block["figures"][name]), FIGURES[name](study)))
    assert not wrong, "\n".join(wrong)


def test_figures_of_each_network(page: Page, study: Study) -> None:
    own = {name: make for name, make in expected_figures(study).items() if name not in FIGURES}
    wrong = [
        f"{name}: {what}"
        for name, make in own.items()
        for what in differences(rows_of(page.block["figures"][name]), make())
    ]
    assert not wrong, "\n".join(wrong)


def rows_of(columns: dict[str, list[float | str | None]]) -> Iterator[Row]:
    """The rows of a figure's data; of cells and bars, what is named is their place; bins have none."""
    for row in pd.DataFrame(columns).to_dict("records"):
        numbers = {str(k): v for k, v in row.items() if not isinstance(v, str) and v is not None and not pd.isna(v)}
        if row["what"] == "cell":
            yield Row("", re.sub(COST, "", str(row["y"])), str(row["x"]), numbers)
        elif "network" in row and row["what"] != "bar":
            yield Row(str(row.get("panel", "")), str(row["network"]), str(row["what"]), numbers)
        else:
            places = [own for own in (row.get("x"), row.get("y")) if isinstance(own, str)]
            yield Row("", "".join(places), str(row["what"]), numbers)


def differences(shown: Iterable[Row], expected: Iterable[Row]) -> Iterator[str]:
    """In what the rows of a figure are not the expected ones; six digits of them are shown, equal ones once."""
    groups: dict[tuple[str, str, str, tuple[str, ...]], tuple[list[list[float]], list[list[float]]]]
    groups = defaultdict(lambda: ([], []))
    for side, rows in enumerate((shown, expected)):
        for row in rows:
            groups[row.panel, row.network, row.what, tuple(sorted(row.numbers))][side].append(
                [row.numbers[name] for name in sorted(row.numbers)]
            )
    for place, (own, meant) in groups.items():
        if not own or not meant:
            yield f"{place}: {own} for {meant}"
            continue
        close = np.isclose(np.array(own)[:, None], np.array(meant)[None], rtol=6e-6, atol=1e-9).all(axis=2)
        yield from (f"{place}: {row} is not expected" for row, ok in zip(own, close.any(axis=1), strict=True) if not ok)
        yield from (f"{place}: {row} is missing" for row, ok in zip(meant, close.any(axis=0), strict=True) if not ok)
