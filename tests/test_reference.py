"""The committed reference of the default run: readable, small, and as good as it is said to be."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.campaign import shown_records
from benchmarks.store import Store
from benchmarks.summary import summarise

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


@pytest.mark.parametrize("method", ["resnet", "adanet", "branchynet"])
def test_every_network_is_96_5_percent_accurate(summary: pd.DataFrame, method: str) -> None:
    assert headline(summary, method)["accuracy"] >= 0.965


def test_adanet_runs_measurably_less_than_its_resnet(summary: pd.DataFrame) -> None:
    adanet, resnet = headline(summary, "adanet"), headline(summary, "resnet")
    assert adanet["executed"] == adanet["routed"]
    assert adanet["routed"] / adanet["nominal"] <= 0.85
    assert adanet["routed"] / resnet["nominal"] <= 0.85


def test_most_digits_leave_branchynet_early_for_at_most_a_point(summary: pd.DataFrame) -> None:
    table = next(r for r in Store(RESULTS).records() if r.spec.method == "branchynet").table("accuracy")
    knee = table[table["setting"] == "knee"]
    assert (knee["route"].str[-1] == "0").mean() > 0.5
    accuracy = summary["accuracy"].loc["branchynet"]
    assert accuracy["knee"] >= accuracy["full"] - 0.01


def test_every_cost_that_ran_was_asked_for(summary: pd.DataFrame) -> None:
    pd.testing.assert_series_equal(summary["executed"], summary["routed"], check_names=False)


def test_the_reference_fits_in_three_megabytes() -> None:
    committed = [
        p for p in [*RESULTS.rglob("*"), *PAGE.parent.rglob("*")] if p.is_file() and p.suffix != ".safetensors"
    ]
    assert sum(p.stat().st_size for p in committed) < 3_000_000


def test_the_page_names_no_other_host() -> None:
    text = PAGE.read_text()
    loaded = re.findall(r"""<(?:link|script|img|iframe|source)[^>]*(?:href|src)=["']?([^"'> ]*)""", text)
    assert all(address.startswith("data:") for address in loaded)
    assert "@import" not in text
    assert "url(http" not in text
