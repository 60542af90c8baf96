"""The command that compares two studies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from benchmarks.cli.comparing import app
from benchmarks.records.record import Record
from tests.benchmarks.comparing.conftest import flip
from tests.benchmarks.reporting.conftest import three_networks
from tests.benchmarks.reporting.hand_made import HandMade, answers

RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "120"})


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the results of two equal studies, `one` and `two`."""
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        three_networks(tmp_path / "results" / name)
    return tmp_path


def run(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def adanet(root: Path) -> Record:
    return next(Record(path) for path in (root / "models").glob("adanet-*"))


def test_equal_studies_are_status_0(house: Path) -> None:
    result = run("one", "two")
    assert result.exit_code == 0
    assert "No claim changed." in result.stdout
    assert "Nothing is worse beyond its tolerance." in result.stdout


def test_a_flipped_answer_is_status_1_and_named(house: Path) -> None:
    flip(adanet(house / "results" / "two"), "accuracy", 4)
    result = run("one", "two")
    assert result.exit_code == 1
    (line,) = [line for line in result.stdout.splitlines() if "image 4 of class 0" in line]
    assert line.split()[:3] == ["AdaNet", "(ConvNet-AIG)", "default"]
    assert "Differs without a reason: accuracy of AdaNet (ConvNet-AIG) (1 of 10 rows, in prediction)" in result.stdout


def test_of_many_networks_with_other_answers_the_first_are_shown(house: Path) -> None:
    for name, outcome in (("a", "11"), ("b", "00")):
        made = HandMade(house / "results" / name)
        for rate in range(14):
            made.add(made.spec("adanet", target_rate=rate / 20), accuracy=answers(outcome))
    result = run("a", "b")
    assert result.stdout.count("image 0 of class 0") == 12
    assert "2 more rows are on the page." in result.stdout


def test_a_loss_beyond_the_tolerance_is_status_1(house: Path) -> None:
    worse = HandMade(house / "results" / "worse", seed=1)
    worse.add(worse.spec("resnet"), accuracy=answers("1111111100"))
    assert run("one", "worse", "--tolerance-accuracy", "10").exit_code == 0
    result = run("one", "worse", "--tolerance-accuracy", "9.5")
    assert result.exit_code == 1
    assert "Worse: accuracy of ResNet (default) by -10.00 points; tolerance 9.50 points, given." in result.stdout


def test_the_page_goes_below_reports_by_default(house: Path) -> None:
    last = run("one", house / "results" / "two").stdout.splitlines()[-1]
    assert last == "Page: reports/two-against-one/index.html"
    assert (house / "reports" / "two-against-one" / "index.html").is_file()


def test_the_page_goes_where_it_is_asked_for(house: Path) -> None:
    assert run("one", "two", "--page", "pages/p.html").exit_code == 0
    assert (house / "pages" / "p.html").read_text().startswith("<!doctype html>")
    assert not (house / "reports").exists()


def test_json_goes_to_a_file_or_alone_to_standard_output(house: Path) -> None:
    result = run("one", "two", "--json", "-", "--page", "p.html")
    assert run("one", "two", "--json", "found.json", "--page", "p.html").exit_code == 0
    assert json.loads(result.stdout) == json.loads((house / "found.json").read_text())
    assert json.loads(result.stdout)["acceptable"] is True


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["one", "nowhere"], "nowhere is missing: no study has been run there; valid: results/one, results/two"),
        (["one", "one"], "is given twice"),
        (["one", "results"], "results holds no results: study.yaml is missing"),
        (["one", "two", "--tolerance-accuracy", "-1"], "--tolerance-accuracy: -1.0 must be at least 0"),
        (["one", "two", "--tolerance-time", "nan"], "--tolerance-time: nan must be at least 0, and a number"),
        (["one", "two", "--page", "results"], "--page: results is a folder, where the file should go"),
        (["one", "two", "--json", "results"], "--json: results is a folder, where the file should go"),
        (["one", "two", "--json", "results/one/study.yaml/x"], "--json: results/one/study.yaml is not a folder"),
    ],
)
def test_bad_input_is_status_2_and_one_line(arguments: list[str], expected: str, house: Path) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert expected in result.stderr


def test_a_damaged_record_is_status_2_and_named(house: Path) -> None:
    path = adanet(house / "results" / "two").path / "accuracy.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    result = run("one", "two")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "accuracy.parquet is damaged" in result.stderr


def test_studies_are_only_read(house: Path) -> None:
    files = {path: path.stat().st_mtime_ns for path in (house / "results").rglob("*")}
    run("one", "two")
    assert {path: path.stat().st_mtime_ns for path in (house / "results").rglob("*")} == files


def test_the_help_has_an_example_of_every_option() -> None:
    shown = "".join(RUNNER.invoke(app, ["--help"]).stdout.split())
    options = [parameter for parameter in get_command(app).params if parameter.opts[0].startswith("--")]
    assert len(options) == 7
    for option in options:
        assert f"Example:{option.opts[0]}" in shown
