"""Folders that a command was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cli.folders import (
    FolderError,
    check_folder,
    check_new,
    check_page,
    check_results,
    check_writable,
    page_folder,
    probe,
)
from benchmarks.records.store import Store
from tests.benchmarks.cases import small_study


def test_a_folder_that_is_not_there_yet_can_be_written_and_is_not_made(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b", "--results")
    assert list(tmp_path.iterdir()) == []


def test_a_probe_leaves_nothing(tmp_path: Path) -> None:
    probe(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_probe_of_no_folder_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not-there"):
        probe(tmp_path / "not-there")


def test_a_relative_folder_is_looked_for_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Path] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("benchmarks.cli.folders.probe", tried.append)
    check_writable(Path("results/quick"), "--results")
    assert [place.resolve() for place in tried] == [tmp_path]


def test_an_empty_folder_and_one_that_is_not_there_are_new(tmp_path: Path) -> None:
    check_new(tmp_path, "--out")
    check_new(tmp_path / "a" / "b", "--out")


def test_a_folder_that_holds_something_is_not_new(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").touch()
    with pytest.raises(FolderError, match=rf"^--out: {tmp_path} holds 'kept\.txt'; name a new or an empty folder$"):
        check_new(tmp_path, "--out")


def test_a_file_is_not_a_new_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(FolderError, match=rf"^--out: {tmp_path}/taken is not a folder$"):
        check_new(tmp_path / "taken", "--out")


@pytest.mark.parametrize("below", ["", "quick", "quick/models"])
def test_a_file_in_the_way_is_named(below: str, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(FolderError, match=rf"^--results: {tmp_path}/taken is not a folder$"):
        check_writable(tmp_path / "taken" / below, "--results")


def test_a_study_may_go_on_in_its_folder(tmp_path: Path) -> None:
    Store(tmp_path).write_study(small_study(), {})
    check_results(tmp_path, "--results")


def test_an_empty_folder_will_do_and_so_will_hidden_files(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    check_results(tmp_path, "--results")


def test_what_is_no_study_is_named(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(FolderError, match=rf"^--results: {tmp_path} holds 'thesis.tex' and no study; choose another"):
        check_results(tmp_path, "--results")


def test_models_that_are_a_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "models").touch()
    with pytest.raises(FolderError, match=r"models is not a folder"):
        check_results(tmp_path, "--results")


def test_a_page_may_take_the_place_of_a_page(tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    check_page(tmp_path, "--out")


def test_a_folder_to_read_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert check_folder(Path("~/data"), "--data-root") == tmp_path / "data"


@pytest.mark.parametrize(
    ("out", "reports", "expected"),
    [
        (None, None, (Path("reports/quick"), "--out")),
        (Path("public"), None, (Path("public"), "--out")),
        (None, Path("public"), (Path("public/quick"), "--reports")),
    ],
)
def test_out_is_the_directory_of_the_page_and_reports_where_it_is_made(
    out: Path | None, reports: Path | None, expected: tuple[Path, str]
) -> None:
    assert page_folder(out, reports, "quick") == expected


def test_the_directory_of_the_page_is_said_once() -> None:
    with pytest.raises(FolderError, match="leave --reports out"):
        page_folder(Path("here"), Path("there"), "quick")
