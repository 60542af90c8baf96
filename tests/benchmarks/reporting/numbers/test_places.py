"""What is drawn stands where the axes say that its numbers are."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.benchmarks.reporting.numbers.axes import axis, corners, little_axes
from tests.benchmarks.reporting.numbers.figures import FIGURES
from tests.benchmarks.reporting.numbers.reading import Page
from tests.benchmarks.reporting.numbers.records import Floats, Study
from tests.benchmarks.reporting.numbers.route_figures import (
    BARS,
    exits,
    exits_of,
    histogram,
    of_network,
    specialisation,
)
from tests.benchmarks.reporting.numbers.rows import Row

MARKED = ("accuracy-macs", "accuracy-time", "realised", "attack-compute", "attack-plane")
"""Figures with a mark per number."""
OF_ONE = {"exit-criteria", "budgeted", "updates"}
"""The same, of one network each."""
LITTLE = ("robustness", "training", "reliability")
"""Figures that are a little plot per network."""


def test_marks(page: Page, study: Study) -> None:
    seen = 0
    for name in MARKED:
        rows = list(FIGURES[name](study))
        panels = list(dict.fromkeys(row.panel for row in rows))
        for place, drawing in enumerate(page.figures[name].findall("div/div/svg")):
            across, up = axis(drawing, "x"), axis(drawing, "y")
            here = [row for row in rows if row.panel == panels[place % len(panels)]]
            for slug, mark in marks(drawing):
                at = (across(float(mark.get("x", ""))), up(float(mark.get("y", ""))))
                points = _points(here, study.named(slug).name, "curve")
                assert np.isclose(at, points, rtol=3e-4, atol=0.02).all(axis=1).any(), (name, slug, at, points)
                seen += 1
    assert seen > len(MARKED) * len(study.networks)


def test_marks_of_single_networks(page: Page, study: Study) -> None:
    """Of rules to leave, budgets and numbers of updates."""
    seen: set[str] = set()
    for network in study.networks:
        for name in OF_ONE & of_network(network).keys():
            (drawing,) = page.figures[f"{name}-{network.slug}"].findall("div/div/svg")
            across, up = (axis(drawing, side) for side in "xy")
            rows = list(of_network(network)[name](study, network))
            points = np.concatenate([_points(rows, network.name, what) for what in {row.what for row in rows}])
            steps = np.abs([across(1.0) - across(0.0), up(1.0) - up(0.0)])
            for _, mark in marks(drawing):
                at = np.array((across(float(mark.get("x", ""))), up(float(mark.get("y", "")))))
                assert (np.abs(at - points) <= 0.02 * steps).all(axis=1).any(), (name, network.slug, at)
                seen.add(name)
    assert seen == OF_ONE


def marks(drawing: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    """Every mark, and the slug of the network that it belongs to."""
    for group in drawing.iter("g"):
        for mark in group.iter("use") if group.get("data-n") else ():
            yield group.get("data-n", ""), mark


def _points(rows: list[Row], network: str, what: str) -> Floats:
    """The points of a network's curves, or both ends of its intervals."""
    numbers = [row.numbers for row in rows if (row.network, row.what) == (network, what)]
    return np.array([(own["x"], own[name]) for own in numbers for name in ("y", "low", "high") if name in own])


def test_lines_and_bands_of_little_plots(page: Page, study: Study) -> None:
    for name in LITTLE:
        rows = list(FIGURES[name](study))
        drawings = page.figures[name].findall("div/div/svg")
        assert len(drawings) == len(study.networks)
        for drawing in drawings:
            across, up = little_axes(drawing)
            own = next(group for group in drawing.iter("g") if group.get("data-n"))
            network = study.named(own.get("data-n", "")).name
            for path in own.iter("path"):
                style = path.get("style", "")
                what = "curve" if style.startswith("fill:none") else "interval" if "opacity" in style else ""
                if what:
                    x, y = corners(path).T
                    off = np.column_stack([across(x), up(y)])[:, None] - _points(rows, network, what)[None]
                    pixel = np.abs([across(1.0) - across(0.0), up(1.0) - up(0.0)])
                    assert np.all(np.any(np.all(np.abs(off) <= 0.15 * pixel, axis=2), axis=1)), (name, network, what)


