"""Commands that were carried out to the end answer at once when they are typed again, unless anything has changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.cli import finished
from benchmarks.cli.console import Grid
from benchmarks.cli.finished import GROUPS, remember, replay_finished
from zoo import plugins

ARGUMENTS = ["--methods", "all", "--results", "results"]
PLAN = Grid(
    ("network", "baseline", "status", "to do"), ("about",), [("resnet", "resnet[tiny]", "trained", "-", "0:00")]
)
COMPARED = Grid(("network", "setting"), ("accuracy",), [("resnet [so]", "default", "98.1%")])


class House:
    """A working folder with a study of a few files, its page and its data."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.study = path / "results" / "quick"
        (self.study / "models" / "resnet-1").mkdir(parents=True)
        self.record = self.study / "models" / "resnet-1" / "accuracy.parquet"
        self.record.write_bytes(b"answers")
        (self.study / "study.yaml").write_text("format: 2\n")
        self.page = path / "reports" / "index.html"
        self.page.parent.mkdir()
        self.page.write_text("page")
        self.data = path / "digits.gz"
        self.data.write_bytes(b"digits")

    def remember(self, arguments: list[str] | None = None) -> None:
        """As the command does at its end."""
        remember(
            arguments or ARGUMENTS, study=self.study, page=self.page, data=[self.data], plan=PLAN, comparison=COMPARED
        )


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return House(tmp_path)


def test_a_command_that_was_never_finished_is_planned(house: House) -> None:
    assert not replay_finished(ARGUMENTS)


def test_a_finished_command_prints_what_it_printed(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.remember()
    assert replay_finished(ARGUMENTS)
    shown = capsys.readouterr().out
    assert "All 1 networks are trained and measured already." in shown
    assert "resnet [so]" in shown
    assert "98.1%" in shown
    assert shown.endswith(f"Report: {house.page}\n")


def test_a_dry_run_of_a_finished_command_prints_its_plan(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.remember()
    assert replay_finished([*ARGUMENTS, "--dry-run"])
    shown = capsys.readouterr().out
    assert "resnet[tiny]" in shown
    assert "About 0:00 of one job's time" in shown
    assert "98.1%" not in shown


def age_of_the_table_kept(house: House) -> None:
    """Change a file as a bit that flips on the disk does."""
    times = house.record.stat()
    house.record.write_bytes(b"answerz")
    os.utime(house.record, ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES: dict[str, Callable[[House], object]] = {
    "a table": lambda house: house.record.write_bytes(b"answerz"),
    "a table of the same age": age_of_the_table_kept,
    "a table that is gone": lambda house: house.record.unlink(),
    "one more file": lambda house: (house.study / "failures.yaml").write_text("x"),
    "the study": lambda house: (house.study / "study.yaml").write_text("format: 3\n"),
    "the studies of this folder": lambda house: shutil.rmtree(house.study),
    "the page": lambda house: house.page.write_text("another"),
    "a page that is gone": lambda house: house.page.unlink(),
    "the data": lambda house: house.data.write_bytes(b"digitz"),
    "data that are gone": lambda house: house.data.unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_changes_is_planned_again(change: Callable[[House], object], house: House) -> None:
    house.remember()
    change(house)
    assert not replay_finished(ARGUMENTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("_processor", lambda: "another"), ("VARIABLES", ("HOME",)), ("distributions", lambda: [])],
    ids=["processor", "variables", "versions"],
)
def test_another_machine_or_installation_is_planned_again(
    name: str, value: object, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.remember()
    monkeypatch.setattr(finished, name, value)
    assert not replay_finished(ARGUMENTS)


def test_other_code_is_planned_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.remember()
    real = finished._hash
    monkeypatch.setattr(finished, "_hash", lambda path: "0" if path.name == "adanet.py" else real(path))
    assert not replay_finished(ARGUMENTS)


@pytest.mark.parametrize("arguments", [["--methods", "all"], [*ARGUMENTS, "--force"], [*ARGUMENTS, "--seed", "1"], []])
def test_another_command_is_planned(arguments: list[str], house: House) -> None:
    house.remember()
    assert not replay_finished(arguments)


def test_the_same_command_in_another_folder_is_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.remember()
    monkeypatch.chdir(house.study)
    assert not replay_finished(ARGUMENTS)


def test_a_study_file_that_was_edited_is_planned_again(house: House) -> None:
    study = Path("mine.yaml")
    study.write_text("seed: 1\n")
    arguments = ["--study", "mine.yaml"]
    house.remember(arguments)
    assert replay_finished(arguments)
    study.write_text("seed: 2\n")
    assert not replay_finished(arguments)


def test_claims_and_checkpoints_are_not_looked_at(house: House) -> None:
    house.remember()
    (house.study / ".claims").mkdir()
    (house.study / ".claims" / "resnet-1.lock").touch()
    assert replay_finished(ARGUMENTS)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "\xff"])
def test_a_memory_that_cannot_be_read_is_none(content: str, house: House) -> None:
    house.remember()
    (place,) = (Path(os.environ["XDG_CACHE_HOME"]) / "routebench" / "finished").iterdir()
    place.write_bytes(content.encode("latin-1"))
    assert not replay_finished(ARGUMENTS)


def test_data_from_nowhere_are_not_remembered(house: House) -> None:
    remember(ARGUMENTS, study=house.study, page=house.page, data=[], plan=PLAN, comparison=COMPARED)
    assert not replay_finished(ARGUMENTS)


def test_nothing_heavy_is_loaded() -> None:
    code = "import sys, json, benchmarks.run; print(json.dumps(sorted(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "pandas", "numpy", "pyarrow", "ray"} & set(json.loads(shown))


@pytest.mark.parametrize("package", [True, False])
def test_a_changed_plug_in_is_planned_again(house: House, monkeypatch: pytest.MonkeyPatch, package: bool) -> None:
    installed = house.path / "installed"
    (installed / "plugged-1.0.dist-info").mkdir(parents=True)
    (installed / "plugged-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    (installed / "plugged-1.0.dist-info/entry_points.txt").write_text(f"[{GROUPS[0]}]\nany = plugged\n")
    source = installed / "plugged/inner.py" if package else installed / "plugged.py"
    source.parent.mkdir(exist_ok=True)
    if package:
        (source.parent / "__init__.py").touch()
    source.write_text("raise AssertionError('imported')\n")
    monkeypatch.syspath_prepend(installed)
    house.remember()
    assert replay_finished(ARGUMENTS)
    source.write_text("raise AssertionError('changed')\n")
    assert not replay_finished(ARGUMENTS)


def test_the_group_of_plug_ins_is_the_registrys() -> None:
    assert GROUPS == plugins.GROUPS


def test_folders_that_a_library_adds_to_the_path_while_it_runs_change_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray puts copies of psutil and others on the driver's path."""
    bundled = house.path / "bundled"
    (bundled / "bundled-1.0.dist-info").mkdir(parents=True)
    (bundled / "bundled-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: bundled\nVersion: 1.0\n")
    with monkeypatch.context() as running:
        running.syspath_prepend(bundled)
        house.remember()
    assert replay_finished(ARGUMENTS)
