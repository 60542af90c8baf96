"""Every number of the committed table of detectors, computed again from the records."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.benchmarks.reporting.numbers.reading import Page, read_page

ROOT = Path(__file__).parents[4]
NAMES = {"resnet": "ResNet", "pyramidnet": "PyramidNet", "randwire": "RandWireNN", "adanet": "AdaNet (ConvNet-AIG)"}
Seeds = dict[str, list[pd.DataFrame]]


@pytest.fixture(scope="module")
def detectors() -> Page:
    return read_page(ROOT / "reports/reference/detection/index.html")


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    """The tables of every network, by its name on the page."""
    found: Seeds = defaultdict(list)
    for folder in sorted((ROOT / "results/reference/detection/models").iterdir()):
        method = yaml.safe_load((folder / "config.yaml").read_text())["spec"]["method"]
        found[NAMES[method]].append(pd.read_parquet(folder / "detection.parquet"))
    return found


def mean(tables: list[pd.DataFrame], column: str) -> float:
    return float(np.mean([table.loc[table["part"] == "all", column].iloc[0] for table in tables]))


def draws(tables: list[pd.DataFrame], column: str) -> np.ndarray:
    """(seeds, draws)."""
    return np.stack([table.loc[table["part"] == "draw", column].to_numpy(float) for table in tables])


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-")) for found in re.findall(r"[+−]?\d+\.\d+", text)]


def test_precision_share_found_and_cost(detectors: Page, seeds: Seeds) -> None:
    rows = detectors.tables["detection"].rows
    assert sorted(row[0].text for row in rows) == sorted(seeds) == sorted(NAMES.values())
    for name, ap, difference, ap50, found, macs, count in rows:
        own = seeds[name.text]
        scenes = pd.concat([table[table["part"] == "scene"] for table in own])
        assert ap.text == f"{100 * mean(own, 'ap'):.1f}"
        assert ap50.text == f"{100 * mean(own, 'ap50'):.1f}"
        assert found.text == f"{100 * scenes['found'].sum() / scenes['objects'].sum():.1f}"
        assert macs.text == f"{scenes['macs'].mean() / 1e6:.1f} M"
        assert macs.small == f"{100 * scenes['macs'].mean() / mean(own, 'nominal'):.0f} %"
        assert count.text == str(len(own)) == "3"
        if name.text == "ResNet":
            assert difference.small == "the reference"
        else:
            points = 100 * (mean(own, "ap") - mean(seeds["ResNet"], "ap"))
            assert numbers(difference.text) == [pytest.approx(points, abs=0.051)]


def test_intervals_hold_what_scenes_and_seeds_leave_open(detectors: Page, seeds: Seeds) -> None:
    """Half as wide as so many standard errors: of the draws, and pooled of the seeds; as few of these say little."""
    spread = {name: np.var([mean([one], "ap") for one in own], ddof=1) / 3 for name, own in seeds.items()}
    for name, _, difference, *_ in detectors.tables["detection"].rows:
        if name.text == "ResNet":
            continue
        low, high = numbers(difference.small)
        assert (low + high) / 2 == pytest.approx(numbers(difference.text)[0], abs=0.11)
        of_scenes = np.var(draws(seeds[name.text], "ap").mean(0) - draws(seeds["ResNet"], "ap").mean(0), ddof=1)
        most = of_scenes + 2 * max(spread.values()) + 1 / 489**2
        assert 1.96 * np.sqrt(of_scenes / 2) < (high - low) / 200 < 4.5 * np.sqrt(most)


def test_scenes_are_the_same_and_trunks_cost_the_same(seeds: Seeds) -> None:
    tables = [table for own in seeds.values() for table in own]
    scenes = [table.loc[table["part"] == "scene", ["index", "objects"]].reset_index(drop=True) for table in tables]
    assert all(scenes[0].equals(other) for other in scenes[1:])
    nominal = [mean([table], "nominal") for table in tables]
    assert max(nominal) / min(nominal) < 1.01


def test_classes_are_means_over_seeds(detectors: Page, seeds: Seeds) -> None:
    for name, *cells in detectors.tables["detection-classes"].rows:
        by_class = np.mean([t.loc[t["part"] == "class", "ap"].to_numpy(float) for t in seeds[name.text]], axis=0)
        assert [cell.text for cell in cells] == [f"{100 * value:.1f}" for value in by_class]


def test_the_verdict_has_the_numbers_of_the_table(detectors: Page) -> None:
    (cells,) = (row for row in detectors.tables["detection"].rows if row[0].text == "RandWireNN")
    page = " ".join((ROOT / "reports/reference/detection/index.html").read_text(encoding="utf-8").split())
    text = cells[2].text
    assert f"Here RandWireNN has {text} points of AP beside ResNet ({cells[2].small}; n = 3 and 3 seeds)" in page
    low, high = numbers(cells[2].small)
    assert ("MACs: does not agree." in page) == (high < 0)
    assert ("MACs: agrees." in page) == (low > 0)
