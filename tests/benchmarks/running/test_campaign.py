"""A study from its plan to its records."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.cli.comparison import comparison
from benchmarks.measuring import TrainedNetwork, registry
from benchmarks.records import identity, versions
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.derived import derived, is_derived
from benchmarks.records.record import Record
from benchmarks.records.store import Status
from benchmarks.running.campaign import Campaign, RunOptions, shown_records
from benchmarks.running.jobs import Job
from benchmarks.running.scheduling import Event, InlineScheduler, Outcome
from benchmarks.running.workload import whole_plan
from benchmarks.study.study import ModelSpec, StudyError
from tests.benchmarks.cases import METHODS, NOT_MEASURED, digests, ignore, small_campaign, small_study
from tests.imports import ROOT
from zoo.registry import METHODS as REGISTERED

QUICK: dict[str, Any] = {"recipe": {"epochs": 1}, "evaluation": NOT_MEASURED}
"""Trains for an epoch and measures accuracy alone."""


class Recorder:
    """A scheduler that runs nothing and remembers what it was asked to run."""

    def __init__(self, *failing: str) -> None:
        self.calls: list[list[Job]] = []
        self.failing = failing

    def run(self, jobs: Sequence[Job], on_event: Callable[[Event], None]) -> list[Outcome]:
        self.calls.append(list(jobs))
        return [Outcome(job=job.name, error="an error" if job.name in self.failing else "") for job in jobs]

    def close(self) -> None:
        raise AssertionError("whoever made a scheduler closes it")

    @property
    def names(self) -> list[list[str]]:
        return [[job.name for job in call] for call in self.calls]


def run(campaign: Campaign) -> list[str]:
    """Run a campaign inline; the jobs that it took."""
    return [outcome.job for outcome in campaign.run(InlineScheduler(), ignore)]


def states(campaign: Campaign) -> dict[str, str]:
    return {planned.spec.label: planned.status.state for planned in campaign.plan()}


def weights_written(campaign: Campaign) -> dict[str, int]:
    """When the weights of each model were written, in nanoseconds."""
    return {r.spec.label: (r.path / "weights.safetensors").stat().st_mtime_ns for r in campaign.store.records()}


def break_adanet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the ledger's evaluator fail for one network."""
    working = registry.EVALUATORS["ledger"]

    def fail(trained: TrainedNetwork, options: None) -> pd.DataFrame:
        if type(trained.net).__name__ == "AdaNet":
            raise ZeroDivisionError("this network alone")
        return working.run(trained, options)

    monkeypatch.setitem(registry.EVALUATORS.declared, "ledger", replace(working, run=fail))


def test_everything_of_a_new_study_is_missing(tmp_path: Path) -> None:
    campaign = small_campaign(tmp_path, small_study("resnet", "adanet"))
    assert states(campaign) == {"resnet": "missing", "adanet": "missing"}
    for planned in campaign.plan():
        assert planned.evaluators == (
            "accuracy",
            "cost",
            "fidelity",
            "ledger",
            "robustness",
            "slowdown",
            "trust",
            "wiring",
            "exits",
            "image_properties",
            "inside",
            "lesions",
            "decisions",
            "scale",
        )
        assert planned.alone == ("latency", "energy", "attacked_latency")
        assert not planned.complete


def test_nothing_of_a_finished_study_is_missing(trained: Campaign) -> None:
    assert all(planned.complete for planned in trained.plan())
    assert trained.jobs(trained.plan()) == []


def test_making_a_plan_writes_nothing(tmp_path: Path) -> None:
    small_campaign(tmp_path, small_study()).plan()
    assert list(tmp_path.iterdir()) == []


def test_a_finished_study_that_is_run_again_trains_and_measures_nothing(copied: Campaign) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.store.root.glob("models/**/*")}
    assert run(copied) == []
    assert {path: path.stat().st_mtime_ns for path in copied.store.root.glob("models/**/*")} == before


def test_a_study_trained_again_elsewhere_has_the_same_weights(trained: Campaign, tmp_path: Path) -> None:
    again = small_campaign(tmp_path, small_study("branchynet", evaluation=NOT_MEASURED))
    run(again)
    assert digests(again.store)["branchynet"] == digests(trained.store)["branchynet"]


