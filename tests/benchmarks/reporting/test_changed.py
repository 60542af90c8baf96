"""What the page says of lesions and of decisions, from tables whose every number can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reporting.drawing.multiples import Curve
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.disturbed import orders, several_lesions
from benchmarks.reporting.figures.lesions import parts as figure
from benchmarks.reporting.page import render
from benchmarks.reporting.tables.decision_worth import decision_worth
from benchmarks.reporting.tables.lesions import lesions as table
from benchmarks.reporting.tables.parts import parts
from tests.benchmarks.reporting.hand_made import HandMade, answers, decisions, lesions

WHOLE = "1" * 99 + "0"
ROUTES = ("111", "110")


def lost(count: int) -> str:
    """Of the 99 images that the whole network answers, so many are lost."""
    return "1" * (99 - count) + "0" * (count + 1)


@pytest.fixture
def measured(made: HandMade) -> Evidence:
    """A ResNet without parts, a gated network whose decision is worth something, and one whose is not."""
    parts = [
        ("block", "stage1.block1", lost(30)),
        ("block", "stage2.block1", lost(60)),
        ("block", "stage2.block2", lost(0)),
    ]
    made.add(made.spec("resnet"), lesions=lesions(*parts, whole=WHOLE))
    worth = decisions(("shuffled", lost(50)), ("frozen", lost(60)), ("fixed", lost(40)), own=WHOLE)
    made.add(made.spec("adanet"), accuracy=answers(WHOLE, ROUTES), decisions=worth)
    nothing = decisions(("shuffled", WHOLE), ("fixed", lost(1)), own=WHOLE)
    made.add(made.spec("branchynet"), accuracy=answers(WHOLE, ROUTES), decisions=nothing)
    return made.evidence()


def test_a_row_says_what_parts_are_worth(measured: Evidence) -> None:
    found = table(measured)
    assert found is not None
    (row,) = found.rows
    assert [cell.text for cell in row] == ["ResNet", "3 blocks", "+30.0", "+60.0", "stage2.block1", "1 of 3"]
    assert row[0].sub == "99.0 % whole"
    assert "100 test images" in found.note


def test_a_row_says_what_the_decision_is_worth(measured: Evidence) -> None:
    found = decision_worth(measured)
    assert found is not None
    ada, branchy = found.rows
    assert [cell.text for cell in ada[1:]] == ["99.0", "49.0", "39.0", "59.0", "+40.0", "looking at the image pays"]
    assert [cell.text for cell in branchy[1:]] == ["99.0", "99.0", "–", "98.0", "0.0", "no worth that shows"]
    assert branchy[3].sub == "does not apply"
    assert ada[1].sub == "3.00 M MACs"


def test_a_network_that_routes_by_image_and_cannot_be_held_is_named(made: HandMade) -> None:
    worth = decisions(("shuffled", WHOLE), ("fixed", lost(1)), own=WHOLE)
    made.add(made.spec("adanet"), accuracy=answers(WHOLE, ROUTES), decisions=worth)
    made.add(made.spec("skipnet"), accuracy=answers(WHOLE, ROUTES))
    shown = decision_worth(made.evidence())
    assert shown is not None
    assert shown.note.endswith(
        " SkipNet routes by image too, but its decisions were not measured, or are not of a kind that can be held: "
        "exits, and one gate per unit."
    )


def test_a_network_has_a_row_per_part(measured: Evidence) -> None:
    found = parts(measured, measured.networks[0])
    assert found is not None
    assert [[cell.text for cell in row] for row in found.rows] == [
        ["stage1.block1", "block", "+30.0"],
        ["stage2.block1", "block", "+60.0"],
        ["stage2.block2", "block", "0.0"],
    ]
    assert [row[2].best for row in found.rows] == [True, True, False]
    assert "here the blocks that keep the resolution cost +15.0 (" in found.note
    assert "which does not agree (less than 1 would); the others cost +60.0 (" in found.note
    assert "100 test images, one seed" in found.note


def test_losses_are_drawn_by_depth(measured: Evidence) -> None:
    (little,) = figure(measured).little
    (curve,) = (shape for shape in little.shapes if isinstance(shape, Curve) and not shape.guide)
    assert curve.x == pytest.approx([100 / 6, 50, 500 / 6])
    assert curve.y == pytest.approx([30, 60, 0])


def test_a_network_without_lesions_has_no_rows(measured: Evidence) -> None:
    assert parts(measured, measured.networks[1]) is None


def test_accuracy_is_drawn_over_the_number_of_parts_and_over_disorder(made: HandMade) -> None:
    several = [("several", "a, b", lost(20)), ("several", "a, c", lost(40)), ("several", "a, b, c", lost(60))]
    swapped = [("order", "", lost(10))]
    made.add(made.spec("resnet"), lesions=lesions(*several, *swapped, whole=WHOLE, disorder={"order": 0.5}))
    evidence = made.evidence()
    with look():
        parts, order = (draw(evidence, evidence.networks[0]) for draw in (several_lesions, orders))
    assert parts is not None
    assert order is not None
    (line,) = parts.panels[0].figure.axes[0].lines
    np.testing.assert_allclose(np.asarray(line.get_xydata()), [[0, 99], [2, 69], [3, 39]])
    (line,) = order.panels[0].figure.axes[0].lines
    np.testing.assert_allclose(np.asarray(line.get_xydata()), [[1.0, 99.0], [0.5, 89.0]])
    assert "up to 2 draws" in parts.caption
    assert "down to 39.0 %" in parts.caption


def test_neither_is_drawn_where_it_was_not_measured(measured: Evidence) -> None:
    assert several_lesions(measured, measured.networks[0]) is None
    assert orders(measured, measured.networks[0]) is None


def test_the_page_has_both_tables(measured: Evidence) -> None:
    html = render(measured)
    assert 'id="table-decision-worth"' in html
    assert 'id="table-lesions"' in html


def test_a_study_without_both_says_nothing(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"))
    assert table(made.evidence()) is None
    assert decision_worth(made.evidence()) is None
