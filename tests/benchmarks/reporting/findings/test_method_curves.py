"""Curves of methods, and what is read from them, by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.findings.method_curves import MethodCurve, Point, method_curves, variants
from benchmarks.reporting.tables.curves import curves
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs

CURVE = MethodCurve("a", "settings", (), (Point(1, 0.5, "low"), Point(4, 0.9, "middle"), Point(16, 0.8, "high")))


@pytest.mark.parametrize(
    ("macs", "accuracy"), [(1, 0.5), (2, 0.7), (4, 0.9), (8, 0.85), (16, 0.8), (16.05, 0.8), (0.9, None), (17, None)]
)
def test_between_points_the_logarithm_decides_and_beyond_the_ends_nothing_is_read(
    macs: float, accuracy: float | None
) -> None:
    assert CURVE.accuracy_at(macs) == pytest.approx(math.nan if accuracy is None else accuracy, nan_ok=True)


def test_the_cost_of_an_accuracy_is_the_first_at_which_it_is_reached() -> None:
    assert CURVE.macs_for(0.7) == pytest.approx(2)
    assert CURVE.macs_for(0.4) == 1
    assert math.isnan(CURVE.macs_for(0.95))


def test_the_mean_is_the_area_over_the_logarithm_of_what_is_covered() -> None:
    """From 1 to 4 the mean is .7, from 4 to 16 it is .85; both are as wide."""
    assert CURVE.mean_accuracy(1, 16) == pytest.approx((0.775, 1, 16))
    assert CURVE.mean_accuracy(0.1, 4) == pytest.approx((0.7, 1, 4))
    assert math.isnan(CURVE.mean_accuracy(20, 30)[0])


def variant(made: HandMade, right: int, macs: float, **parameters: object) -> None:
    outcome = "1" * right + "0" * (10 - right)
    spec = made.spec("adanet", 0, "tiny", **parameters)
    made.add(spec, accuracy=answers(outcome), cost=costs(("default", 4_000_000, macs)))


def test_networks_that_differ_in_one_number_are_a_curve(made: HandMade) -> None:
    variant(made, 9, 3e6)
    variant(made, 7, 1e6, target_rate=0.3)
    variant(made, 8, 2e6, target_rate=0.5)
    variant(made, 5, 5e6, widths=[8, 16, 32])  # no number
    variant(made, 5, 6e6, target_rate=0.5, widths=[4, 8, 16])  # alone with its widths
    (found,) = [curve for curve in method_curves(made.evidence()) if curve.along == "target_rate"]
    assert [(point.name, point.macs, point.accuracy) for point in found.points] == [
        ("0.3", 1e6, 0.7),
        ("0.5", 2e6, 0.8),
        ("default", 3e6, 0.9),
    ]


def test_networks_that_differ_in_two_numbers_are_none(made: HandMade) -> None:
    variant(made, 9, 3e6, target_rate=0.3, temperature=1.0)
    variant(made, 8, 2e6, target_rate=0.5, temperature=2.0)
    assert variants(made.evidence()) == []


def test_settings_of_a_network_are_a_curve_that_the_table_reads(evidence: Evidence) -> None:
    """BranchyNet: 90 % at 2 M MACs, 100 % at 4 M, which is what the reference costs; that has 90 %."""
    table = curves(evidence)
    assert table is not None
    (row,) = table.rows
    assert [cell.text for cell in row] == ["BranchyNet", "–", "90.0", "95.8", "100.0", "2.00", "95.0"]
    assert [cell.sub for cell in row[5:]] == ["50 %", "50–100 %"]
    assert row[1].sub == "costs more"


def test_a_network_with_one_cost_has_no_curve(made: HandMade) -> None:
    both = pd.concat([answers("11", setting="a"), answers("10", setting="b")], ignore_index=True)
    cost = costs(("a", 4, 4), ("b", 4, 4))
    made.add(made.spec("adanet"), settings={"a": "", "b": ""}, accuracy=both, cost=cost)
    assert method_curves(made.evidence()) == []
    assert curves(made.evidence()) is None


def test_studies_on_one_page_have_curves_of_their_own(tmp_path: Path) -> None:
    """A network that two studies trained separately is on the curve of each."""
    for name, rate in (("one", 0.7), ("other", 0.9)):
        made = HandMade(tmp_path / name)
        for own, macs in ((0.3, 2_000_000), (rate, 4_000_000)):
            spec = made.spec("adanet", target_rate=own)
            made.add(spec, accuracy=answers("1110"), cost=costs(("default", 8_000_000, macs)))
    found = variants(load(tmp_path / "one", tmp_path / "other"))
    assert [[network.label for network in networks] for _, networks in found] == [
        ["adanet[target_rate=0.3] (one)", "adanet[target_rate=0.7]"],
        ["adanet[target_rate=0.3] (other)", "adanet[target_rate=0.9]"],
    ]