def test_all_training_comes_before_all_timing(tmp_path: Path) -> None:
    scheduler = Recorder()
    small_campaign(tmp_path, small_study("resnet", "adanet")).run(scheduler, ignore)
    assert scheduler.names == [["train resnet", "train adanet"], ["time resnet", "time adanet"]]


def test_what_failed_to_train_is_not_timed(tmp_path: Path) -> None:
    scheduler = Recorder("train resnet")
    small_campaign(tmp_path, small_study("resnet", "adanet")).run(scheduler, ignore)
    assert scheduler.names[1] == ["time adanet"]


def test_timing_jobs_need_the_machine_alone_and_training_jobs_do_not(tmp_path: Path) -> None:
    scheduler = Recorder()
    small_campaign(tmp_path, small_study()).run(scheduler, ignore)
    ((training,), (timing,)) = scheduler.calls
    assert (training.resources.alone, timing.resources.alone) == (False, True)


def test_a_training_job_takes_its_share_of_a_gpu_and_a_timing_job_a_whole_one(tmp_path: Path) -> None:
    scheduler = Recorder()
    options = RunOptions(results=tmp_path, cpus_per_job=2, gpus_per_job=0.25)
    Campaign(small_study(), options).run(scheduler, ignore)
    ((training,), (timing,)) = scheduler.calls
    assert (training.resources.cpus, training.resources.gpus, timing.resources.gpus) == (2, 0.25, 1)


def test_on_a_cpu_no_job_takes_a_gpu(tmp_path: Path) -> None:
    scheduler = Recorder()
    small_campaign(tmp_path, small_study()).run(scheduler, ignore)
    assert {job.resources.gpus for call in scheduler.calls for job in call} == {0}


def test_jobs_work_wherever_they_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scheduler = Recorder()
    Campaign(small_study(), RunOptions(results=Path("results"), data_root=Path("data"))).run(scheduler, ignore)
    job = scheduler.calls[0][0]
    assert job.root == tmp_path / "results" / "small"
    assert job.data_root == tmp_path / "data"


def test_the_jobs_announced_are_the_jobs_run(tmp_path: Path) -> None:
    campaign, scheduler = small_campaign(tmp_path, small_study("resnet", "adanet")), Recorder()
    announced = campaign.jobs(campaign.plan())
    campaign.run(scheduler, ignore)
    assert [name for call in scheduler.names for name in call] == announced


def test_a_study_without_timing_and_energy_has_no_timing_jobs(tmp_path: Path) -> None:
    campaign = small_campaign(
        tmp_path, small_study(evaluation={"latency": None, "energy": None, "attacked_latency": None})
    )
    assert campaign.jobs(campaign.plan()) == ["train resnet"]


def test_other_options_measure_again_and_do_not_train(copied: Campaign) -> None:
    before = weights_written(copied)
    study = small_study(*METHODS, evaluation={"cost": {"batch_size": 10}})
    other = small_campaign(copied.options.results, study)
    assert {planned.evaluators for planned in other.plan()} == {("cost",)}
    assert run(other) == ["train resnet", "train adanet", "train branchynet"]
    assert weights_written(other) == before
    assert all(planned.complete for planned in other.plan())


