"""The committed reference of the default run: readable, small, and as good as it is said to be."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest

import zoo
from benchmarks.records.derived import RATES
from benchmarks.records.record import file_of
from benchmarks.records.store import Store
from benchmarks.records.summary import summarise
from benchmarks.running.campaign import shown_records

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results" / "reference" / "quick"
PAGE = ROOT / "reports" / "reference" / "quick" / "index.html"


@pytest.fixture(scope="module")
def summary() -> pd.DataFrame:
    store = Store(RESULTS)
    return summarise(shown_records(store, store.read_study())).set_index(["method", "setting"])


def headline(summary: pd.DataFrame, method: str) -> pd.Series:
    rows = summary.loc[method]
    return rows[rows["headline"]].iloc[0]


def test_every_method_is_there(summary: pd.DataFrame) -> None:
    assert set(summary.index.get_level_values("method")) == set(zoo.list_methods())


@pytest.mark.parametrize("method", zoo.list_methods())
def test_every_network_is_96_percent_accurate(summary: pd.DataFrame, method: str) -> None:
    assert headline(summary, method)["accuracy"] >= 0.96


@pytest.mark.parametrize("method", zoo.list_methods())
def test_every_network_costs_what_its_resnet_costs(summary: pd.DataFrame, method: str) -> None:
    resnet = headline(summary, "resnet")["nominal"]
    assert headline(summary, method)["nominal"] == pytest.approx(resnet, rel=0.1)


def test_skipnets_gates_are_neither_all_open_nor_all_shut(summary: pd.DataFrame) -> None:
    table = answers("skipnet", "default")
    rates = table["route"].map(lambda route: route.count("1") / len(route))
    assert 0.1 < rates.mean() < 0.95
    assert table["route"].nunique() > 1


def test_fractalnets_deepest_column_is_within_3_points_of_the_whole(summary: pd.DataFrame) -> None:
    rows = summary["accuracy"].loc["fractalnet"]
    columns = rows[rows.index.str.startswith("column")]
    assert columns.iloc[-1] >= headline(summary, "fractalnet")["accuracy"] - 0.03


@pytest.mark.parametrize("method", ["branchynet", "msdnet"])
def test_accuracy_does_not_fall_from_exit_to_exit(method: str) -> None:
    exits = [name for name in answers(method)["setting"].unique() if name.startswith("exit") or name == "full"]
    right = [(t["prediction"] == t["label"]).to_numpy() for t in (answers(method, name) for name in exits)]
    for earlier, later in pairwise(right):
        lost, won = int((earlier & ~later).sum()), int((later & ~earlier).sum())
        # one standard error of the paired difference is passed by chance in one of six: McNemar's exact test is asked
        assert lost == won or binomtest(lost, lost + won, alternative="greater").pvalue > CHANCE


CHANCE = 0.01
"""A fall from exit to exit that equal exits would show less often than this is one."""


def answers(method: str, setting: str | None = None) -> pd.DataFrame:
    """What a method's network predicted for every test image."""
    table = next(record for record in Store(RESULTS).records() if record.spec.method == method).table("accuracy")
    return table if setting is None else table[table["setting"] == setting]


def test_adanet_runs_measurably_less_than_its_resnet(summary: pd.DataFrame) -> None:
    adanet, resnet = headline(summary, "adanet"), headline(summary, "resnet")
    assert adanet["executed"] == adanet["routed"]
    assert adanet["routed"] / adanet["nominal"] <= 0.85
    assert adanet["routed"] / resnet["nominal"] <= 0.85


def test_most_digits_leave_branchynet_early_for_at_most_a_point(summary: pd.DataFrame) -> None:
    assert (answers("branchynet", "knee")["route"].str[-1] == "0").mean() > 0.5
    accuracy = summary["accuracy"].loc["branchynet"]
    assert accuracy["knee"] >= accuracy["full"] - 0.01


def test_every_cost_that_ran_was_asked_for(summary: pd.DataFrame) -> None:
    pd.testing.assert_series_equal(summary["executed"], summary["routed"], check_names=False)


DERIVED = {file_of(name) for name in ("summary", "answers", *RATES)}
"""Computed from a record's other tables wherever they are missing, so that git need not keep them."""


@pytest.mark.parametrize(
    ("study", "results", "page"),
    [
        *(("quick", 5.7, 3.3), ("standard", 15, 2), ("inside", 6.5, 2), ("detection", 2, 1)),
        *(("photographs", 20, 3), ("photographs-small", 3, 1), ("photographs-15", 2, 0.1), ("photographs-60", 2, 0.1)),
    ],
)
def test_the_reference_is_small(study: str, results: float, page: float) -> None:
    """Megabytes: one has answers to 10,000 images at every setting, one pictures, one 4,000 lesions."""
    for kind, most in (("results", results), ("reports", page)):
        files = [path for path in (ROOT / kind / "reference" / study).rglob("*") if path.is_file()]
        kept = [path for path in files if path.suffix != ".safetensors"]
        committed = [path for path in kept if path.parent.parent.name != "models" or path.name not in DERIVED]
        assert sum(path.stat().st_size for path in committed) < 1e6 * most, kind


def test_the_page_names_no_other_host() -> None:
    text = PAGE.read_text()
    loaded = re.findall(r"""<(?:link|script|img|iframe|source)[^>]*(?:href|src)=["']?([^"'> ]*)""", text)
    assert all(address.startswith("data:") for address in loaded)
    assert "@import" not in text
    assert "url(http" not in text
