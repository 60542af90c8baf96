"""Every number of a committed page against a few lines of pandas on the committed records, which know nothing of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parents[3]
RESULTS, PAGE = ROOT / "results/reference/quick", ROOT / "reports/reference/quick/index.html"
Values = dict[str, Any]


class Cells(HTMLParser):
    """What tables of a page are sorted by: rows of numbers and texts by the table's id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str | None]]] = {}
        self._table = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the cells of rows in the body of a table."""
        given = dict(attrs)
        if tag == "table":
            self._table = given.get("id") or ""
            self.tables[self._table] = []
        elif tag == "tr":
            self.tables[self._table].append([])
        elif tag == "td" or (tag == "th" and given.get("scope") == "row"):
            self.tables[self._table][-1].append(given.get("data-sort"))


@pytest.fixture(scope="module")
def text() -> str:
    """The page."""
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def block(text: str) -> Values:
    """The numbers that its script works with."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    values: Values = json.loads(found[1])
    return values


@pytest.fixture(scope="module")
def headline(text: str) -> dict[str, list[str | None]]:
    """Cells of the first table by the network's name in lower case."""
    return {str(row[0]): row for row in Cells(text).tables["table-headline"] if row}


def table(network: Values, name: str) -> pd.DataFrame:
    """A table of the only seed of a network."""
    (record,) = network["records"]
    found: pd.DataFrame = pd.read_parquet(RESULTS / "models" / record / f"{name}.parquet")
    return found


def right(rows: pd.DataFrame) -> float:
    """Share of rows whose answer is the label."""
    return float((rows["label"] == rows["prediction"]).mean())


def wilson(share: float, count: int) -> tuple[float, float]:
    """Ends of the 95 % interval (Wilson 1927)."""
    z = 1.959964
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


def calibration_error(rows: pd.DataFrame) -> float:
    """Expected calibration error in 15 equal bins."""
    bins = np.minimum((15 * rows["confidence"]).astype(int), 14)
    hits = (rows["label"] == rows["prediction"]).astype(float)
    gaps = (hits - rows["confidence"]).groupby(bins).sum().abs()
    return float(gaps.sum() / len(rows))


def passes(network: Values, size: int, setting: str) -> pd.Series:
    """Seconds of the turns of a setting, and of the baseline, at one batch size; what a race rejected is left out."""
    rows = table(network, "latency")
    rows = rows[(rows["batch_size"] == size) & (rows["ended_by"] != "race") & (rows["order"] == "natural")]
    own = rows[(rows["setting"] == setting) & (rows["compute"] == "needed")]["seconds"].mean()
    static = rows[rows["setting"] == "static resnet"]["seconds"].mean()
    return pd.Series({"own": own, "static": static})


def settings(block: Values) -> Iterator[tuple[Values, Values]]:
    """Every network with each of its settings."""
    return ((network, setting) for network in block["networks"] for setting in network["settings"])


def of_setting(network: Values, setting: Values, name: str) -> pd.DataFrame:
    """The rows of one setting in a table."""
    rows: pd.DataFrame = table(network, name)
    found: pd.DataFrame = rows[rows["setting"] == setting["name"]]
    return found


def worst_case(network: Values, radius: float) -> pd.DataFrame:
    """What the strongest attack made of the images at a radius."""
    rows = table(network, "robustness")
    return rows[(rows["attack"] == "worst case") & (rows["epsilon"] == radius)]


def slowed(network: Values) -> float:
    """Mean cost under the slowdown attack of radius 0.1; the nominal cost where there is nothing to attack."""
    rows = table(network, "slowdown")
    own = rows[(rows["goal"] == "cost") & (rows["epsilon"] == 0.1)]
    return float(own["macs"].mean()) if len(own) else float(table(network, "cost")["nominal"].iloc[0])


