"""Signs at numbers that a reader has to be careful with."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.export.folder import as_frame
from benchmarks.reporting.page import render
from benchmarks.reporting.tables.base import Table
from benchmarks.reporting.tables.headline import headline
from benchmarks.reporting.tables.marks import ELSEWHERE, MEANINGS, NOISY, STALE, with_stale
from benchmarks.reporting.tables.records import records
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, costs, timings


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is stale: records by hand are of no code, and otherwise always are."""
    monkeypatch.setattr("benchmarks.reporting.evidence.loading.stale", lambda record, today: ())


def timed(made: HandMade, method: str, seconds: list[float], **where: str) -> None:
    """Add a network with these times of passes."""
    made.add(
        made.spec(method),
        environment={**ENVIRONMENT, **where},
        accuracy=answers("1110"),
        cost=costs(("default", 4_000_000, 4_000_000)),
        latency=timings(0.002, 0.002, {"default": seconds}),
    )


def first_table(evidence: Evidence) -> Table:
    """The headline table with its signs."""
    table = headline(evidence)
    assert table is not None
    return with_stale(evidence, table)


def signs(evidence: Evidence) -> dict[str, dict[str, str]]:
    """Of the first table: signs by network and column that has some."""
    table = first_table(evidence)
    return {
        row[0].text: {
            column.name: "".join(mark.sign for mark in cell.marks)
            for column, cell in zip(table.columns, row, strict=True)
            if cell.marks
        }
        for row in table.rows
    }


def test_a_wide_interval_of_a_time_has_a_sign(tmp_path: Path) -> None:
    made = HandMade(tmp_path)
    timed(made, "resnet", [0.002] * 6)
    timed(made, "adanet", [0.001, 0.002, 0.003, 0.001, 0.002, 0.003])
    assert signs(made.evidence()) == {"ResNet": {}, "AdaNet (ConvNet-AIG)": {"Time": NOISY, "Speed-up": NOISY}}


def test_times_of_another_machine_than_most_have_a_sign(tmp_path: Path) -> None:
    made = HandMade(tmp_path)
    for method in ("resnet", "branchynet"):
        timed(made, method, [0.002] * 6)
    timed(made, "adanet", [0.002] * 6, host="another")
    found = signs(made.evidence())
    assert found["ResNet"] == found["BranchyNet"] == {}
    assert found["AdaNet (ConvNet-AIG)"] == {"Time": ELSEWHERE, "Speed-up": ELSEWHERE}


def test_stale_networks_have_a_sign_wherever_they_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = HandMade(tmp_path)
    timed(made, "resnet", [0.002] * 6)
    timed(made, "adanet", [0.002] * 6)
    stale = "benchmarks.reporting.evidence.loading.stale"
    monkeypatch.setattr(stale, lambda record, today: ("trained by other code",) * (record.spec.method == "adanet"))
    evidence = made.evidence()
    assert signs(evidence) == {"ResNet": {}, "AdaNet (ConvNet-AIG)": {"Network": STALE}}
    page = render(evidence)
    mark = f'<a class="mark" href="#trust" title="trained by other code">{STALE}</a>'
    named = page.count('<tr data-n="adanet">')
    assert page.count(mark) == named > 2
    assert f"<b>{STALE}</b> {MEANINGS[STALE]}" in page
    frame = as_frame(first_table(evidence))
    assert list(frame["Network"].str.contains(STALE)) == [False, True]


def test_a_missing_value_has_no_sign(tmp_path: Path) -> None:
    made = HandMade(tmp_path)
    made.add(made.spec("resnet"), accuracy=answers("1110"))
    assert signs(made.evidence()) == {"ResNet": {}}


def test_where_numbers_come_from_is_said_for_every_network(tmp_path: Path) -> None:
    made = HandMade(tmp_path)
    timed(made, "resnet", [0.002] * 6)
    made.add(made.spec("resnet", 1), accuracy=answers("1110"))
    timed(made, "adanet", [0.001, 0.003] * 3, processor="Another")
    table = records(made.evidence())
    assert table is not None
    names = [column.name for column in table.columns]
    said = {row[0].text: {name: cell.text for name, cell in zip(names, row, strict=True)} for row in table.rows}
    resnet, adanet = said["ResNet"], said["AdaNet (ConvNet-AIG)"]
    assert resnet["Seeds"] == "2"
    assert (resnet["Machine"], adanet["Machine"]) == ("A", "B")
    assert resnet["Timing"] == "0.0"
    assert float(adanet["Timing"]) > 5
    assert "robustness" in resnet["Not measured"]
    assert resnet["Time spent"] == "28 s"  # 12 of each training, 1 of each of four tables
    assert "A is A Processor and B is Another" in table.note


def test_a_page_without_networks_has_no_such_table(tmp_path: Path) -> None:
    assert records(HandMade(tmp_path).evidence()) is None
