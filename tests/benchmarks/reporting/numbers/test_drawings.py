"""Numbers that are written in figures: over marks, in cells and bars, beside axes; `test_places.py` is about places."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import pdist, squareform

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.figures import batches, expected_figures, per_class
from tests.benchmarks.reporting.numbers.reading import Page, drawn, has_facts, words
from tests.benchmarks.reporting.numbers.records import Network, Study, short_macs
from tests.benchmarks.reporting.numbers.route_figures import (
    COST,
    dynamics,
    execution,
    exits,
    exits_of,
    of_network,
    used,
)
from tests.benchmarks.reporting.numbers.saying import NUMBER, Says, is_rounding, joined
from tests.benchmarks.reporting.numbers.sections.changed import parts
from tests.benchmarks.reporting.numbers.sections.tips import TIPS

RADIUS = "radius ε of the L∞ ball (pixels in [0, 1])"
WRITTEN = 6
"""Percent from which on a bar has room for its number."""


def test_what_is_said_over_marks(page: Page, study: Study) -> None:
    for name, figure in page.figures.items():
        panels = [[words(tip) for tip in svg.iter("title")] for svg in figure.iter("svg")]
        shown = [sorted(tips) for tips in panels if any(map(has_facts, tips))]
        expected = TIPS[name](study) if name in TIPS else []
        assert len(shown) == len(expected), name
        for tips, meant in zip(shown, expected, strict=True):
            strange = [tip for tip in tips if not any(own.fits(tip) for own in meant)]
            absent = [own for own in meant if not any(own.fits(tip) for tip in tips)]
            assert (strange, absent) == ([], []), name


def test_numbers_in_cells(page: Page, study: Study) -> None:
    maps = {"per-class": ("class", [Says(network.name) for network in study.networks], list(per_class(study)))}
    for network in study.networks:
        own, units = of_network(network), [Says(unit) for unit in network.units]
        if "execution" in own:
            maps[f"execution-{network.slug}"] = ("class", _costs(network), list(execution(study, network)))
        if "dynamics" in own:
            maps[f"dynamics-{network.slug}"] = ("epoch", units, list(dynamics(study, network)))
        if "gates" in own:
            maps[f"gates-{network.slug}"] = ("class", units, list(own["gates"](study, network)))
    for name, (below, labels, rows) in maps.items():
        texts, whats = drawn(page.figures[name], "text"), list(dict.fromkeys(row.what for row in rows))
        columns, (title, *texts) = texts[: len(whats)], texts[len(whats) :]
        assert title == below
        assert sorted(columns) == sorted(whats) if name.startswith("execution-") else columns == whats, name
        beside, cells = _split(texts, len(labels), len(rows))
        assert all(label.fits(text) for label, text in zip(labels, beside, strict=True)), beside
        lines = list(dict.fromkeys(row.network for row in rows))
        meant = sorted(rows, key=lambda row: (lines.index(row.network), columns.index(row.what)))
        wrong = [(c, row) for c, row in zip(cells, meant, strict=True) if not is_rounding(c, row.numbers["percent"])]
        assert wrong == [], name


def _costs(network: Network) -> list[Says]:
    """Names of units with their cost."""
    ledger = network.table("ledger").set_index("unit")["macs"]
    return [joined(f"{unit} (", short_macs(float(ledger[unit])), ")") for unit in network.units]


def _split(texts: list[str], first: int, second: int) -> tuple[list[str], list[str]]:
    return texts[:first], texts[first : first + second]


def test_classes_that_use_similar_units_stand_beside_each_other(page: Page, study: Study) -> None:
    """As near as an order of a tree's leaves allows, whichever of several it is."""
    for network in study.routing:
        answers = network.answers()
        rates = used(network, answers["route"]).groupby(answers["label"]).mean()
        texts = drawn(page.figures[f"execution-{network.slug}"], "text")
        shown = np.array([list(map(str, rates.index)).index(text) for text in texts[: len(rates)]])
        apart = pdist(rates.to_numpy())
        best = leaves_list(optimal_leaf_ordering(linkage(apart, "average"), apart))
        lengths = [squareform(apart)[order[:-1], order[1:]].sum() for order in (shown, best)]
        assert lengths[0] == pytest.approx(lengths[1]), network.name


def test_numbers_in_bars_of_exits(page: Page, study: Study) -> None:
    networks = [network for network in study.networks if exits_of(network)]
    assert networks
    for network in networks:
        rows = sorted(exits(study, network), key=lambda row: exits_of(network).index(row.what))
        shares = [row.numbers["high"] - row.numbers["low"] for row in rows]
        texts = drawn(page.figures[f"exits-{network.slug}"], "text")
        start = texts.index("share of images (%)") + 1
        names, labels = _split(texts[start:], len(network.settings), len(rows))
        assert names == network.settings
        written = [share for share in shares if share >= WRITTEN - 1e-9]
        assert [is_rounding(text, own) for text, own in zip(labels, written, strict=False)] == [True] * len(written)
        assert texts[-len(exits_of(network)) :] == exits_of(network)


def test_words_with_digits(page: Page, study: Study) -> None:
    known = {network.name for network in study.networks} | {batches(size) for size in study.sizes}
    known |= {*attacked.attacks(study), RADIUS, *(name for n in study.networks for name in (*n.settings, *n.units))}
    known |= {name for network in study.networks for name in parts(network).names}
    expected = {
        name: make for name, make in expected_figures(study).items() if name.startswith(("positions-", "sampl"))
    }
    for name, figure in page.figures.items():
        texts = [text for text in drawn(figure, "text") if has_facts(text) and not re.fullmatch(NUMBER, text)]
        costs = {re.sub(COST, "", text) for text in texts}  # `test_numbers_in_cells` compares them
        panels = {row.panel for row in expected[name]()} if name in expected else set()
        assert costs <= known | panels, name