MEASURES: dict[str, Callable[[Values, Values], float]] = {
    "accuracy": lambda network, setting: right(of_setting(network, setting, "accuracy")),
    "macs": lambda network, setting: float(of_setting(network, setting, "accuracy")["macs"].mean()),
    "parameters": lambda network, setting: float(of_setting(network, setting, "cost")["parameters"].iloc[0]),
    "calibration_error": lambda network, setting: calibration_error(of_setting(network, setting, "accuracy")),
    "attacked": lambda network, _: right(worst_case(network, 0.1)),
    "slowed": lambda network, _: slowed(network),
    "train_seconds": lambda network, _: float(config(network)["seconds"]),
}


def config(network: Values) -> Values:
    """What a record was made of."""
    (record,) = network["records"]
    values: Values = yaml.safe_load((RESULTS / "models" / record / "config.yaml").read_text())
    return values


def test_the_page_has_every_record(block: Values) -> None:
    records = {path.name for path in (RESULTS / "models").iterdir() if path.is_dir()}
    assert {record for network in block["networks"] for record in network["records"]} == records


@pytest.mark.parametrize("name", MEASURES)
def test_values_that_readers_plot_and_bound(block: Values, name: str) -> None:
    compared = 0
    for network, setting in settings(block):
        if name in setting["values"]:
            assert setting["values"][name][0] == pytest.approx(MEASURES[name](network, setting), rel=1e-5)
            compared += 1
    assert compared >= len(block["networks"])


def test_accuracies_have_wilson_intervals(block: Values) -> None:
    for network, setting in settings(block):
        rows = of_setting(network, setting, "accuracy")
        assert setting["values"]["accuracy"][1:] == pytest.approx(wilson(right(rows), len(rows)), rel=1e-5)


@pytest.mark.parametrize("size", [1, 32, 256])
def test_times_are_ratios_of_turns_on_one_scale(block: Values, size: int) -> None:
    baselines: dict[str, list[float]] = {}
    for network in block["networks"]:
        found = passes(network, size, network["settings"][0]["name"])
        baselines.setdefault(config(network)["baseline"]["network"], []).append(found["static"] / size)
    for network, setting in settings(block):
        found = passes(network, size, setting["name"])
        if math.isnan(found["own"]) or f"time_{size}" not in setting["values"]:
            continue
        scale = np.mean(baselines[config(network)["baseline"]["network"]])
        expected = scale * found["own"] / found["static"]
        assert setting["values"][f"time_{size}"][0] == pytest.approx(expected, rel=1e-5)


def test_the_first_table(block: Values, headline: dict[str, list[str | None]]) -> None:
    assert len(headline) == len(block["networks"])
    for network in block["networks"]:
        first = network["settings"][0]
        rows = of_setting(network, first, "accuracy")
        cost = of_setting(network, first, "cost").iloc[0]
        attacked = worst_case(network, 0.1)
        small, large = (passes(network, size, first["name"]) for size in (1, 256))
        found = headline[network["name"].lower()]
        numbers = [float(str(value)) for place, value in enumerate(found) if place not in (0, 1, 3)]
        expected = [
            *(right(rows), cost["parameters"], rows["macs"].mean(), cost["routed"] / cost["nominal"]),
            *(small["own"], small["static"] / small["own"]),
            *(large["own"] / 256, large["static"] / large["own"]),
            *(right(attacked), config(network)["seconds"]),
        ]
        assert numbers == pytest.approx(expected, rel=1e-5)


def figure(block: Values, name: str) -> pd.DataFrame:
    """The numbers behind a figure."""
    return pd.DataFrame(block["figures"][name])


def curve(block: Values, name: str, network: Values) -> list[tuple[float, float]]:
    """Points of a network's curves in a figure."""
    rows = figure(block, name)
    own = rows[(rows["network"] == network["name"]) & (rows["what"] == "curve")]
    return sorted({(round(x, 4), round(y, 3)) for x, y in zip(own["x"], own["y"], strict=True)})


