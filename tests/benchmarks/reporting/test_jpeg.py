"""What the page says of JPEG as a defence, from tables whose every number can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures import Drawing, NoData
from benchmarks.reporting.figures.jpeg import jpeg as figure
from benchmarks.reporting.findings.jpeg import ahead, attacks, pairs, shown_quality
from benchmarks.reporting.page import render
from benchmarks.reporting.tables.jpeg import jpeg as table
from tests.benchmarks.reporting.hand_made import HandMade, answers

Shown = dict[tuple[str, int, bool, float], int]
"""Images that are right, of ten, by attack, quality, knowledge and epsilon."""
ADANET = "AdaNet (ConvNet-AIG)"


def compressed(shown: Shown) -> pd.DataFrame:
    """A table of the evaluator."""
    parts = []
    for (attack, quality, knows, epsilon), right in shown.items():
        part = answers("1" * right + "0" * (10 - right))[["index", "label", "prediction", "route", "macs"]]
        parts.append(part.assign(attack=attack, quality=quality, knows=knows, epsilon=epsilon))
    return pd.concat(parts, ignore_index=True)


def shown(fgsm: tuple[int, int], behind: tuple[int, int], known: tuple[int, int]) -> Shown:
    """Ten clean images right, without and with compression; right under FGSM at .1 and .2; none under PGD."""
    found: Shown = {("none", 0, False, 0.0): 10, ("none", 75, False, 0.0): 9}
    for place, epsilon in enumerate((0.1, 0.2)):
        for attack, share in (("PGD-10", 0), ("FGSM", 1)):
            found[attack, 0, False, epsilon] = share * fgsm[place]
            found[attack, 75, False, epsilon] = share * behind[place]
            found[attack, 75, True, epsilon] = share * known[place]
    return found


@pytest.fixture
def measured(made: HandMade) -> Evidence:
    """A ResNet, its gated twin, and a BranchyNet that was not measured."""
    made.add(made.spec("resnet"), jpeg=compressed(shown((6, 2), (7, 5), (6, 1))))
    made.add(made.spec("adanet"), jpeg=compressed(shown((7, 3), (8, 4), (5, 1))))
    made.add(made.spec("branchynet"))
    return made.evidence()


def draw(evidence: Evidence) -> Drawing:
    with look():
        return figure(evidence)


def test_attacks_are_in_the_order_of_what_they_leave(measured: Evidence) -> None:
    assert attacks(measured) == ["FGSM", "PGD-10"]


def test_a_network_stands_beside_its_baseline(measured: Evidence) -> None:
    assert [(network.label, twin.label) for network, twin in pairs(measured)] == [("adanet", "resnet")]


def test_the_usual_quality_is_shown_or_the_one_next_to_it(made: HandMade) -> None:
    rows = {("none", quality, False, 0.0): 10 for quality in (0, 95, 60, 25)}
    made.add(made.spec("resnet"), jpeg=compressed(rows))
    assert shown_quality(made.evidence()) == 60


def test_radii_are_counted_at_which_the_network_is_more_accurate_than_its_baseline(measured: Evidence) -> None:
    assert ahead(measured, "FGSM", 0, knows=False) == (2, 2)
    assert ahead(measured, "FGSM", 75, knows=False) == (1, 2)
    assert ahead(measured, "FGSM", 75, knows=True) == (0, 2)


def test_the_figure_has_three_curves_per_network_and_a_panel_per_attack(measured: Evidence) -> None:
    drawing = draw(measured)
    fgsm, pgd = (panel.figure.axes[0] for panel in drawing.panels)
    assert (fgsm.get_title(loc="left"), pgd.get_title(loc="left")) == ("FGSM", "PGD-10")
    curves = {
        (line.get_linestyle(), tuple(np.asarray(line.get_ydata(), dtype=float).tolist())) for line in fgsm.get_lines()
    }
    assert curves == {
        *(("-", (100.0, 60.0, 20.0)), ("--", (90.0, 70.0, 50.0)), (":", (90.0, 60.0, 10.0))),
        *(("-", (100.0, 70.0, 30.0)), ("--", (90.0, 80.0, 40.0)), (":", (90.0, 50.0, 10.0))),
    }


def test_the_caption_sets_the_papers_finding_beside_what_is_found_here(measured: Evidence) -> None:
    assert draw(measured).caption.endswith(
        "Here, under FGSM, it is more accurate than its baseline at 2 of 2 radii without JPEG, at 1 with it, and "
        "at 0 where the attack knows of it."
    )


def test_the_table_has_a_row_per_quality_at_the_second_radius(measured: Evidence) -> None:
    found = table(measured)
    assert found is not None
    assert [(column.name, column.unit) for column in found.columns[2:5]] == [
        ("Clean", "%"),
        ("FGSM, unknown", "%, ε 0.2"),
        ("FGSM, known", "%, ε 0.2"),
    ]
    rows = {(cells[0].text, cells[1].text): [cell.text for cell in cells[2:]] for cells in found.rows}
    assert rows[ADANET, "none"] == ["100.0", "30.0", "–", "0.0", "–"]
    assert rows[ADANET, "75"] == ["90.0", "40.0", "10.0", "0.0", "0.0"]
    assert rows["BranchyNet", "–"] == ["–"] * 5
    (absent,) = (cells for cells in found.rows if cells[0].text == "BranchyNet")
    assert absent[1].sub == "switched off"


def test_without_its_baseline_there_is_no_figure(made: HandMade) -> None:
    made.add(made.spec("adanet"), jpeg=compressed(shown((7, 3), (8, 4), (5, 1))))
    with pytest.raises(NoData, match="No ConvNet-AIG was measured behind JPEG together with its baseline"):
        draw(made.evidence())


def test_without_jpeg_the_page_has_a_line_and_no_table(evidence: Evidence) -> None:
    assert table(evidence) is None
    page = render(evidence)
    assert "No network was measured behind JPEG; the option --evaluators jpeg does that." in page
    assert 'id="table-jpeg"' not in page


def test_with_jpeg_the_page_has_figure_and_table(measured: Evidence) -> None:
    page = render(measured)
    assert "<h3>JPEG as a defence</h3>" in page
    assert 'id="table-jpeg"' in page
