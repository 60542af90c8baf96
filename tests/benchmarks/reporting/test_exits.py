"""Tables and figures of exits, of images that can be followed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.lines import Line2D

from benchmarks.reporting.drawing.data import figure_data
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.exits import exit_answers
from benchmarks.reporting.figures.budgeted import budgeted_batches
from benchmarks.reporting.figures.exit_criteria import exit_criteria as drawn_criteria
from benchmarks.reporting.findings.exit_calibration import calibrated
from benchmarks.reporting.tables.base import Table
from benchmarks.reporting.tables.exit_calibration import calibration_of_exits
from benchmarks.reporting.tables.exit_criteria import exit_criteria
from benchmarks.reporting.tables.exits import exits
from tests.benchmarks.reporting.findings.test_exits import ANSWERS, ENTROPIES, LABELS, UNITS
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs, ledger, of_exits


@pytest.fixture
def six(tmp_path: Path) -> Evidence:
    """A network with three exits and six images, and one without early exits."""
    made = HandMade(tmp_path)
    made.add(
        made.spec("branchynet"),
        units=list(UNITS),
        accuracy=answers("101001", ["111111"]),
        cost=costs(("default", 3_000_000, 3_000_000)),
        exits=of_exits(LABELS, ANSWERS, ENTROPIES, temperatures=(2.0, 0.5, 1.0)),
        ledger=ledger(UNITS),
    )
    made.add(made.spec("resnet"), accuracy=answers("101001"), cost=costs(("default", 3_000_000, 3_000_000)))
    return made.evidence()


def column(table: Table | None, name: str) -> list[str]:
    assert table is not None
    place = [column.name for column in table.columns].index(name)
    return [row[place].text for row in table.rows]


def test_what_every_exit_knows_stands_in_a_row(six: Evidence) -> None:
    found = exits(six, six.networks[1])
    assert column(found, "Exit") == ["exit1", "exit2", "exit3", "oracle"]
    assert column(found, "MACs") == ["1.00", "2.00", "3.00", "1.50"]
    assert column(found, "Accuracy") == ["50.0", "50.0", "50.0", "83.3"]
    assert column(found, "As the last") == ["33.3", "66.7", "–", "–"]
    assert column(found, "Right, last wrong") == ["33.3", "16.7", "–", "–"]  # images 1 and 4, and 1


def test_the_note_says_what_the_last_exit_destroys(six: Evidence) -> None:
    found = exits(six, six.networks[1])
    assert found is not None
    assert "Of the 3 images that the last exit gets wrong, an earlier one is right about 67 % (21 to 94)." in found.note
    assert "here these images do not contradict that. Of all images, 33.3 % (9.7 to 70.0)" in found.note


def test_rules_stand_below_the_networks_own(six: Evidence) -> None:
    found = exit_criteria(six)
    assert column(found, "Leaves by") == ["entropy", "confidence", "scaled confidence", "patience"]
    assert column(found, "At 25 %") == ["83.3", "83.3", "83.3", "50.0"]
    assert found is not None
    assert found.rows[-1][2].sub.startswith("−33.3 (")
    assert [row[1].sub for row in found.rows] == ["the network’s own", "", "", ""]


def test_networks_without_early_exits_have_none_of_it(six: Evidence) -> None:
    resnet = six.networks[0]
    assert resnet.label == "resnet"
    assert exits(six, resnet) is None
    assert drawn_criteria(six, resnet) is None
    assert budgeted_batches(six, resnet) is None


def test_curves_are_told_apart_in_the_numbers_behind_the_figure(six: Evidence) -> None:
    drawing = drawn_criteria(six, six.networks[1])
    assert drawing is not None
    table = figure_data(drawing.panels[0].figure, {"branchynet": "BranchyNet"})
    assert list(dict.fromkeys(table["what"])) == [
        *("entropy (its own)", "confidence", "scaled confidence", "patience", "oracle"),
    ]
    star = table[table["what"] == "oracle"].iloc[0]
    assert (star["x"], star["y"]) == pytest.approx((1.5, 500 / 6))


def test_marks_of_patience_are_single_rules(six: Evidence) -> None:
    drawing = drawn_criteria(six, six.networks[1])
    assert drawing is not None
    lines = {str(line.get_label()): line for line in drawing.panels[0].figure.axes[0].get_lines()}
    assert isinstance(lines["patience"], Line2D)
    assert np.asarray(lines["patience"].get_xdata()) == pytest.approx([1, 14 / 6, 3])


def test_how_sure_exits_are_stands_beside_how_often_they_are_right(six: Evidence) -> None:
    found = calibration_of_exits(six)
    assert column(found, "Exit") == ["exit1", "exit2", "exit3"]
    # The last exit is sure of everything and right about half; doubt of the others is 1 - 1 / (1 + entropy).
    assert column(found, "Accuracy") == ["50.0"] * 3
    assert column(found, "Confidence")[2] == "100.0"
    assert column(found, "Calibration error")[2] == "50.0"
    assert column(found, "Temperature") == ["2.00", "0.500", "1.00"]
    assert found is not None
    assert "temperature is above 1 at 1 of 3 exits; the error exceeds chance at 1 before scaling" in found.note


def test_scaling_that_changes_nothing_has_no_effect(six: Evidence) -> None:
    answered = exit_answers(six.networks[1])
    assert answered is not None
    found = calibrated(answered)  # scaled doubt is doubt here
    assert found.errors[:, 0].tolist() == found.errors[:, 1].tolist()
    assert found.brier.estimate.tolist() == [0, 0, 0]
    assert found.excess.estimate[2] == pytest.approx(0.5)
