"""`--plugin` of every command: what is wrong with it is one line, before anything is loaded or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import check, export, ranks, report, transfer
from benchmarks import list as listing
from benchmarks.cli import command, comparing, reproducing, tuning
from tests.benchmarks.cli.test_hostile_inputs import RUNNER, contents, line_of

COMMANDS = {
    "run": (command.app, []),
    "tune": (tuning.app, []),
    "list": (listing.app, []),
    "report": (report.app, ["results/mine"]),
    "compare": (comparing.app, ["results/mine", "results/mine"]),
    "ranks": (ranks.app, ["results/mine", "results/mine"]),
    "reproduce": (reproducing.app, ["results/mine"]),
    "export": (export.app, ["results/mine", "resnet", "--out", "net"]),
    "transfer": (transfer.app, ["results/mine"]),
}
WRONG = [
    ("nowhere", "plug-in nowhere: no module nowhere is installed or stands in "),
    ("./gone.py", "plug-in ./gone.py: there is no such file or folder"),
    ("zoo.methods", "plug-in zoo.methods: zoo is a package of the suite itself"),
    ("a b", "'a b' is no name of a module"),
    ("", "'' is no name of a module"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results" / "mine").mkdir(parents=True)
    (tmp_path / "results" / "mine" / "study.yaml").write_text("format: 2\nplugins: [nowhere]\n")
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(("plugin", "line"), WRONG[:1])
def test_every_command_refuses_a_plug_in_that_is_not_there(here: Path, name: str, plugin: str, line: str) -> None:
    app, arguments = COMMANDS[name]
    before = contents(here)
    assert line in line_of(RUNNER.invoke(app, [*arguments, "--plugin", plugin]))
    assert contents(here) == before


@pytest.mark.parametrize(("plugin", "line"), WRONG)
def test_what_is_wrong_with_a_plug_in_is_said_in_one_line(here: Path, plugin: str, line: str) -> None:
    assert line in line_of(RUNNER.invoke(command.app, ["--plugin", plugin]))
    assert line in line_of(RUNNER.invoke(check.app, [plugin]))


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("plugins: nowhere", "plugins: Input should be a valid tuple"),
        ("plugins: [1]", "plugins.0: Input should be a valid string"),
        ("plugins: ['']", "plugins.0: String should have at least 1 character"),
        ("plugins: [nowhere]", "plug-in nowhere: no module nowhere is installed"),
        ("plugins: [{a: b}]", "plugins.0: Input should be a valid string"),
        ("plugin: [nowhere]", "plugin: no such field; did you mean plugins?"),
    ],
)
def test_what_is_wrong_with_a_studys_plug_ins_is_said_in_one_line(here: Path, field: str, line: str) -> None:
    (here / "mine.yaml").write_text(f"{field}\n")
    assert line in line_of(RUNNER.invoke(command.app, ["--study", "mine.yaml"]))
