"""The records that a page is made of, straight from their files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from scipy.stats import norm

import zoo
from tests.benchmarks.reporting.numbers.reading import Page
from tests.benchmarks.reporting.numbers.saying import ANY, STALE, Cell, Ends, Mark, Says, bounded, says, word

Floats = NDArray[np.float64]
BINS = 15
"""Of confidence."""


@cache
def _table(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path)


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A trained network.

    Attributes:
        name: as the page calls it.
        slug: as the page's script calls it.
        folder: of the record of its only seed.
        stale: what the page says is not today's, see `test_stale.py`; empty where all is.
    """

    name: str
    slug: str
    folder: Path
    stale: str = ""

    @cached_property
    def config(self) -> dict[str, Any]:
        """What it was made of."""
        values: dict[str, Any] = yaml.safe_load((self.folder / "config.yaml").read_text())
        return values

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What was measured of it."""
        values: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())
        return values

    def has(self, name: str) -> bool:
        """Whether there is a table."""
        return (self.folder / f"{name}.parquet").exists()

    def table(self, name: str) -> pd.DataFrame:
        """A table."""
        return _table(self.folder / f"{name}.parquet")

    def at(self, name: str, **values: object) -> pd.DataFrame:
        """The rows of a table that have some values."""
        rows = self.table(name)
        for column, value in values.items():
            rows = rows[rows[column] == value]
        return rows

    @property
    def settings(self) -> list[str]:
        """Names of its settings, the one of headlines first."""
        return [setting["name"] for setting in self.config["settings"]]

    @property
    def first(self) -> str:
        """The setting of headlines."""
        return self.settings[0]

    def answers(self, setting: str | None = None) -> pd.DataFrame:
        """A row per test image at a setting, or at that of headlines."""
        return self.at("accuracy", setting=setting or self.first)

    def cost(self, setting: str | None = None) -> Mapping[str, Any]:
        """Counted costs of a setting, or of that of headlines."""
        row = self.at("cost", setting=setting or self.first).iloc[0]
        return {str(name): value for name, value in row.items()}

    def routed(self, setting: str | None = None) -> float:
        """Mean multiply-accumulates of a test image."""
        return float(self.answers(setting)["macs"].mean())

    @property
    def units(self) -> list[str]:
        """Names of its units."""
        return list(self.config["units"])

    @property
    def routes_differ(self) -> bool:
        """Whether images take different routes at the setting of headlines."""
        return self.answers()["route"].nunique() > 1

    @property
    def method(self) -> str:
        """Name of its method."""
        return str(self.config["spec"]["method"])

    @property
    def is_static(self) -> bool:
        """Whether it is a static ResNet."""
        return self.method == "resnet"

    @property
    def baseline(self) -> str:
        """Selector of the static ResNet that it is compared with."""
        return str(self.config["baseline"]["network"])

    @property
    def selector(self) -> str:
        """Its method with preset and parameters."""
        spec = self.config["spec"]
        inside = [spec["preset"], *(f"{k}={_brackets(v)}" for k, v in spec["parameters"].items())]
        return f"{self.method}[{', '.join(inside)}]"

    @property
    def is_baseline(self) -> bool:
        """Whether it is its own baseline."""
        return self.selector == self.baseline

    @property
    def label(self) -> str:
        """As logs call it."""
        inside = ", ".join(f"{key}={value}" for key, value in sorted(self.config["spec"]["parameters"].items()))
        return f"{self.method}[{inside}]" if inside else self.method

    def as_row(self, small: Says | str = "", tip: Says | str = ANY) -> Cell:
        """The first cell of its rows, with a sign if it is stale."""
        return replace(word(self.name, small, tip), marks=[Mark(STALE, Says(self.stale))] if self.stale else [])


def _brackets(value: object) -> str:
    return str(tuple(value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A study with its networks, in the page's order."""

    root: Path
    networks: Sequence[Network]

    @cached_property
    def config(self) -> dict[str, Any]:
        """What was asked for."""
        values: dict[str, Any] = yaml.safe_load((self.root / "study.yaml").read_text())
        return values

    @cached_property
    def sizes(self) -> list[int]:
        """Batch sizes of timings."""
        return sorted({int(size) for network in self.networks for size in network.table("latency")["batch_size"]})

    @property
    def ends(self) -> list[int]:
        """The smallest and the largest of them."""
        return sorted({self.sizes[0], self.sizes[-1]})

    @cached_property
    def unit(self) -> tuple[str, float]:
        """In which multiply-accumulates are written, and the factor to it."""
        largest = max(network.table("cost")["nominal"].max() for network in self.networks)
        return next((u, 1 / s) for u, s in (("G", 1e9), ("M", 1e6), ("k", 1e3)) if largest >= s or u == "k")

    @property
    def margin(self) -> float:
        """Share of images within which a network counts as equally accurate."""
        return float(self.config["margin"]) / 100

    @cached_property
    def images(self) -> int:
        """Of the test split."""
        return max(len(network.answers()) for network in self.networks)

    @cached_property
    def routing(self) -> list[Network]:
        """The networks in which images take different routes."""
        return [network for network in self.networks if network.routes_differ]

    @cached_property
    def reference(self) -> str:
        """Selector of the static ResNet that most networks are compared with."""
        baselines = pd.Series([network.baseline for network in self.networks])
        counts = baselines.value_counts()
        return next(name for name in baselines if counts[name] == counts.max())

    def named(self, slug: str) -> Network:
        """A network by its slug."""
        return next(network for network in self.networks if network.slug == slug)


