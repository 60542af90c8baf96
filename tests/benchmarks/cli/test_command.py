"""The command that trains, measures and reports."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from typer.main import get_command
from typer.testing import CliRunner, Result

from benchmarks.cli.command import app
from benchmarks.cli.main import application
from benchmarks.cli.plans import status_text, to_do
from benchmarks.cli.values import checked_device, checked_gpus, measuring_besides, override
from benchmarks.measuring import registry
from benchmarks.measuring.cost import CostOptions
from benchmarks.records.store import Status, Store
from benchmarks.running.planned import Planned
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import NOT_MEASURED, RECIPE, digests, models, small_study

TASK: dict[str, Any] = {
    "dataset": "mnist5k[train=64, test=20]",
    "static_curve": [],
    "methods": ["resnet"],
    "recipe": RECIPE | {"epochs": 1},
    "evaluation": NOT_MEASURED,
}
RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "120"})


class House:
    """A folder with a study, its results and its reports.

    Attributes:
        path: of the folder.
        store: of the study's records.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(path / "results" / "mine")
        (path / "mine.yaml").write_text(yaml.safe_dump(TASK))

    def run(self, *arguments: str, obj: list[str] | None = None) -> Result:
        """Run the study in this process; `obj` is the command line to be remembered."""
        places = ["--results", str(self.path / "results"), "--reports", str(self.path / "reports")]
        given = ["--study", str(self.path / "mine.yaml"), "--scheduler", "inline", *places]
        return RUNNER.invoke(app, [*given, *arguments], obj=obj)

    @property
    def files(self) -> dict[str, int]:
        """Everything there is, and when it was written."""
        return {str(p.relative_to(self.path)): p.stat().st_mtime_ns for p in self.path.rglob("*") if p.is_file()}

    @property
    def weights(self) -> dict[str, int]:
        """Every network's weights, and when they were written."""
        return {name: when for name, when in self.files.items() if name.endswith("weights.safetensors")}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Result]:
    """A study that has been run, and what that printed. Not to be changed."""
    house = House(tmp_path_factory.mktemp("first"))
    return house, house.run()


@pytest.fixture
def finished(first: tuple[House, Result], tmp_path: Path) -> House:
    """A study that has been run, to change."""
    shutil.copytree(first[0].path / "results", tmp_path / "results")
    return House(tmp_path)


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path]]:
    """Leaves reports unwritten, for the tests of other things; remembers which were asked for."""
    asked: list[tuple[Path, Path]] = []

    def build(results: Path, out: Path) -> Path:
        asked.append((results, out))
        return out / "index.html"

    monkeypatch.setattr("benchmarks.cli.execution.build", build)
    return asked


def flat(text: str) -> str:
    """Words of a table, whatever its columns' width."""
    return " ".join(text.split())