def test_other_code_of_an_evaluator_measures_again_and_does_not_train(
    copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests(copied.store), weights_written(copied)

    def changed(modules: list[str]) -> dict[str, str]:
        return code_hashes(modules) | ({"new.py": "code"} if "benchmarks.measuring.ledger" in modules else {})

    monkeypatch.setattr(versions, "code_hashes", changed)
    assert {planned.evaluators for planned in copied.plan()} == {("ledger",)}
    run(copied)
    assert (digests(copied.store), weights_written(copied)) == before
    assert all(planned.complete for planned in copied.plan())


def test_other_code_of_a_network_is_stale_and_trained_again_beside_the_old_record(
    copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(modules: tuple[str, ...]) -> dict[str, str]:
        return code_hashes(modules) | {"zoo/methods/resnet.py": "changed"}

    monkeypatch.setattr(identity, "code_hashes", changed)
    campaign = small_campaign(copied.options.results, small_study(evaluation=NOT_MEASURED))
    (planned,) = campaign.plan()
    assert (planned.status.state, planned.status.reason) == ("stale", "code changed since: zoo/methods/resnet.py")
    run(campaign)
    assert states(campaign) == {"resnet": "done"}
    assert [record.spec.method for record in campaign.store.records()].count("resnet") == 2


def test_a_failing_job_is_recorded_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = small_campaign(tmp_path, small_study(*METHODS, recipe={"epochs": 2}, evaluation=NOT_MEASURED))
    break_adanet(monkeypatch)
    outcomes = campaign.run(InlineScheduler(), ignore)
    assert {outcome.job: outcome.error for outcome in outcomes} == {
        "train resnet": "",
        "train adanet": "ZeroDivisionError: this network alone",
        "train branchynet": "",
    }
    (failure,) = campaign.store.failures()
    assert failure["error"] == "ZeroDivisionError: this network alone"
    assert "Traceback (most recent call last):" in failure["traceback"]
    assert set(digests(campaign.store)) == set(METHODS)


def test_the_next_run_retries_only_what_failed_and_does_not_train_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = small_campaign(tmp_path, small_study("resnet", "adanet", **QUICK))
    with monkeypatch.context() as patch:
        break_adanet(patch)
        run(campaign)
    before = weights_written(campaign)
    assert run(campaign) == ["train adanet"]
    assert weights_written(campaign) == before
    assert campaign.store.failures() == []
    assert all(planned.complete for planned in campaign.plan())


def test_discarding_makes_everything_again(copied: Campaign) -> None:
    copied.discard()
    assert set(states(copied).values()) == {"missing"}
    assert copied.store.records() == []


def test_discarding_leaves_other_studies_models(copied: Campaign) -> None:
    small_campaign(copied.options.results, small_study("adanet")).discard()
    assert states(copied) == {"resnet": "done", "adanet": "missing", "branchynet": "done"}


def test_a_run_stores_what_was_compared_and_where(trained: Campaign) -> None:
    assert trained.store.read_study() == trained.study
    assert trained.store.environment()["packages"].keys() >= {"torch", "ray", "foolbox"}


def test_a_run_writes_the_summary(trained: Campaign) -> None:
    table = pd.read_parquet(trained.store.root / "summary.parquet")
    assert set(table["model"]) == set(METHODS)


def test_parameters_that_do_not_fit_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"adanet\[target_rate=1.5\]: target_rate must lie between 0 and 1"):
        small_campaign(tmp_path, small_study("resnet", "adanet[target_rate=1.5]"))


def test_parameters_of_the_wrong_kind_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^resnet\[blocks=3\]: "):
        small_campaign(tmp_path, small_study("resnet[blocks=3]"))


def test_a_network_that_does_not_fit_the_images_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"branchynet\[b-alexnet\]: .* \(3, 32, 32\), not \(1, 28, 28\)"):
        small_campaign(tmp_path, small_study("branchynet[b-alexnet]"))


def test_fewer_epochs_than_phases_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"recipe.epochs: branchynet needs at least 2, one per training phase"):
        small_campaign(tmp_path, small_study("branchynet", recipe={"epochs": 1}))


def test_what_is_done_takes_no_time(trained: Campaign) -> None:
    assert [trained.estimate(planned) for planned in trained.plan()] == [0, 0, 0]


def test_timing_takes_its_seconds_for_every_batch_size(copied: Campaign) -> None:
    study = small_study(evaluation={"latency": {"seconds": 7, "batch_sizes": [1, 2, 4]}})
    campaign = small_campaign(copied.options.results, study)
    (planned,) = campaign.plan()
    assert campaign.estimate(planned) == 21


