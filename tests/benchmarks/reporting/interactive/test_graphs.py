"""Drawings of networks."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.interactive.graphs import ALL, graphs, shares


def network(evidence: Evidence, slug: str) -> NetworkEvidence:
    return next(network for network in evidence.networks if network.slug == slug)


def drawing(evidence: Evidence, slug: str) -> str:
    return str(next(drawn.svg for drawn in graphs(evidence) if drawn.network.slug == slug))


def place(svg: str, unit: str) -> tuple[float, float]:
    """The upper left corner of a unit's box."""
    found = re.search(rf'data-unit="{re.escape(unit)}".*?<rect x="([\d.]+)" y="([\d.]+)"', svg)
    assert found
    return float(found[1]), float(found[2])


def test_shares_are_of_all_images_and_of_every_class(evidence: Evidence) -> None:
    # Routes 110 101 111 101 in turn, ten images, classes 0 and 1 in turn.
    found = shares(evidence, network(evidence, "adanet"))
    assert found[ALL] == [100, 50, 70]
    assert found["class 0"] == [100, 100, 40]
    assert found["class 1"] == [100, 0, 100]


def test_only_networks_with_known_connections_are_drawn(evidence: Evidence) -> None:
    assert [drawn.network.slug for drawn in graphs(evidence)] == ["adanet", "branchynet"]
    assert all(drawn.varies for drawn in graphs(evidence))


def test_units_follow_what_they_read_and_exits_lie_below(evidence: Evidence) -> None:
    svg = drawing(evidence, "branchynet")
    first, second, exit1 = (place(svg, name) for name in ("segment1", "segment2", "exit1"))
    assert first[0] < second[0] == exit1[0]
    assert second[1] < exit1[1]
    assert svg.count('class="way"') == 6
    assert "past" not in svg


def test_connections_past_other_units_are_bows(evidence: Evidence) -> None:
    svg = drawing(evidence, "adanet")
    assert svg.count('class="way"') == 4  # input, three blocks, output in a row
    assert svg.count('class="way past"') == 10 - 4
    assert "<title>stage1.block1: used for 100 % of images, 1.00 M MACs</title>" in svg


def test_names_are_text_and_never_markup(evidence: Evidence) -> None:
    first = network(evidence, "branchynet").first
    hostile = '<script>&"'
    wiring = pd.DataFrame([("input", hostile), (hostile, "output")], columns=["source", "target"])
    units = (hostile, *first.units[1:])
    changed = replace(first, units=units, measurements={**first.measurements, "wiring": wiring})
    shown = replace(network(evidence, "branchynet"), models=(changed,))
    (drawn,) = graphs(replace(evidence, networks=(shown,)))
    assert "<script>" not in drawn.svg
    assert "&lt;script&gt;&amp;&#34;" in drawn.svg


def test_a_unit_that_runs_again_and_again_is_not_drawn(evidence: Evidence) -> None:
    shown = network(evidence, "branchynet")
    loop = [("input", "segment1"), ("segment1", "exit1"), ("exit1", "segment1"), ("exit1", "output")]
    wiring = pd.DataFrame(loop, columns=["source", "target"])
    changed = replace(shown.first, measurements={**shown.first.measurements, "wiring": wiring})
    assert graphs(replace(evidence, networks=(replace(shown, models=(changed,)),))) == []
