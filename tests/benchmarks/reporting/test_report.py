"""The verb `python -m benchmarks.report`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.report import app
from tests.benchmarks.reporting.hand_made import HandMade, answers


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def error_of(result: Result) -> str:
    """The only line on standard error of a run that ended with status 2."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def test_the_path_of_the_page_is_printed(made: HandMade, tmp_path: Path) -> None:
    result = run(made.store.root, "--out", tmp_path / "page")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path / 'page' / 'index.html'}\n")
    assert (tmp_path / "page" / "index.html").is_file()


def test_pages_go_below_reports_by_default(made: HandMade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.store.root.parent)
    assert run("hand").stdout == "reports/hand/index.html\n"


def test_several_studies_share_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, name in enumerate(("one", "two")):
        study = HandMade(tmp_path / name, title=f"Study {name}", seed=seed)
        study.add(study.spec("resnet"), accuracy=answers("11"))
    monkeypatch.chdir(tmp_path)
    assert run("one", "two").stdout == "reports/one-two/index.html\n"
    text = (tmp_path / "reports" / "one-two" / "index.html").read_text()
    assert "<h1>Study one; Study two</h1>" in text
    assert "Made by RouteBench from <code>one and two</code>" in text


def test_studies_of_different_data_are_one_line(tmp_path: Path) -> None:
    for name in ("one", "two"):
        study = HandMade(tmp_path / name)
        study.add(study.spec("resnet"), data=name * 4)
    line = error_of(run(tmp_path / "one", tmp_path / "two", "--out", tmp_path / "page"))
    assert line.startswith("error: studies of different data cannot share a page: one on")
    assert not (tmp_path / "page").exists()


def test_a_missing_directory_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert error_of(run(missing)) == f"error: {missing} is missing: no study has been run there"


def test_a_directory_without_a_study_is_one_line(tmp_path: Path) -> None:
    assert error_of(run(tmp_path)) == f"error: {tmp_path} holds no results: study.yaml is missing"


@pytest.mark.parametrize(
    ("file", "contents"),
    [
        ("study.yaml", "format: 1\nrepetitions: none"),
        ("study.yaml", "format: [1"),
        ("environment.json", "{"),
        ("failures/adanet-1.yaml", "error: no spec"),
        ("models/MODEL/config.yaml", "format: 1"),
        ("models/MODEL/config.yaml", "{"),
        ("models/MODEL/accuracy.parquet", "no parquet"),
        ("models/MODEL/history.parquet", ""),
    ],
)
def test_damage_is_one_line_that_names_the_file(made: HandMade, file: str, contents: str) -> None:
    record = made.add(made.spec("resnet"), accuracy=answers("11"))
    path = made.store.root / file.replace("MODEL", record.path.name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(contents)
    line = error_of(run(made.store.root, "--out", made.store.root / "page"))
    assert line.startswith("error: ")
    assert str(path.parent if "failures" in file else path) in line


def test_a_table_that_lacks_a_column_is_one_line(made: HandMade) -> None:
    record = made.add(made.spec("resnet"), accuracy=answers("11").drop(columns=["nll"]))
    line = error_of(run(made.store.root, "--out", made.store.root / "page"))
    assert str(record.path.parent) in line


def test_help_explains_every_flag_with_an_example() -> None:
    result = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.stdout.count("Example:") == 5
    assert "results/quick" in result.stdout