def test_training_is_timed_once_for_all_seeds_of_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timed = []

    def seconds(spec: ModelSpec, *_: object) -> float:
        timed.append(spec.label)
        return 100.0 * spec.recipe.epochs

    monkeypatch.setattr("benchmarks.running.estimate.estimate_training", seconds)
    evaluation = {**NOT_MEASURED, "latency": {"seconds": 7, "batch_sizes": [1]}}
    study = small_study("resnet", "branchynet", repetitions=3, evaluation=evaluation)
    campaign = small_campaign(tmp_path, study)
    training = 100 * study.recipe.epochs
    assert [campaign.estimate(planned) for planned in campaign.plan()] == 2 * [training + 7, training, training]
    assert timed == ["resnet", "branchynet"]


def test_energy_takes_its_seconds_for_every_configuration_and_turn_on_a_gpu_alone(
    copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small_study("adanet", evaluation={"energy": {"seconds": 2, "repetitions": 3, "batch_sizes": [1, 8]}})
    (record,) = (r for r in copied.store.records() if r.spec.method == "adanet")
    seconds = {}
    for device in ("cpu", "cuda"):
        campaign = Campaign(study, RunOptions(results=copied.options.results, device=device))
        planned = replace(campaign.plan()[0], alone=("energy",), status=Status("done"))
        monkeypatch.setattr(campaign.store, "record", lambda identity: record)
        seconds[device] = campaign.estimate(planned)
    # an idle GPU, the static network and everything computed take their turns too, each settles for a quarter second
    assert seconds == {"cpu": 0, "cuda": 2.25 * 3 * 2 * (3 + len(record.settings))}


def test_the_data_sets_scale_is_used(tmp_path: Path) -> None:
    assert {spec.preset for spec in small_campaign(tmp_path, small_study(*METHODS)).specs} == {"tiny"}


def test_shown_records_are_in_the_order_of_the_study(trained: Campaign) -> None:
    assert tuple(shown_records(trained.store, trained.study)) == METHODS


def test_what_a_study_asks_for_is_what_belongs_to_it(tmp_path: Path) -> None:
    for methods in (("adanet",), ("resnet",)):
        run(small_campaign(tmp_path, small_study(*methods, **QUICK)))
    store = small_campaign(tmp_path, small_study("resnet", **QUICK)).store
    assert set(shown_records(store, store.read_study())) == {"resnet"}
    assert set(pd.read_parquet(store.root / "summary.parquet")["model"]) == {"resnet"}
    assert run(small_campaign(tmp_path, small_study("adanet", "resnet", **QUICK))) == []
    assert set(shown_records(store, store.read_study())) == {"adanet", "resnet"}


@pytest.fixture
def without_branchynet(copied: Campaign, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Trained networks of a study of all methods, one of which is a plug-in's that is not here any more."""
    for name in set(REGISTERED.names()) - {"resnet", "adanet"}:
        monkeypatch.delitem(REGISTERED.declared, name)
    return small_campaign(copied.options.results, copied.study.model_copy(update={"methods": ("resnet", "adanet")}))


def test_networks_of_a_plug_in_that_is_gone_stay_in_the_summary_and_in_the_terminals_table(
    without_branchynet: Campaign,
) -> None:
    before = pd.read_parquet(without_branchynet.store.root / "summary.parquet")
    assert run(without_branchynet) == []
    assert without_branchynet.kept() == ["branchynet"]
    after = pd.read_parquet(without_branchynet.store.root / "summary.parquet")
    pd.testing.assert_frame_equal(after, before)
    assert [row[0] for row in comparison(without_branchynet.store).rows] == ["resnet", "adanet", "branchynet"]


def test_columns_of_an_evaluator_that_is_gone_stay_in_the_summary(
    copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = {record.path for record in copied.store.records() if record.spec.method == "adanet"}
    before = derived(Record(path), "summary")
    monkeypatch.delitem(registry.EVALUATORS.declared, "robustness")
    assert is_derived(Record(path))
    pd.testing.assert_frame_equal(derived(Record(path), "summary"), before)
    Record(path).write_table("cost", Record(path).table("cost").assign(executed=1.0), {})
    assert not is_derived(Record(path))
    assert (derived(Record(path), "summary")["executed"] == 1).all()


def test_a_run_with_another_seed_does_not_show_in_the_first_ones_summary(tmp_path: Path) -> None:
    for seed in (0, 7, 0):
        run(small_campaign(tmp_path, small_study("resnet", seed=seed, **QUICK)))
    store = small_campaign(tmp_path, small_study("resnet", **QUICK)).store
    (shown,) = shown_records(store, store.read_study()).values()
    assert shown.spec == small_campaign(tmp_path, small_study("resnet", **QUICK)).specs[0]


def test_the_static_curve_is_trained_and_stored_with_the_study(tmp_path: Path) -> None:
    """At a quarter of the MACs by width; by depth there is nothing below one block a stage."""
    campaign = small_campaign(tmp_path, small_study("adanet", static_curve=[0.25, 1.0], **QUICK))
    labels = ["adanet", "resnet[widths=[8, 16, 32]]", "resnet[blocks=[1, 1, 1]]", "resnet"]
    assert [planned.spec.label for planned in campaign.plan()] == labels
    assert {planned.baseline for planned in campaign.plan()} == {"resnet[tiny]"}
    campaign.run(Recorder(), ignore)
    again = small_campaign(tmp_path, campaign.store.read_study())
    assert [planned.spec.label for planned in again.plan()] == labels


def test_only_the_first_seeds_are_timed(tmp_path: Path) -> None:
    study = small_study("resnet", repetitions=3)
    alone = [planned.alone for planned in small_campaign(tmp_path, study).plan()]
    assert alone == [("latency", "energy", "attacked_latency"), (), ()]
    twice = study.model_copy(update={"timed_repetitions": 2})
    assert [bool(planned.alone) for planned in small_campaign(tmp_path, twice).plan()] == [True, True, False]


def test_only_the_first_seed_has_the_answers_of_every_exit(tmp_path: Path) -> None:
    """Of 10,000 images they are a megabyte, and a page shows one seed's."""
    campaign = small_campaign(tmp_path, small_study("branchynet", repetitions=2))
    first, second = campaign.plan()
    assert set(first.evaluators) - set(second.evaluators) == {"exits"}
    shared = [network.shared for network in whole_plan(campaign, [first, second]).networks]
    assert set(shared[0]) - set(shared[1]) == {"exits"}


def test_only_the_first_seeds_attacked_images_are_kept_as_pictures(tmp_path: Path) -> None:
    campaign, scheduler = small_campaign(tmp_path, small_study("resnet", repetitions=2)), Recorder()
    campaign.run(scheduler, ignore)
    assert [job.pictures for job in scheduler.calls[0]] == [True, False]


def test_a_study_of_images_that_may_not_be_passed_on_keeps_none_and_lacks_nothing(copied: Campaign) -> None:
    pictures = sorted(path.name for path in copied.store.root.glob("models/*/*_pictures.parquet"))
    assert pictures == ["robustness_pictures.parquet"] * len(METHODS) + ["slowdown_pictures.parquet"] * len(METHODS)
    secret = Campaign(copied.study, replace(copied.options, images=False))
    assert all(planned.complete for planned in secret.plan())
    assert run(secret) == []
    assert not [*copied.store.root.glob("**/*_pictures.*"), *copied.store.root.glob("images.*")]
    assert [record.check() for record in secret.store.records()] == [[]] * len(METHODS)
    assert all(planned.complete for planned in secret.plan())


def test_pictures_that_are_wanted_again_are_made_with_the_tables_of_the_attacks(copied: Campaign) -> None:
    copied.store.remove_pictures()
    assert {planned.evaluators for planned in copied.plan()} == {("robustness", "slowdown")}
    before = {record.spec.method: record.manifest["files"]["robustness.parquet"] for record in copied.store.records()}
    assert len(run(copied)) == len(METHODS)
    assert all(planned.complete for planned in copied.plan())
    for record in copied.store.records():
        assert record.manifest["files"]["robustness.parquet"] == before[record.spec.method]
        assert record.has("robustness_pictures")


def test_checking_networks_does_not_import_the_compiler(tmp_path: Path) -> None:
    """Filling weights on the meta device would: seconds in which a run has not started."""
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.benchmarks.cases import METHODS, small_campaign, small_study\n"
        f"small_campaign(Path({str(tmp_path)!r}), small_study(*METHODS)).plan()\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
