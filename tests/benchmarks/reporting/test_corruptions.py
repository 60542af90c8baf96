"""What the page says of corrupted images, from tables whose every number can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures import Drawing, NoData
from benchmarks.reporting.figures.corruptions import corruptions as figure
from benchmarks.reporting.findings.corruptions import answer, by_severity, corrupted, dynamic
from benchmarks.reporting.page import render
from benchmarks.reporting.tables.base import Table
from benchmarks.reporting.tables.corruptions import corruptions as table
from benchmarks.reporting.tables.corruptions import each
from tests.benchmarks.reporting.hand_made import HandMade, answers

Shown = dict[tuple[str, int], tuple[str, int]]
"""Outcome, as `answers` takes it, and cost of an image, by corruption and severity."""


def corrupted_images(shown: Shown) -> pd.DataFrame:
    """A table of the evaluator."""
    parts = []
    for (corruption, severity), (outcome, macs) in shown.items():
        part = answers(outcome)[["index", "label", "prediction", "route"]]
        parts.append(part.assign(corruption=corruption, severity=severity, source="RouteBench", macs=macs))
    return pd.concat(parts, ignore_index=True)


STATIC: Shown = {
    ("none", 0): ("1111111111", 400),
    ("noise", 1): ("1111111110", 400),
    ("noise", 5): ("1111100000", 400),
    ("blur", 1): ("1111111100", 400),
    ("blur", 5): ("1100000000", 400),
}
GATED: Shown = {
    ("none", 0): ("1111111111", 200),
    ("noise", 1): ("1111111110", 220),
    ("noise", 5): ("1111100000", 300),
    ("blur", 1): ("1111111100", 240),
    ("blur", 5): ("1100000000", 400),
}
ADANET = "AdaNet (ConvNet-AIG)"


@pytest.fixture
def measured(made: HandMade) -> Evidence:
    """A ResNet, an AdaNet whose cost goes up with its error, and a BranchyNet that was not measured."""
    made.add(made.spec("resnet"), corruptions=corrupted_images(STATIC))
    made.add(made.spec("adanet"), corruptions=corrupted_images(GATED))
    made.add(made.spec("branchynet"))
    return made.evidence()


def draw(evidence: Evidence) -> Drawing:
    with look():
        return figure(evidence)


def row(table: Table | None, *firsts: str) -> list[tuple[str, str]]:
    assert table is not None
    (cells,) = (cells for cells in table.rows if tuple(cell.text for cell in cells[: len(firsts)]) == firsts)
    return [(cell.text, cell.sub) for cell in cells[len(firsts) :]]


def test_the_table_has_means_over_corruptions_and_the_rank_correlation(measured: Evidence) -> None:
    # severity 1: 9 and 8 of 10 at 1.1 and 1.2 of the clean cost; severity 5: 5 and 2 of 10 at 1.5 and 2
    assert row(table(measured), ADANET) == [
        ("100.0", "100 % MACs"),
        ("85.0", "115 % MACs"),
        ("35.0", "175 % MACs"),
        ("+1.00", "n = 4"),
    ]


def test_a_network_whose_cost_never_changes_has_no_correlation(measured: Evidence) -> None:
    assert row(table(measured), "ResNet")[-1] == ("–", "same cost for all")


def test_a_network_that_was_not_measured_says_why(measured: Evidence) -> None:
    assert row(table(measured), "BranchyNet") == [("–", "switched off")] * 4


def test_every_corruption_has_a_row_of_its_own(measured: Evidence) -> None:
    assert row(each(measured), ADANET, "noise") == [("90.0", "110 % MACs"), ("50.0", "150 % MACs")]
    assert row(each(measured), ADANET, "blur") == [("80.0", "120 % MACs"), ("20.0", "200 % MACs")]


def test_the_note_says_which_corruptions_of_how_many_images_by_whom(measured: Evidence) -> None:
    found = table(measured)
    assert found is not None
    assert "Means over 2 corruptions (noise and blur; made by RouteBench) of 10 images." in found.note


def test_the_figure_follows_the_dynamic_network_from_clean_images_on(measured: Evidence) -> None:
    drawing = draw(measured)
    assert [network.label for network in drawing.legend] == ["adanet"]
    along, single = drawing.panels
    line, cloud = (panel.figure.axes[0].get_lines()[0] for panel in (along, single))
    assert [tuple(point) for point in np.asarray(line.get_xydata())] == [
        *((100.0, 100.0), pytest.approx((115.0, 85.0)), pytest.approx((175.0, 35.0))),
    ]
    assert f"{ADANET}, severity 5: 35.0 % at 175 % of its clean cost" in along.tips.values()
    assert len(np.asarray(cloud.get_xydata())) == 4
    assert "Networks whose cost never changes are left out." in drawing.caption


KINDS = ("noise", "blur", "contrast", "brightness", "jpeg", "rotation")


def severities(costs: Sequence[int]) -> Shown:
    """Clean images, all right, and six corruptions: 8, 5 and 2 of ten right at their severities, at these costs each.

    The costs of the first ones, three numbers each; the last three stand for all other corruptions.
    """
    found: Shown = {("none", 0): ("1" * 10, 100)}
    for place, kind in enumerate(KINDS):
        own = costs[3 * place : 3 * place + 3] or costs[-3:]
        for severity, (right, macs) in enumerate(zip((8, 5, 2), own, strict=True), 1):
            found[kind, severity] = ("1" * right + "0" * (10 - right), macs)
    return found


@pytest.mark.parametrize(
    ("costs", "verdict", "along"),
    [
        ((110, 120, 130), "rises with error in 1 of 1 networks and falls in 0", "6 of 6"),  # p 2 / 64
        ((130, 120, 110), "rises with error in 0 of 1 networks and falls in 1", "0 of 6"),
        ((130, 120, 110, 110, 120, 130), "rises with error in 0 of 1 networks and falls in 0", "5 of 6"),  # p 14 / 64
        ((120, 120, 120, 110, 120, 130), "rises with error in 0 of 1 networks and falls in 0", "5 of 5"),  # p 2 / 32
    ],
)
def test_the_answer_counts_what_is_beyond_chance(
    costs: tuple[int, ...], verdict: str, along: str, made: HandMade
) -> None:
    """By a sign test over corruptions: the severities of one rise together."""
    made.add(made.spec("adanet"), corruptions=corrupted_images(severities(costs)))
    said = answer(made.evidence())
    assert f"Cost {verdict}, by a sign test over corruptions (5 %):" in said
    assert f"along the severities of {along} ({ADANET})." in said
    assert "over all 18 means" in said


def test_routes_that_do_not_depend_on_the_image_have_no_figure(made: HandMade) -> None:
    made.add(made.spec("resnet"), corruptions=corrupted_images(STATIC))
    with pytest.raises(NoData, match="No corruption changed the cost of any network"):
        draw(made.evidence())
    assert answer(made.evidence()) == ""
    assert dynamic(made.evidence()) == []


def test_several_seeds_are_averaged(made: HandMade) -> None:
    better = {place: ("1" * 10, macs) for place, (_, macs) in GATED.items()}
    made.add(made.spec("adanet", 0), corruptions=corrupted_images(GATED))
    made.add(made.spec("adanet", 1), corruptions=corrupted_images(better))
    evidence = made.evidence()
    means = by_severity(corrupted(evidence, evidence.networks[0]))
    assert means["accuracy"].tolist() == pytest.approx([1.0, 0.925, 0.675])
    assert set(evidence.corruptions["seeds"]) == {2}
    assert evidence.corruptions["accuracy_low"].map(math.isnan).all()


def test_without_corruptions_the_page_has_a_line_and_no_table(evidence: Evidence) -> None:
    assert table(evidence) is None
    assert each(evidence) is None
    page = render(evidence)
    assert "No network was measured on corrupted images; the option --evaluators corruptions does that." in page
    assert 'id="table-corruptions' not in page


def test_with_corruptions_the_page_has_figure_and_tables(measured: Evidence) -> None:
    page = render(measured)
    assert "<h3>Do harder images take longer routes?</h3>" in page
    assert 'id="table-corruptions"' in page
    assert 'id="table-corruptions-each"' in page
