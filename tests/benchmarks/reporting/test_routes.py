"""Figures and tables of routes, of networks whose gates were planted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.dynamics import dynamics, rates_by_epoch
from benchmarks.reporting.figures.specialisation import specialisation
from benchmarks.reporting.tables.route_statistics import route_statistics
from tests.benchmarks.reporting.hand_made import HandMade, answers, phases

UNITS = ("stage1.block1", "stage1.block2", "stage2.block1", "stage2.block2", "stage3.block1")


@pytest.fixture
def planted(tmp_path: Path) -> Evidence:
    """Labels 0 and 1 in turn: the last two units run for one class each, the others in halves that know no class."""
    made = HandMade(tmp_path)
    rates = [[1.0, 0.9, 0.5, 0.5, 0.5], [1.0, 0.5, 0.5, 0.5, 0.5]]
    made.add(
        made.spec("adanet"),
        units=UNITS,
        accuracy=answers("1" * 400, ["10110", "11101", "01010", "00001", "10010", "11101", "01110", "00101"]),
        history=phases("train", "train").assign(rates=pd.Series(rates, dtype=object)),
    )
    return made.evidence()


def test_routes_that_follow_the_class_know_it(planted: Evidence) -> None:
    table = route_statistics(planted)
    assert table is not None
    (row,) = table.rows
    cells = {column.name: cell for column, cell in zip(table.columns, row, strict=True)}
    assert cells["Units"].text == "2.62"  # 3, 4, 2, 1, 2, 4, 3 and 2 of eight images
    assert cells["About the class"].sort == pytest.approx(1.0, abs=0.02)  # one bit of two equal classes
    assert cells["About the class"].best
    assert cells["About right answers"].text == "0"  # all are right
    assert cells["Routes"].text == "7"
    assert cells["Classes"].text == "2.50 to 2.75"  # 3, 2, 2, 3 and 4, 1, 4, 2


def test_the_variance_that_the_class_explains_is_drawn_by_depth(planted: Evidence) -> None:
    drawing = specialisation(planted, planted.networks[0])
    assert drawing is not None
    heights = [bar.get_height() for bar in drawing.panels[0].figure.axes[0].patches]  # type: ignore[attr-defined]
    assert heights[3:] == pytest.approx([100, 100], abs=1)
    assert max(heights[:3]) < 75
    assert "rank correlation" in drawing.caption


def test_networks_of_one_route_or_with_exits_have_no_such_figure(evidence: Evidence) -> None:
    found = {network.label: specialisation(evidence, network) for network in evidence.networks}
    assert [label for label, drawing in found.items() if drawing] == ["adanet"]


def test_rates_of_every_epoch_are_drawn(planted: Evidence) -> None:
    network = planted.networks[0]
    assert rates_by_epoch(network).shape == (1, 2, 5)
    drawing = dynamics(planted, network)
    assert drawing is not None
    assert "From epoch 2 on" in drawing.caption
    assert "1 of 5 units run for at least 95 % of the images: stage1.block1" in drawing.caption


def test_records_without_rates_have_no_such_figure(evidence: Evidence) -> None:
    assert all(dynamics(evidence, network) is None for network in evidence.networks)


def test_classes_that_use_the_same_units_stand_together() -> None:
    rates = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0], "c": [0.9, 0.0], "d": [0.1, 1.0]})
    order = list(routes.alike_together(rates).columns)
    assert abs(order.index("a") - order.index("c")) == 1
    assert abs(order.index("b") - order.index("d")) == 1