def test_bars_of_exits(page: Page, study: Study) -> None:
    for network in (network for network in study.networks if exits_of(network)):
        drawing = next(page.figures[f"exits-{network.slug}"].iter("svg"))
        across = axis(drawing, "x")
        bars = [corners(path) for path in drawing.iter("path") if path.get("clip-path")]
        rows = sorted(exits(study, network), key=lambda row: exits_of(network).index(row.what))
        expected = [(row.numbers["low"], row.numbers["high"]) for row in rows]
        shown = [tuple(across(bar[:2, 0])) for bar in bars]
        assert np.abs(np.array(shown) - np.array(expected)).max() <= 0.01, network.name


def test_bars_and_lines_of_histograms(page: Page, study: Study) -> None:
    for network in study.routing:
        drawing = next(page.figures[f"histogram-{network.slug}"].iter("svg"))
        costs = network.answers()["macs"] * study.unit[1]
        nominal = network.table("ledger")["macs"].sum() * study.unit[1]
        expected = [row.numbers for row in histogram(study, network)]
        edge = expected[0]["high"]
        shapes = [path for path in drawing.iter("path") if path.get("clip-path")]
        (bars,) = (corners(path) for path in shapes if _is_filled(path))
        across, up = axis(drawing, "x"), axis(drawing, "y")
        starts = bars[1 : 2 * BARS : 2]
        assert across(starts[:, 0]) == pytest.approx([own["low"] for own in expected], abs=0.003 * edge), network.name
        assert up(starts[:, 1]) == pytest.approx([own["y"] for own in expected], abs=0.05), network.name
        lines = [corners(path)[0, 0] for path in shapes if "stroke: var(--ink)" in path.get("style", "")]
        assert across(np.array(lines)) == pytest.approx([costs.mean(), nominal], abs=0.003 * edge), network.name


def test_bars_of_units(page: Page, study: Study) -> None:
    for network in (network for network in study.networks if "specialisation" in of_network(network)):
        drawing = next(page.figures[f"specialisation-{network.slug}"].iter("svg"))
        up, expected = axis(drawing, "y"), [row.numbers["high"] for row in specialisation(study, network)]
        bars = [corners(path) for path in drawing.iter("path") if path.get("clip-path") and _is_filled(path)]
        assert [bar[:, 0].min() for bar in bars] == sorted(bar[:, 0].min() for bar in bars)
        assert [up(bar[:, 1].min()) for bar in bars] == pytest.approx(expected, abs=0.1), network.name


def _is_filled(path: ET.Element) -> bool:
    return path.get("style", "").startswith("fill: var(--")


def test_lines_where_phases_start(page: Page, study: Study) -> None:
    for network in (network for network in study.networks if "dynamics" in of_network(network)):
        drawing = next(page.figures[f"dynamics-{network.slug}"].iter("svg"))
        across, starts = axis(drawing, "x"), network.table("history").drop_duplicates("phase")["epoch"]
        lines = [path for path in drawing.iter("path") if "stroke: var(--ink)" in path.get("style", "")]
        shown = [across(corners(path)[0, 0]) for path in lines if path.get("clip-path")]
        assert shown == pytest.approx(starts[1:] - 0.5, abs=0.02), network.name


def test_numbers_along_colour_scales(page: Page, study: Study) -> None:
    for name in ("per-class", *(f"execution-{network.slug}" for network in study.routing)):
        scale = axis(next(page.figures[name].iter("svg")), "y", "start")
        assert scale(0.0) > scale(100.0), name
