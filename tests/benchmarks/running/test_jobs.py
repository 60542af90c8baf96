"""One network's training and measurements: what is missing is done, and being killed changes nothing."""

from __future__ import annotations

import pickle
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from benchmarks.data import Dataset
from benchmarks.measuring import registry
from benchmarks.measuring.engine_names import BASELINE_SETTING
from benchmarks.plugins.places import PluginError
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.files import StoreError
from benchmarks.records.record import Record, digest
from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign
from benchmarks.running.deadline import DeadlineExceeded
from benchmarks.running.events import Progress
from benchmarks.running.jobs import (
    Job,
    load_dataset,
    missing_tables,
)
from benchmarks.running.loaded import load_network
from benchmarks.running.planned import Kind
from benchmarks.training.fitting import propose_settings
from benchmarks.training.numerics import single_threaded
from benchmarks.training.tasks import task_of
from tests.benchmarks.cases import (
    METHODS,
    NOT_MEASURED,
    Unseen,
    identity_of,
    ignore,
    job,
    job_of,
    models,
    small_study,
)
from tests.benchmarks.conftest import some_leave_at_every_exit
from zoo import Task
from zoo.execution.early_exit import EarlyExitNet
from zoo.remote.files import RemoteError

CPU = torch.device("cpu")
SHARED = ["accuracy", "cost", "fidelity", "ledger", "robustness", "slowdown", "trust", "wiring", "exits"]
SHARED += ["image_properties", "inside", "lesions", "decisions", "scale"]
"""Evaluators that may share the machine."""
FEWER = "mnist5k[train=128, test=50]"
LIMIT_FACTOR = 120
"""Seconds after which a subprocess that does not even begin is a failure."""


class Killed(Exception):
    """Stands for whatever ends a job early."""


def die(progress: Progress) -> None:
    raise Killed


def steps(task: Job) -> list[str]:
    """Run a job; what it says that it does, in order, without the parts of a step."""
    seen: list[Progress] = []
    task.run(seen.append)
    return [progress.step for progress in seen if progress.doing is None]


def copy_of(campaign: Campaign, method: str, kind: Kind = "train", **changes: Any) -> Job:
    """A job over records that are there."""
    spec = next(spec for spec in campaign.specs if spec.method == method)
    return replace(job_of(spec, campaign.study, campaign.store.root, kind), **changes)


def record_of(task: Job) -> Record:
    found = Store(task.root).record(identity_of(task.spec))
    assert found is not None
    return found


def touched(record: Record) -> dict[str, int]:
    """When each file of a record was written, in nanoseconds."""
    return {path.name: path.stat().st_mtime_ns for path in record.path.iterdir()}


