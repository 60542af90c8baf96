"""What a study comes to, on a terminal."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.cli.comparison import comparison
from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign
from tests.benchmarks.cases import small_study


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


def test_a_study_without_records_is_a_header(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_study(small_study(), {})
    assert len(text(comparison(store).table())) == 1