def test_the_first_figure(block: Values) -> None:
    for network in block["networks"]:
        expected = {
            (round(MEASURES["macs"](network, s) / 1e6, 4), round(100 * MEASURES["accuracy"](network, s), 3))
            for s in network["settings"]
        }
        drawn = curve(block, "accuracy-macs", network)
        assert np.allclose(sorted(expected), drawn, rtol=1e-4)


def test_curves_of_training(block: Values) -> None:
    for network in block["networks"]:
        history = table(network, "history")
        expected = [
            (float(epoch), round(100 * value, 3))
            for column in ("train_accuracy", "validation_accuracy")
            for epoch, value in zip(history["epoch"], history[column], strict=True)
        ]
        assert np.allclose(sorted(set(expected)), curve(block, "training", network), atol=2e-3)


def test_curves_under_attack(block: Values) -> None:
    for network in block["networks"]:
        rows = table(network, "robustness")
        shown = rows[rows["attack"].isin(["none", "FGSM", "PGD-10"])]
        expected = {
            (float(str(epsilon)), round(100 * right(group), 3))
            for (_, epsilon), group in shown.groupby(["attack", "epsilon"])
        }
        assert np.allclose(sorted(expected), curve(block, "robustness", network), atol=2e-3)


def test_cost_under_attack(block: Values) -> None:
    rows = figure(block, "attack-compute")
    for network in block["networks"]:
        own = rows[(rows["network"] == network["name"]) & (rows["panel"] == "slowdown")]
        if own.empty:
            continue
        measured = table(network, "slowdown")
        clean = measured[measured["goal"] == "none"]["macs"].mean()
        cost = measured[measured["goal"] == "cost"].groupby("epsilon")["macs"].mean()
        expected = [(0.0, 100.0), *((float(str(epsilon)), 100 * macs / clean) for epsilon, macs in cost.items())]
        assert np.allclose(expected, sorted(zip(own["x"], own["y"], strict=True)), rtol=1e-4)


def test_accuracy_per_class(block: Values) -> None:
    cells = figure(block, "per-class").set_index(["y", "x"])["percent"]
    for network in block["networks"]:
        rows = of_setting(network, network["settings"][0], "accuracy")
        for label, group in rows.groupby("label"):
            assert cells[network["name"], str(label)] == pytest.approx(100 * right(group), rel=1e-5)


def test_bins_of_confidence(block: Values) -> None:
    for network in block["networks"]:
        rows = of_setting(network, network["settings"][0], "accuracy")
        bins = np.minimum((15 * rows["confidence"]).astype(int), 14)
        expected = [
            (100 * group["confidence"].mean(), 100 * right(group))
            for _, group in rows.groupby(bins)
            if len(group) >= 10
        ]
        assert np.allclose(sorted(expected), curve(block, "reliability", network), atol=2e-3)


def test_rates_of_units_and_shares_of_exits(block: Values) -> None:
    seen = 0
    for network in block["networks"]:
        first = network["settings"][0]
        rows = of_setting(network, first, "accuracy")
        units = config(network)["units"]
        used = pd.DataFrame([[digit == "1" for digit in route] for route in rows["route"]], columns=units)
        if f"execution-{network['slug']}" in block["figures"]:
            cells = figure(block, f"execution-{network['slug']}")
            rates = 100 * used.groupby(rows["label"].to_numpy()).mean()
            for place, unit in enumerate(units):
                drawn = cells["percent"].to_numpy().reshape(len(units), -1)[place]
                assert np.allclose(drawn, rates[unit], rtol=1e-5)
            seen += 1
        if f"exits-{network['slug']}" in block["figures"]:
            bars = figure(block, f"exits-{network['slug']}")
            exits = [unit for unit in units if unit.startswith("exit")]
            last = used[exits].to_numpy()[:, ::-1].argmax(axis=1)
            own = bars[bars["y"] == first["name"]].set_index("what")
            for place, name in enumerate(exits):
                share = 100 * float((len(exits) - 1 - last == place).mean())
                assert own["high"][name] - own["low"][name] == pytest.approx(share, abs=1e-3)
            seen += 1
    assert seen >= 5
