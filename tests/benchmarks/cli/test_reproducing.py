"""The command that makes a study again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner, Result

from benchmarks.cli.command import app as run_app
from benchmarks.cli.reproducing import app
from benchmarks.records.files import read_yaml, write_yaml
from benchmarks.records.record import Record
from tests.benchmarks.cases import NOT_MEASURED, RECIPE

TASK: dict[str, Any] = {
    "static_curve": [],
    "dataset": "mnist5k[train=64, test=20]",
    "methods": ["resnet"],
    "recipe": RECIPE | {"epochs": 1},
    "evaluation": NOT_MEASURED | {"robustness": {"samples": 10, "attacks": ["FGSM"], "epsilons": [0.1]}},
}
RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "120"})


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a study of one network. Not to be changed."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "mine.yaml").write_text(yaml.safe_dump(TASK))
    places = ["--results", str(folder / "results"), "--reports", str(folder / "reports")]
    result = RUNNER.invoke(run_app, ["--study", str(folder / "mine.yaml"), "--scheduler", "inline", *places])
    assert result.exit_code == 0, result.output
    return folder / "results" / "mine"


@pytest.fixture
def house(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with that study, to change, as `results/mine`."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(original, tmp_path / "results" / "mine")
    return tmp_path


def reproduce(*arguments: object) -> Result:
    return RUNNER.invoke(app, ["mine", "--scheduler", "inline", *(str(argument) for argument in arguments)])


def record_in(folder: Path) -> Record:
    (path,) = (folder / "models").glob("resnet-*")
    return Record(path)


def test_on_the_same_machine_everything_is_equal_to_the_byte(house: Path) -> None:
    result = reproduce()
    assert result.exit_code == 0, result.output
    made, again = (record_in(house / "results" / name) for name in ("mine", "mine-reproduced"))
    for file in ("weights.safetensors", "accuracy.parquet", "ledger.parquet", "robustness.parquet"):
        assert (made.path / file).read_bytes() == (again.path / file).read_bytes()
    assert made.path.name == again.path.name
    assert (
        "All 8 weights, settings and tables without times of the same seeds are equal; all of them have to be."
        in result.stdout
    )
    assert "No claim changed." in result.stdout


def test_a_changed_answer_of_the_original_is_found(house: Path) -> None:
    record = record_in(house / "results" / "mine")
    table = record.table("accuracy")
    wrong = table.assign(prediction=table["prediction"].mask(table["index"] == 5, -1))
    record.write_table("accuracy", wrong, record.made_by("accuracy"))
    result = reproduce("--into", "again")
    assert result.exit_code == 1
    assert "image 5 of class" in result.stdout
    assert "Differs without a reason: accuracy of ResNet (1 of 20 rows, in prediction)" in result.stdout


def test_an_original_of_another_processor_may_differ_and_it_is_said_why(house: Path) -> None:
    record = record_in(house / "results" / "mine")
    environment = record.config["environment"] | {
        "processor": "Another",
        "instructions": "another set",
        "host": "0" * 8,
    }
    record.rewrite_config(environment=environment, weights="0" * 16)
    for name in ("accuracy", "robustness"):
        table = record.table(name)
        record.write_table(name, table, record.made_by(name) | {"environment": environment})
    result = reproduce("--json", "-", "--page", "p.html")
    assert result.exit_code == 0, result.output
    values = json.loads(result.stdout)
    (weights,) = [found for found in values["equalities"] if found["what"] == "weights"]
    assert not weights["equal"]
    assert weights["reasons"] == [["machine", "host"], ["machine", "processor"], ["machine", "instructions"]]
    page = (house / "p.html").read_text()
    assert "7 of 8 weights, settings" in page
    assert "they may differ because of machine (host, processor and instructions)" in page


def test_it_is_continued_where_it_was_interrupted(house: Path) -> None:
    assert reproduce("--into", "again").exit_code == 0
    record = record_in(house / "again")
    written = (record.path / "weights.safetensors").stat().st_mtime_ns
    (record.path / "accuracy.parquet").unlink()
    assert reproduce("--into", "again", "--resume").exit_code == 0
    assert (record.path / "accuracy.parquet").is_file()
    assert (record.path / "weights.safetensors").stat().st_mtime_ns == written


def test_an_interrupted_reproduction_says_how_it_is_continued(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.cli.execution.execute", interrupt)
    result = reproduce("--into", "again")
    assert result.exit_code == 130
    assert result.stderr.endswith("trained and measured; the same command with --resume continues.\n")


def error_of(result: Result) -> str:
    """The only line on standard error of a command that ended with status 2."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def test_a_directory_that_is_not_clean_is_refused(house: Path) -> None:
    (house / "again").mkdir()
    (house / "again" / "notes.txt").write_text("mine")
    assert "--into: again is not empty" in error_of(reproduce("--into", "again"))
    assert "holds no results" in error_of(reproduce("--into", "again", "--resume"))
    assert [path.name for path in (house / "again").iterdir()] == ["notes.txt"]


def test_the_original_is_never_written_to(house: Path) -> None:
    files = {path: path.stat().st_mtime_ns for path in (house / "results" / "mine").rglob("*")}
    line = error_of(reproduce("--into", "results/mine", "--resume"))
    assert "is the study itself" in line
    assert {path: path.stat().st_mtime_ns for path in (house / "results" / "mine").rglob("*")} == files


def test_another_study_is_not_continued(house: Path) -> None:
    shutil.copytree(house / "results" / "mine", house / "again")
    values = read_yaml(house / "again" / "study.yaml")
    write_yaml(house / "again" / "study.yaml", values | {"seed": 5})
    assert "holds another study" in error_of(reproduce("--into", "again", "--resume"))


def test_other_data_are_refused_before_anything_runs(house: Path) -> None:
    record_in(house / "results" / "mine").rewrite_config(data="0" * 16)
    assert "made on other data than mnist5k[train=64, test=20] is here" in error_of(reproduce())
    assert not (house / "results" / "mine-reproduced").exists()


def test_a_name_that_no_study_can_have_is_refused(house: Path) -> None:
    assert "--into: name:" in error_of(reproduce("--into", "-again"))


def test_a_study_that_is_not_there_is_one_line(house: Path) -> None:
    result = RUNNER.invoke(app, ["nowhere"])
    assert "nowhere is missing: no study has been run there; valid: results/mine" in error_of(result)


def test_the_help_has_an_example_of_every_option() -> None:
    shown = "".join(RUNNER.invoke(app, ["--help"]).stdout.split())
    options = [parameter for parameter in get_command(app).params if parameter.opts[0].startswith("--")]
    assert len(options) == 16
    for option in options:
        assert f"Example:{option.opts[0]}" in shown