def other_code(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Pretend that a module's code has changed."""

    def changed(modules: list[str]) -> dict[str, str]:
        return code_hashes(modules) | ({"changed.py": "today"} if module in modules else {})

    monkeypatch.setattr("benchmarks.records.versions.code_hashes", changed)


def break_evaluator(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make an evaluator fail."""

    def fail(*arguments: object) -> pd.DataFrame:
        raise ZeroDivisionError("nobody is\nperfect")

    monkeypatch.setitem(registry.EVALUATORS.declared, name, replace(registry.EVALUATORS[name], run=fail))


def test_a_job_is_named_after_what_it_does_and_its_network(tmp_path: Path) -> None:
    assert job(tmp_path, small_study("adanet[target_rate=0.5]"), "time").name == "time adanet[target_rate=0.5]"


def test_a_job_can_be_sent_to_another_process(tmp_path: Path) -> None:
    task = job(tmp_path, small_study())
    assert pickle.loads(pickle.dumps(task)) == task


def test_an_evaluator_that_a_worker_does_not_know_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    task = replace(job(tmp_path, small_study()), evaluators=("accuracy", "margin"))
    with pytest.raises(StoreError, match="resnet: this worker has no evaluator margin; install its package"):
        task.run(ignore)
    assert "this worker has no evaluator margin" in Store(tmp_path).failures()[0]["error"]


def test_a_plug_in_that_a_worker_does_not_have_is_a_failure_that_names_it(tmp_path: Path) -> None:
    task = replace(job(tmp_path, small_study()), plugins=("no_such_package",))
    with pytest.raises(PluginError, match="plug-in no_such_package: no module no_such_package is installed"):
        task.run(ignore)
    assert "no_such_package" in Store(tmp_path).failures()[0]["error"]


def test_training_says_what_it_does(tmp_path: Path) -> None:
    task = job(tmp_path, small_study(recipe={"epochs": 1}, evaluation=NOT_MEASURED))
    assert steps(task) == ["train", "settings", "accuracy", "ledger", "wiring", "exits", "inside"]


def test_training_tells_the_figures_of_every_epoch(tmp_path: Path) -> None:
    seen: list[Progress] = []
    task = job(tmp_path, small_study(recipe={"epochs": 2}, evaluation=NOT_MEASURED))
    task.run(seen.append)
    epochs = [progress.epoch for progress in seen if progress.step == "train"]
    pd.testing.assert_frame_equal(pd.DataFrame(epochs), record_of(task).history())


@pytest.mark.parametrize("method", METHODS)
def test_a_job_that_is_done_does_nothing(method: str, trained: Campaign, records: dict[str, Record]) -> None:
    before = touched(records[method])
    for kind in ("train", "time"):
        assert steps(copy_of(trained, method, kind)) == []
    assert touched(records[method]) == before


def test_a_missing_table_is_made_and_no_other(copied: Campaign) -> None:
    task = copy_of(copied, "adanet")
    record = record_of(task)
    (record.path / "cost.parquet").unlink()
    before = touched(record)
    assert steps(task) == ["cost"]
    written = {name for name, when in touched(record).items() if before.get(name) != when}
    assert written == {"cost.parquet", "manifest.json"}


def test_a_table_made_with_other_options_is_made_again_without_training(copied: Campaign) -> None:
    evaluation = small_study(evaluation={"robustness": {"samples": 10, "pgd_steps": 1, "epsilons": [0.1]}}).evaluation
    task = copy_of(copied, "resnet", evaluation=evaluation)
    record = record_of(task)
    before, weights = touched(record), digest(record.weights())
    assert steps(task) == ["robustness"]
    assert set(record.table("robustness")["epsilon"]) == {0.0, 0.1}
    assert touched(record)["weights.safetensors"] == before["weights.safetensors"]
    assert digest(record.weights()) == weights


def test_a_table_made_by_other_code_is_made_again_without_training(
    copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = copy_of(copied, "resnet")
    before = touched(record_of(task))
    other_code(monkeypatch, "benchmarks.measuring.accuracy")
    assert steps(task) == ["accuracy"]
    assert touched(record_of(task))["weights.safetensors"] == before["weights.safetensors"]
    assert steps(task) == []


def test_a_table_made_again_from_the_same_weights_is_the_same(copied: Campaign) -> None:
    task = copy_of(copied, "adanet")
    record = record_of(task)
    before = {name: record.table(name) for name in SHARED}
    for name in SHARED:
        (record.path / f"{name}.parquet").unlink()
    assert steps(task) == SHARED
    for name in SHARED:
        pd.testing.assert_frame_equal(record.table(name), before[name], check_exact=True)


def test_a_job_that_keeps_pictures_makes_the_tables_that_lack_them(copied: Campaign) -> None:
    task = copy_of(copied, "adanet", pictures=True)
    record = record_of(task)
    assert steps(task) == []
    before = record.table("robustness_pictures")
    record.remove_table("robustness_pictures")
    assert steps(replace(task, pictures=False)) == []
    assert steps(task) == ["robustness"]
    pd.testing.assert_frame_equal(record_of(task).table("robustness_pictures"), before)
    spent = record_of(task).spent()
    assert "robustness_pictures" not in spent


def test_pictures_of_a_table_do_not_outlive_it(copied: Campaign) -> None:
    evaluation = small_study(evaluation={"robustness": {"samples": 10, "pgd_steps": 1, "epsilons": [0.1]}}).evaluation
    task = copy_of(copied, "resnet", evaluation=evaluation)
    assert record_of(task).has("robustness_pictures")
    assert steps(task) == ["robustness"]
    assert not record_of(task).has("robustness_pictures")
    assert record_of(task).check() == []


def test_an_evaluator_that_is_off_is_not_missing(records: dict[str, Record], few_digits: Dataset) -> None:
    evaluation = small_study(evaluation={"robustness": None}).evaluation
    assert missing_tables(records["resnet"], few_digits, evaluation, alone=False) == []


def test_timing_is_missing_from_the_timing_job_alone(copied: Campaign, few_digits: Dataset) -> None:
    record = record_of(copy_of(copied, "resnet"))
    (record.path / "latency.parquet").unlink()
    evaluation = copied.study.evaluation
    assert missing_tables(record, few_digits, evaluation, alone=False) == []
    assert [e.name for e in missing_tables(record, few_digits, evaluation, alone=True)] == ["latency"]


def test_a_timing_job_times(copied: Campaign) -> None:
    task = copy_of(copied, "resnet", "time")
    (record_of(task).path / "latency.parquet").unlink()
    seen: list[Progress] = []
    task.run(seen.append)
    assert {progress.step for progress in seen} == {"latency"}
    assert [progress.doing.what for progress in seen if progress.doing] == [
        "preparing its engines",
        *("batch 1, preparing the baseline's engines", "batch 1, PyTorch, fused"),
        *("batch 8, preparing the baseline's engines", "batch 8, PyTorch, fused"),
    ]
    assert BASELINE_SETTING in set(record_of(task).table("latency")["setting"])


def test_a_timing_job_does_not_train(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="resnet is not trained"):
        steps(job(tmp_path, small_study(), "time"))


def test_a_failure_is_recorded_in_one_line_with_its_traceback(
    copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = copy_of(copied, "resnet", evaluation=small_study(evaluation={"cost": {"batch_size": 9}}).evaluation)
    break_evaluator(monkeypatch, "cost")
    with pytest.raises(ZeroDivisionError):
        steps(task)
    failure = copied.store.failure(task.spec)
    assert failure is not None
    assert failure["job"] == "train"
    assert failure["error"] == "ZeroDivisionError: nobody is perfect"
    assert failure["traceback"].startswith("Traceback (most recent call last):")
    assert "in fail" in failure["traceback"]


def test_a_failure_that_cannot_be_published_is_the_error_that_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object) -> None:
        raise RemoteError("s3://bucket/mine cannot be used")

    task = job(tmp_path, small_study("resnet"))
    monkeypatch.setattr(Store, "write_failure", away)
    with (
        pytest.raises(ZeroDivisionError, match="nobody is perfect") as caught,
        task.stored_failure(Store(tmp_path)),
    ):
        raise ZeroDivisionError("nobody is perfect")
    assert caught.value.__notes__ == ["This failure was not published: s3://bucket/mine cannot be used"]


def test_a_success_forgets_the_failure(copied: Campaign) -> None:
    task = copy_of(copied, "resnet")
    copied.store.write_failure(task.spec, "train", "ValueError: no", "")
    steps(task)
    assert copied.store.failure(task.spec) is None


def test_training_does_not_forget_that_timing_failed(copied: Campaign) -> None:
    task = copy_of(copied, "resnet")
    copied.store.write_failure(task.spec, "time", "ValueError: no", "")
    steps(task)
    assert copied.store.failure(task.spec) is not None


def test_an_interrupt_is_no_failure(tmp_path: Path) -> None:
    task = job(tmp_path, small_study())

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        task.run(interrupt)
    assert Store(tmp_path).failures() == []


def test_a_job_that_died_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    task = job(tmp_path, small_study(evaluation=NOT_MEASURED))
    with pytest.raises(Killed):
        task.run(die)
    assert (Store(tmp_path).workspace(identity_of(task.spec)) / "checkpoint.pt").exists()
    assert steps(task).count("train") == 2


def test_a_record_knows_what_its_jobs_spent_besides_training_and_measuring(tmp_path: Path) -> None:
    task = job(tmp_path, small_study(recipe={"epochs": 1}, evaluation=NOT_MEASURED))
    before = time.perf_counter()
    task.run(lambda progress: None)
    elapsed = time.perf_counter() - before
    spent = record_of(task).spent()
    assert spent.keys() == {"training", "accuracy", "ledger", "wiring", "exits", "inside", "waiting", "other"}
    assert all(seconds >= 0 for seconds in spent.values())
    assert sum(spent.values()) <= elapsed + 0.01  # each is rounded to a millisecond
    task.run(lambda progress: None)  # nothing is missing
    assert record_of(task).spent() == spent


def test_what_jobs_spent_adds_up_and_damages_nothing(copied: Campaign) -> None:
    record = record_of(copy_of(copied, "resnet"))
    before = record.spent()
    record.add_overhead(waiting=2.0, other=1.0)
    assert record.spent() == before | {"waiting": before["waiting"] + 2, "other": pytest.approx(before["other"] + 1)}
    assert Record(record.path).check() == []


def test_the_seconds_of_a_job_that_died_are_those_of_all_its_epochs(tmp_path: Path) -> None:
    task = job(tmp_path, small_study(evaluation=NOT_MEASURED))
    with pytest.raises(Killed):
        task.run(die)
    steps(task)
    record = record_of(task)
    assert record.config["seconds"] == pytest.approx(record.history()["seconds"].sum(), abs=1e-3)


def test_a_job_killed_while_training_ends_with_the_weights_of_one_left_alone(
    tmp_path: Path, records: dict[str, Record]
) -> None:
    long = small_study("branchynet", dataset=FEWER, recipe={"epochs": 12}, evaluation=NOT_MEASURED)
    alone, killed = job(tmp_path / "alone", long), job(tmp_path / "killed", long)
    run_and_kill(killed)
    assert Store(killed.root).records() == []
    again = steps(killed).count("train")
    assert 0 < again < 12
    steps(alone)
    assert record_of(killed).config["weights"] == record_of(alone).config["weights"]
    pd.testing.assert_frame_equal(record_of(killed).table("accuracy"), record_of(alone).table("accuracy"))


def run_and_kill(task: Job) -> None:
    """Run a job in a process of its own, and kill it in the epoch after its first checkpoint."""
    process = get_context("spawn").Process(target=run, args=(task,))
    process.start()
    checkpoint = Store(task.root).workspace(identity_of(task.spec)) / "checkpoint.pt"
    try:
        deadline = time.monotonic() + LIMIT_FACTOR
        while not checkpoint.exists() and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        process.kill()
        process.join()
    assert checkpoint.exists()
    assert process.exitcode == -signal.SIGKILL


def run(task: Job) -> None:
    """What the process does."""
    task.run(ignore)


def test_the_code_of_a_network_is_its_own_and_that_of_training() -> None:
    code = identity_of(models(small_study("adanet"))[0]).code
    assert code.keys() >= {
        "zoo/methods/adanet.py",
        "zoo/execution/gated_block.py",
        "benchmarks/training/loop.py",
        "benchmarks/training/recipe.py",
    }


def test_the_code_of_a_network_makes_batches_of_its_data_and_does_not_read_them() -> None:
    code = identity_of(models(small_study("adanet"))[0]).code
    assert code.keys() >= {"benchmarks/data/arrays.py", "benchmarks/data/augment.py"}
    assert not code.keys() & {"benchmarks/data/embedded.py", "benchmarks/data/splitting.py"}


def test_evaluators_scheduling_and_reports_do_not_make_networks_stale() -> None:
    code = identity_of(models(small_study("adanet"))[0]).code
    assert not [name for name in code if "evaluators" in name or "scheduling" in name or "report" in name]


def test_a_worker_reads_a_data_set_once() -> None:
    assert load_dataset("digits", None) is load_dataset("digits", None)


@pytest.mark.parametrize("text", ["digits[name=1]", "digits[data_root=1]"])
def test_an_option_that_is_no_option_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        load_dataset(text, None)


def test_networks_are_built_for_their_data(few_digits: Dataset) -> None:
    assert task_of(few_digits.info) == Task(shape=(1, 28, 28), classes=10, mean=(0.1308,), std=(0.3080,))


def test_a_job_runs_on_one_thread_and_gives_the_others_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    with single_threaded():
        assert asked == [1]
    assert asked == [1, 3]


@pytest.mark.parametrize("method", METHODS)
def test_a_subject_has_the_trained_weights_and_serves_the_headline_setting(
    method: str, records: dict[str, Record], few_digits: Dataset
) -> None:
    trained = load_network(records[method], few_digits, CPU)
    assert digest(trained.net.state_dict()) == records[method].config["weights"]
    assert trained.net.setting == records[method].settings[0]
    assert not trained.net.training


@pytest.mark.parametrize("method", METHODS)
def test_settings_are_proposed_from_validation_data_only(
    method: str,
    records: dict[str, Record],
    few_digits: Dataset,
    network_of: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(EarlyExitNet, "settings", some_leave_at_every_exit)  # as the records were made
    blind = replace(few_digits, train=Unseen(), test=Unseen())
    assert propose_settings(network_of(method).net, blind, CPU) == records[method].settings


def test_what_takes_too_long_is_a_failure_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dawdle(*arguments: object, **options: object) -> None:
        while True:
            time.sleep(0.001)

    monkeypatch.setattr("benchmarks.running.jobs.fit", dawdle)
    task = replace(job(tmp_path, small_study(evaluation=NOT_MEASURED)), hours=0.1 / 3600)
    with pytest.raises(DeadlineExceeded):
        task.run(ignore)
    failure = Store(tmp_path).failure(task.spec)
    assert failure is not None
    assert "training of resnet: not done within 0.1 s" in failure["error"]


def test_an_evaluator_that_takes_too_long_loses_no_training(copied: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def dawdle(trained: object, options: object) -> pd.DataFrame:
        while True:
            time.sleep(0.001)

    evaluators = registry.EVALUATORS
    monkeypatch.setitem(evaluators.declared, "ledger", replace(evaluators["ledger"], run=dawdle))
    task = copy_of(copied, "resnet", hours=0.2 / 3600)
    (record_of(task).path / "ledger.parquet").unlink()
    with pytest.raises(DeadlineExceeded, match="ledger of resnet"):
        task.run(ignore)
    assert record_of(task).check() == []


def test_a_job_may_take_far_longer_than_it_is_estimated_to(tmp_path: Path) -> None:
    task = job(tmp_path, small_study())
    assert task._limited(1.0, "it")._seconds == 3600
    assert task._limited(1000.0, "it")._seconds == 20_000
    assert replace(task, hours=2)._limited(1000.0, "it")._seconds == 7200


def test_a_worker_with_other_data_or_code_makes_nothing(tmp_path: Path) -> None:
    task = replace(job(tmp_path, small_study()), identity="resnet-0123456789")
    with pytest.raises(StoreError, match="its data or its code are not those of the process that started the run"):
        task.run(ignore)
    assert not list(tmp_path.glob("models/*"))


def test_a_record_without_weights_is_trained_again_where_something_is_to_be_measured(copied: Campaign) -> None:
    task = copy_of(copied, "resnet")
    before = record_of(task).config["weights"]
    (record_of(task).path / "weights.safetensors").unlink()
    assert steps(task) == []
    (record_of(task).path / "ledger.parquet").unlink()
    (planned,) = (planned for planned in copied.plan() if planned.spec == task.spec)
    assert (planned.status.state, planned.status.reason) == ("stale", "stored without its weights, which ledger need")
    assert "train" in steps(task)
    assert record_of(task).config["weights"] == before


def test_a_record_says_where_it_and_every_table_were_made(records: dict[str, Record]) -> None:
    record = records["adanet"]
    made = [record.config["environment"], *(record.made_by(name)["environment"] for name in (*SHARED, "latency"))]
    for environment in made:
        assert environment["threads"] == 1
        assert environment["packages"]["torch"] in torch.__version__
        assert environment.keys() >= {"host", "processor", "instructions", "python", "gpus", "commit", "created"}
    assert record.config["precision"] == "fp32"
    assert record.config["device"] == "cpu"
    assert record.task == Task(shape=(1, 28, 28), classes=10, mean=(0.1308,), std=(0.3080,))
    assert record.config["baseline"] == {"network": "resnet[tiny]", "macs": 5_537_984, "parameters": 174_970}