def read_study(root: Path, page: Page) -> Study:
    """The records of a study; names, slugs and what is stale, which depends on the day, are the page's own."""
    stale = {name.text: code.small for name, _, code, *_ in page.tables["records"].rows}
    shown = [(network["name"], network["slug"], network["records"]) for network in page.block["networks"]]
    return Study(root, [Network(name, slug, root / "models" / own, stale[name]) for name, slug, (own,) in shown])


def expected_names(networks: Sequence[Network]) -> list[str]:
    """What the papers call the networks, with their parameters where a method has several."""
    titles = [zoo.method(network.method).title for network in networks]
    found = []
    for network, title in zip(networks, titles, strict=True):
        parameters = network.config["spec"]["parameters"].items()
        inside = ", ".join(f"{key} {'-'.join(map(str, v)) if isinstance(v, list) else v}" for key, v in parameters)
        found.append(f"{title} [{inside}]" if titles.count(title) > 1 and inside else title)
    return found


def right(rows: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are answered with their label."""
    return rows["label"] == rows["prediction"]


def share_right(rows: pd.DataFrame) -> float:
    """The share of them."""
    return float(right(rows).mean())


def wilson(rows: pd.DataFrame) -> Ends:
    """Share of rows that are right, and its 95 % interval."""
    return wilson_of(share_right(rows), len(rows))


def wilson_of(share: float, count: int) -> Ends:
    """A share of so many, and its 95 % interval (Wilson 1927)."""
    z = float(norm.ppf(0.975))
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return share, max(0.0, middle - half), min(1.0, middle + half)


def accuracy(rows: pd.DataFrame) -> Cell:
    """A cell with the share of rows that are right, and its interval."""
    return bounded(wilson(rows), 100)


def calibration_error(rows: pd.DataFrame) -> float:
    """Expected calibration error in equal bins."""
    gaps = (right(rows) - rows["confidence"].astype(float)).groupby(bins(rows)).sum().abs()
    return float(gaps.sum() / len(rows))


def bins(rows: pd.DataFrame) -> pd.Series[int]:
    """The bin of every row's confidence, which has its upper edge and not its lower one."""
    return rows["confidence"].map(lambda own: min(max(math.ceil(BINS * float(own)), 1), BINS))


def macs(study: Study, value: float) -> Cell:
    """A cell with multiply-accumulates."""
    return Cell(says("{}", value * study.unit[1]), value)


def short_macs(value: float) -> Says:
    """Multiply-accumulates in the unit that suits them."""
    if value < 1e3:
        return says("{}", value)
    unit, size = next((u, s) for u, s in (("G", 1e9), ("M", 1e6), ("k", 1e3)) if value >= s)
    return says(f"{{}} {unit}", value / size)