def squeezed(text: str) -> str:
    """What is printed, wherever its lines are broken."""
    return "".join(text.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--study", "nope"], "no study 'nope'; valid: detection, inside, paper-cifar100, paper-imagenet"),
        (["--methods", "resnett"], "unknown method 'resnett'; did you mean resnet"),
        (["--methods", "resnet[tinny]"], "unknown preset of resnet 'tinny'"),
        (["--methods", "adanet[rate=1]"], "unknown parameter of adanet 'rate'"),
        (["--methods", "adanet[target_rate=2]"], "target_rate must lie between 0 and 1, not 2"),
        (["--methods", "adanet[target_rate={1}]"], "valid: finite numbers, words and lists of them"),
        (["--methods", "adanet["], "brackets do not match"),
        (["--methods", ""], "none chosen; valid: all, resnet"),
        (["--preset", "huge"], "resnet has no preset 'huge'; valid: tiny, small"),
        (["--dataset", "mnist"], "unknown data set 'mnist'"),
        (["--dataset", "mnist5k[train=9999]"], "mnist5k has 3500 train samples, not 9999"),
        (["--dataset", "mnist5k[colour=1]"], "unknown option of mnist5k 'colour'"),
        (["--dataset", "mnist5k[name=digits]"], "name cannot be an option of mnist5k"),
        (["--dataset", "mnist5k[train=64"], "cannot read 'mnist5k[train=64'"),
        (["--dataset", "cifar10"], "give --data-root"),
        (["--epochs", "0"], "recipe.epochs"),
        (["--methods", "branchynet"], "branchynet needs at least 2, one per training phase"),
        (["--repetitions", "0"], "repetitions"),
        (["--evaluators", "energy, costs"], "--evaluators: unknown evaluator 'costs'; did you mean cost or"),
        (["--name", "../elsewhere"], "name"),
        (["--device", "tpu"], "--device: 'tpu' is not available here; valid: cpu"),
        (["--cpus-per-job", "10000"], "--cpus-per-job: 10000.0 is more than the"),
        (["--gpus-per-job", "-1"], "--gpus-per-job: -1.0 does not fit"),
        (["--cpus-per-job", "0"], "--cpus-per-job: 0.0 must be above 0"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_status_2_and_one_line(arguments: list[str], expected: str, house: House) -> None:
    result = house.run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert expected in result.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--epochs", "many"], "'--epochs'"), (["--scheduler", "cron"], "'ray', 'inline'"), (["--fast"], "--fast")],
)
def test_misuse_of_the_command_is_status_2_without_traceback(arguments: list[str], expected: str, house: House) -> None:
    result = house.run(*arguments)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_a_damaged_study_is_named(house: House) -> None:
    (house.path / "mine.yaml").write_text("methods: [resnet\n")
    result = house.run()
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {house.path}/mine.yaml: not valid YAML")
    assert result.stderr.count("\n") == 1


def test_its_status_can_be_asked_for_afterwards(first: tuple[House, Result]) -> None:
    done = RUNNER.invoke(application("status"), [str(first[0].store.root)])
    assert (done.exit_code, done.stderr) == (0, "")
    header, row, last = done.stdout.splitlines()
    assert header.split()[:2] == ["network", "state"]
    assert row.split()[:3] == ["resnet", "done", "1/1"]
    assert last == "1 network: 1 done."


def test_bad_input_writes_nothing(house: House) -> None:
    before = house.files
    house.run("--methods", "resnett")
    assert house.files == before


def test_the_help_has_an_example_of_every_option() -> None:
    shown = squeezed(RUNNER.invoke(app, ["--help"]).stdout)
    parameters = get_command(app).params
    options = [one for one in parameters if one.name != "help" and not getattr(one, "hidden", False)]
    assert len(options) == 27
    for option in options:
        assert f"Example:{option.opts[0]}" in shown


def test_the_help_shows_brackets_as_they_are_typed() -> None:
    shown = squeezed(RUNNER.invoke(app, ["--help"]).stdout)
    assert "--methods'resnet,adanet[target_rate=0.5]'" in shown
    assert "--dataset'fashion-mnist[train=10000]'" in shown


def test_a_dry_run_writes_nothing(house: House) -> None:
    before = house.files
    assert house.run("--dry-run").exit_code == 0
    assert house.files == before


def test_a_dry_run_trains_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise AssertionError("it trained")

    monkeypatch.setattr("benchmarks.running.jobs.fit", fail)
    assert house.run("--dry-run").exit_code == 0


def test_a_dry_run_says_what_is_to_do_and_for_how_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.running.estimate.estimate_training", lambda *arguments: 61.0)
    shown = house.run("--dry-run", "--methods", "resnet, adanet[target_rate=0.5]").stdout
    assert "resnet resnet[tiny] not trained train, accuracy, ledger, wiring, exits, inside 1:01" in flat(shown)
    assert (
        "adanet[target_rate=0.5] resnet[tiny] not trained train, accuracy, ledger, wiring, exits, inside 1:01"
        in flat(shown)
    )
    assert "About 2:02 of one job's time" in shown


def test_a_dry_run_of_a_finished_study_says_that_it_is_cached(finished: House) -> None:
    before = finished.files
    shown = finished.run("--dry-run").stdout
    assert "resnet resnet[tiny] trained nothing: cached 0:00" in flat(shown)
    assert finished.files == before


def test_a_dry_run_says_why_a_record_is_stale(finished: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.records.identity.code_hashes", lambda roots: {"zoo/methods/resnet.py": "changed"})
    assert "stale: code changed since: " in flat(finished.run("--dry-run").stdout)


def test_a_run_ends_well_and_names_its_page(first: tuple[House, Result]) -> None:
    house, result = first
    assert result.exit_code == 0
    page = Path(result.stdout.splitlines()[-1].removeprefix("Report: "))
    assert page.is_file()
    assert page.is_relative_to(house.path / "reports" / "mine")


def test_a_run_prints_its_progress_and_the_comparison(first: tuple[House, Result]) -> None:
    _, result = first
    assert "train resnet: epoch 1/1, loss " in result.stdout
    assert "network" in result.stdout.splitlines()[-3]
    assert result.stdout.splitlines()[-2].split()[:2] == ["resnet", "default"]


def test_a_run_says_in_a_line_where_its_time_went(first: tuple[House, Result]) -> None:
    _, result = first
    (line,) = (line for line in result.stdout.splitlines() if ": training " in line or ", training " in line)
    assert line.partition(", other ")[1]
    assert "accuracy" in line


def test_a_run_leaves_the_study_its_environment_and_the_summary(first: tuple[House, Result]) -> None:
    house, _ = first
    assert {path.name for path in house.store.root.iterdir()} == {
        *("study.yaml", "environment.json", "summary.parquet", "models", ".claims", "images.png", "images.json"),
        "networks.json",
        "classes.json",
    }


def test_the_same_command_again_does_nothing_but_the_page(
    finished: House, no_page: list[tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise AssertionError("a scheduler was started")

    monkeypatch.setattr("benchmarks.cli.starting.make_scheduler", fail)
    before = {name: when for name, when in finished.files.items() if "/models/" in name}
    result = finished.run()
    assert result.exit_code == 0
    assert "All 1 networks are trained and measured already." in result.stdout
    assert {name: when for name, when in finished.files.items() if "/models/" in name} == before
    assert no_page == [(finished.store.root, finished.path / "reports" / "mine")]


def test_another_method_is_added_and_the_first_stays(finished: House, no_page: list[tuple[Path, Path]]) -> None:
    before = finished.weights
    result = finished.run("--methods", "resnet, adanet")
    assert result.exit_code == 0
    assert before.items() < finished.weights.items()
    assert set(digests(finished.store)) == {"resnet", "adanet"}


def test_force_makes_records_again_and_the_same(finished: House, no_page: list[tuple[Path, Path]]) -> None:
    written, made = finished.weights, digests(finished.store)
    assert finished.run("--force").exit_code == 0
    assert finished.weights.keys() == written.keys()
    assert all(when > written[name] for name, when in finished.weights.items())
    assert digests(finished.store) == made


def test_a_failed_job_is_status_1_and_said_at_the_end(
    finished: House, no_page: list[tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    broken = replace(registry.EVALUATORS["cost"], run=fail)  # type: ignore[arg-type]
    study = TASK | {"evaluation": NOT_MEASURED | {"cost": {"batch_size": 7}}}
    (finished.path / "mine.yaml").write_text(yaml.safe_dump(study))
    with monkeypatch.context() as patch:
        patch.setitem(registry.EVALUATORS.declared, "cost", broken)
        result = finished.run()
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("1 of the jobs failed; the report has their tracebacks")
    assert no_page
    assert finished.run().exit_code == 0
    assert finished.store.failures() == []


def test_options_replace_fields_of_the_study() -> None:
    values = {"methods": ["adanet"], "dataset": "digits", "seed": 7, "name": None, "preset": None}
    changed = override(small_study(), values, 9)
    assert (changed.methods, changed.dataset, changed.seed) == (("adanet",), "digits", 7)
    assert changed.recipe == small_study(recipe={"epochs": 9}).recipe


def test_evaluators_that_a_study_left_out_are_measured_besides_with_default_options() -> None:
    changed = measuring_besides(small_study(evaluation={"cost": None, "energy": None}), " cost,")
    assert changed.evaluation.options("cost") == CostOptions()
    assert changed.evaluation.options("energy") is None


def test_options_of_the_study_stay_where_its_evaluator_is_named_once_more() -> None:
    study = small_study(evaluation={"cost": {"batch_size": 7}})
    assert measuring_besides(study, "cost") == study == measuring_besides(study, None)


def test_options_that_are_not_given_leave_the_study_as_it_is() -> None:
    assert override(small_study(), {"methods": None, "seed": None}, None) == small_study()


def test_without_a_device_the_best_there_is_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, device in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=available: there)
        assert checked_device(None) == device


@pytest.mark.parametrize(
    ("available", "device", "gpus", "expected"),
    [
        (False, None, None, 0.0),
        (True, None, None, 1.0),
        (True, "cuda", "0.25", 0.25),
        (True, "cpu", None, 0.0),
        (True, "cuda", "0.0", 0.0),
        (True, "cuda", "auto", None),
    ],
)
def test_a_gpu_job_takes_a_whole_gpu_unless_told_otherwise(
    available: bool, device: str | None, gpus: str | None, expected: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert checked_gpus(gpus, device) == expected


def test_a_gpu_is_not_asked_for_on_a_cpu() -> None:
    with pytest.raises(StudyError, match=r"0\.5 does not fit --device cpu"):
        checked_gpus("0.5", "cpu")


@pytest.mark.parametrize(
    ("status", "evaluators", "alone", "text", "work"),
    [
        (Status("missing"), ("accuracy",), ("latency",), "not trained", "train, accuracy, latency"),
        (Status("done"), (), (), "trained", "nothing: cached"),
        (Status("done"), ("cost",), (), "trained", "cost"),
        (Status("stale", "code changed"), (), (), "stale: code changed", "train"),
        (Status("started", "goes on"), (), (), "started: goes on", "train"),
    ],
)
def test_a_plan_is_told_in_words(
    status: Status, evaluators: tuple[str, ...], alone: tuple[str, ...], text: str, work: str
) -> None:
    (spec,) = models(small_study())
    planned = Planned(spec=spec, baseline="resnet[tiny]", status=status, evaluators=evaluators, alone=alone)
    assert (status_text(planned), to_do(planned)) == (text, work)


def test_a_command_that_cannot_be_remembered_is_finished_all_the_same(
    finished: House, no_page: list[tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", "/a/cache")

    monkeypatch.setattr("benchmarks.cli.execution.remember", refuse)
    result = finished.run(obj=["--methods", "resnet"])
    assert result.exit_code == 0
    assert "not remembered" in result.stdout
    assert "Permission denied" in result.stdout
