"""What the verbs print."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.campaign import Campaign
from benchmarks.store import Store, StoreError
from benchmarks.terminal import comparison, one_line_errors
from tests.benchmarks.cases import small_study


def text(table: Table) -> list[list[str]]:
    """Rows of a table as words."""
    console = Console(file=StringIO(), width=200, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_an_error_of_that_kind_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stop, one_line_errors(StoreError):
        raise StoreError("it is\n  damaged")
    assert stop.value.exit_code == 2
    assert capsys.readouterr() == ("", "error: it is damaged\n")


def test_of_a_long_error_the_ends_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), one_line_errors(StoreError):
        raise StoreError(f"methods: cannot read {'[' * 5_000}: write name or name[preset]")
    shown = capsys.readouterr().err
    assert shown.startswith("error: methods: cannot read [[[")
    assert shown.endswith("[[[: write name or name[preset]\n")
    assert len(shown) < 650


def test_input_without_a_bottom_is_said_to_be_nested(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), one_line_errors(RecursionError):
        raise RecursionError("maximum recursion depth exceeded")
    assert capsys.readouterr().err == "error: the input is nested too deeply\n"


def test_an_error_of_another_kind_goes_on() -> None:
    with pytest.raises(ZeroDivisionError), one_line_errors(StoreError):
        raise ZeroDivisionError


def test_a_comparison_has_a_row_per_network_at_its_headline_setting(trained: Campaign) -> None:
    rows = text(comparison(trained.store))
    assert [row[:2] for row in rows[1:]] == [["resnet", "default"], ["adanet", "default"], ["branchynet", "knee"]]


def test_a_comparison_shows_the_static_networks_cost(trained: Campaign) -> None:
    resnet = text(comparison(trained.store))[1]
    assert "5.54" in resnet
    assert "100%" in resnet


def test_a_comparison_names_attack_and_epsilon(trained: Campaign) -> None:
    header = " ".join(text(comparison(trained.store))[0])
    assert header.endswith("PGD-5 at 0.1")


def test_a_comparison_shows_the_strongest_attack_whatever_its_name(copied: Campaign) -> None:
    for record in copied.store.records():
        table = record.table("robustness")
        zorro = table[table["attack"] == "PGD-5"].assign(attack="Zorro", prediction=-1)
        record.write_table("robustness", pd.concat([table, zorro], ignore_index=True))
    header, *rows = text(comparison(copied.store))
    assert header[-3:] == ["Zorro", "at", "0.1"]
    assert {row[-1] for row in rows} == {"0.0%"}


def test_what_is_not_measured_is_a_dash(copied: Campaign) -> None:
    for record in copied.store.records():
        for name in ("cost", "latency", "robustness"):
            (record.path / f"{name}.parquet").unlink()
    resnet = text(comparison(copied.store))[1]
    assert resnet[-4:] == ["–", "–", "–", "–"]


def test_a_study_without_records_is_a_header(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_study(small_study(), {})
    assert len(text(comparison(store))) == 1
