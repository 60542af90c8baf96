"""Skip rates by depth, of gates that were planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reporting.claims.images import ends_skipped
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.depth import depths, parts_of
from benchmarks.reporting.tables.depth import depth
from tests.benchmarks.reporting.hand_made import EXITS, HandMade, answers

UNITS = ("stage1.block1", "stage1.block2", "stage2.block1", "stage2.block2", "stage3.block1")


def evidence(root: Path, routes: list[str], images: int = 400) -> Evidence:
    made = HandMade(root)
    made.add(made.spec("adanet"), units=UNITS, accuracy=answers("1" * images, routes))
    return made.evidence()


def test_rates_and_differences_by_hand(tmp_path: Path) -> None:
    # Skipped of the first stage: 0, .5, 1, .5 of its two units; of the middle 0 or .5; of the last 0 or 1.
    (own,) = depths(evidence(tmp_path, ["11111", "10110", "00011", "01010"]))
    assert [list(part) for part in own.parts] == [[0, 1], [2, 3], [4]]
    assert own.rates == pytest.approx((0.5, 0.25, 0.5))
    # Differences of the four images, first: 0, .5, .5, 0; last: 0, 1, -.5, .5. Means .25 and .25.
    assert (own.first.value, own.last.value) == pytest.approx((0.25, 0.25))
    assert own.first.value - own.first.low == pytest.approx(own.first.high - own.first.value)
    # Standard errors .25 / 20 and .56 / 20; two intervals at once are a little wider than 1.96 of them.
    assert 1.96 * 0.25 / 20 < own.first.high - 0.25 < 2.5 * 0.25 / 20
    assert 1.96 * 0.56 / 20 < own.last.high - 0.25 < 2.5 * 0.56 / 20
    assert own.holds is True
    assert own.images == 400


def test_a_network_that_skips_the_middle_refutes_the_claim(tmp_path: Path) -> None:
    found = evidence(tmp_path, ["11111", "11001"])
    (own,) = depths(found)
    assert own.holds is False
    table = depth(found)
    assert table is not None
    assert [cell.text for cell in table.rows[0]] == [
        *("AdaNet (ConvNet-AIG)", "0.0", "50.0", "0.0", "−50.0", "−50.0", "no"),
    ]
    assert "holds in 0 of 1 networks, does not hold in 1, and cannot be told in 0" in table.note
    assert [claim.verdict for claim in ends_skipped(found)] == ["does not hold"]


def test_a_difference_that_may_be_chance_cannot_be_told(tmp_path: Path) -> None:
    (own,) = depths(evidence(tmp_path, ["11111", "01111", "11110", "11011", "10101"], images=10))
    assert own.holds is None


def test_one_end_alone_is_not_enough(tmp_path: Path) -> None:
    (own,) = depths(evidence(tmp_path, ["11111", "00111"]))
    assert (own.first.sign, own.last.sign, own.holds) == (1, 0, None)


@pytest.mark.parametrize(
    ("units", "parts"),
    [
        (UNITS, [[0, 1], [2, 3], [4]]),
        (("a.1", "b.1", "c.1", "c.2", "d.1"), [[0], [1, 2, 3], [4]]),
        (("a.1", "a.2", "b.1", "b.2", "b.3", "b.4"), [[0, 1], [2, 3], [4, 5]]),
        (("one", "two", "three", "four"), [[0], [1, 2], [3]]),
        (("one", "two"), []),
    ],
)
def test_parts_are_stages_or_else_thirds(units: tuple[str, ...], parts: list[list[int]]) -> None:
    assert [list(part) for part in parts_of(units)] == parts


def test_networks_of_one_route_and_those_with_exits_are_left_out(tmp_path: Path) -> None:
    made = HandMade(tmp_path)
    made.add(made.spec("resnet"), accuracy=answers("1111"))
    made.add(made.spec("branchynet"), units=EXITS, accuracy=answers("1111", ["1100", "1111"]))
    assert depths(made.evidence()) == []
    assert depth(made.evidence()) is None
