"""What a study comes to, on a terminal."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.cli.comparison import comparison
from benchmarks.cli.console import Grid
from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign
from tests.benchmarks.cases import METHODS, small_study
from tests.benchmarks.multiplied import multiply


def text(table: Table) -> list[list[str]]:
    """Rows of a table as words."""
    console = Console(file=StringIO(), width=200, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_a_comparison_has_a_row_per_network_at_its_headline_setting(trained: Campaign) -> None:
    rows = text(comparison(trained.store).table())
    assert [row[:2] for row in rows[1:]] == [["resnet", "default"], ["adanet", "default"], ["branchynet", "knee"]]


def test_a_comparison_shows_the_static_networks_cost(trained: Campaign) -> None:
    resnet = text(comparison(trained.store).table())[1]
    assert "5.54" in resnet
    assert "100%" in resnet


def test_a_comparison_names_attack_and_epsilon(trained: Campaign) -> None:
    header = " ".join(text(comparison(trained.store).table())[0])
    assert header.endswith("worst case at 0.1")


def test_a_comparison_shows_the_strongest_attack_whatever_its_name(copied: Campaign) -> None:
    for record in copied.store.records():
        table = record.table("robustness")
        zorro = table[table["attack"] == "PGD-5"].assign(attack="Zorro", prediction=-1)
        record.write_table("robustness", pd.concat([table, zorro], ignore_index=True), record.made_by("robustness"))
    header, *rows = text(comparison(copied.store).table())
    assert header[-3:] == ["Zorro", "at", "0.1"]
    assert {row[-1] for row in rows} == {"0.0%"}


def test_what_is_not_measured_is_a_dash(copied: Campaign) -> None:
    for record in copied.store.records():
        for name in ("cost", "latency", "robustness"):
            (record.path / f"{name}.parquet").unlink()
    resnet = text(comparison(copied.store).table())[1]
    assert resnet[-4:] == ["–", "–", "–", "–"]


def seeds(trained: Campaign, results: Path, right: dict[str, int]) -> Grid:
    """The comparison of three networks with two seeds each, of which some have that many of 100 images right."""
    campaign = multiply(trained.store, results, small_study(*METHODS, repetitions=2))
    for record in campaign.store.records():
        table = record.table("accuracy")
        place = table.groupby("setting").cumcount()
        wrong = place >= right[record.spec.label]
        answers = table["label"].where(~wrong, (table["label"] + 1) % 10).astype(table["prediction"].dtype)
        record.write_table("accuracy", table.assign(prediction=answers), record.made_by("accuracy"))
    return comparison(campaign.store)


RIGHT = {"resnet": 90, "resnet #2": 94, "adanet": 80, "adanet #2": 80, "branchynet": 70, "branchynet #2": 71}


def test_seeds_are_averaged_in_one_row_per_network(trained: Campaign, tmp_path: Path) -> None:
    found = seeds(trained, tmp_path, RIGHT)
    assert [row[:3] for row in found.rows] == [
        ("resnet", "default", "92.0%"),
        ("adanet", "default", "80.0%"),
        ("branchynet", "knee", "70.5%"),
    ]


def test_the_standard_deviation_of_seeds_stands_with_their_number(trained: Campaign, tmp_path: Path) -> None:
    found = seeds(trained, tmp_path, RIGHT)
    # of 90 and 94: 4 / sqrt(2) = 2.83; of 70 and 71: 0.71
    assert [row[3] for row in found.rows] == ["± 2.8 over 2 seeds", "± 0.0 over 2 seeds", "± 0.7 over 2 seeds"]
    assert found.numbers[1] == "95 % interval, or ± std over seeds"


def test_a_seed_that_is_missing_is_not_counted(trained: Campaign, tmp_path: Path) -> None:
    campaign = multiply(trained.store, tmp_path, small_study(*METHODS, repetitions=2))
    gone = next(record for record in campaign.store.records() if record.spec.label == "adanet #2")
    shutil.rmtree(gone.path)
    spreads = [row[3] for row in comparison(campaign.store).rows]
    assert [spread.endswith("over 2 seeds") for spread in spreads] == [True, False, True]
    assert " to " in spreads[1]


def test_times_are_those_of_the_seeds_that_were_timed(trained: Campaign, tmp_path: Path) -> None:
    campaign = multiply(trained.store, tmp_path, small_study(*METHODS, repetitions=2))
    for record in campaign.store.records():
        if record.spec.repetition:
            (record.path / "latency.parquet").unlink()
    (one,), (several,) = ([row[6] for row in comparison(c.store).rows][:1] for c in (trained, campaign))
    assert one == several != "–"


def test_a_study_without_records_is_a_header(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_study(small_study(), {})
    assert len(text(comparison(store).table())) == 1
