"""Networks that several processes train: whose they are, what their records depend on, and their jobs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.cli import values
from benchmarks.cli.options import SchedulerName
from benchmarks.cli.values import check_processes, override
from benchmarks.running.planned import job_name, stages
from benchmarks.running.workload import workload
from benchmarks.study.study import ModelSpec, Study, StudyError, checked
from benchmarks.tuning.space import candidate
from tests.benchmarks.cases import NOT_MEASURED, identity_of, models, small_campaign, small_study

LARGE = {"name": "adanet", "processes": 2}


def study(*methods: Any, **fields: Any) -> Study:
    return checked(Study, {"methods": list(methods), **fields}, "my.yaml")


def processes(whole: Study) -> dict[str, int]:
    """By label."""
    return {spec.label: spec.processes for spec in whole.models("tiny")}


def test_a_study_gives_processes_to_all_networks_or_to_some() -> None:
    assert processes(study("resnet", "adanet", processes=4)) == {"resnet": 4, "adanet": 4}
    assert processes(study("resnet", LARGE)) == {"resnet": 1, "adanet": 2}
    assert processes(study("resnet", {"name": "resnet", "processes": 1}, LARGE, processes=4)) == {
        "resnet": 1,
        "adanet": 2,
    }


def test_an_entry_of_processes_leaves_the_recipe_alone() -> None:
    whole = study("resnet", LARGE, {"name": "adanet", "recipe": {"lr": 0.2}})
    assert processes(whole)["adanet"] == 2
    assert {spec.label: spec.recipe.lr for spec in whole.models("tiny")} == {"resnet": 0.1, "adanet": 0.2}


def test_a_choice_of_methods_keeps_their_processes() -> None:
    chosen = override(study("resnet", LARGE), {"methods": ["adanet", "highway"]}, None)
    assert processes(chosen) == {"adanet": 2, "highway": 1}


def test_one_process_is_not_written_down() -> None:
    """So that files and hashes of records from before are what they were."""
    whole = study("resnet", {"name": "adanet", "recipe": {"lr": 0.2}})
    (spec, *_) = whole.models("tiny")
    assert "processes" not in spec.model_dump(mode="json")
    assert "processes" not in str(whole.model_dump(mode="json"))
    assert whole == study("resnet", {"name": "adanet", "recipe": {"lr": 0.2}}, processes=1)


def test_several_are_another_network() -> None:
    one, two, four = (study("resnet", processes=count).models("tiny")[0] for count in (1, 2, 4))
    assert len({one.key, two.key, four.key}) == 3
    assert one.seed == two.seed, "but one that begins with the same weights"
    assert ModelSpec.model_validate(two.model_dump(mode="json")) == two


def test_a_record_depends_on_the_code_that_shares_out_and_on_its_own_methods_part_of_it() -> None:
    alone, resnet, adanet = (
        set(identity_of(models(small_study(method, processes=count))[0]).code)
        for method, count in (("resnet", 1), ("resnet", 2), ("adanet", 2))
    )
    distributed = "benchmarks/training/distributed"
    assert {name for name in alone if name.startswith(distributed)} == set()
    assert {f"{distributed}/{name}.py" for name in ("fitting", "gradients", "norms", "draws", "batches")} < resnet
    assert {name for name in resnet if name.startswith(f"{distributed}/methods")} == set()
    own = {name for name in adanet if name.startswith(f"{distributed}/methods")}
    assert own == {f"{distributed}/methods/adanet.py"}


def test_trials_train_in_one_process() -> None:
    (spec,) = study(LARGE).models("tiny")
    assert [candidate(spec, number).processes for number in (0, 1)] == [1, 1]


def test_they_are_trained_first_and_measured_with_the_others(tmp_path: Path) -> None:
    evaluation = NOT_MEASURED | {"latency": {}}
    campaign = small_campaign(tmp_path, small_study(methods=["resnet", LARGE], evaluation=evaluation))
    plan = campaign.plan()
    named = [[job_name(kind, spec) for kind, spec in stage] for stage in stages(plan)]
    assert named == [["train adanet"], ["train resnet", "measure adanet"], ["time resnet", "time adanet"]]
    jobs = campaign.jobs(plan)
    assert jobs == [name for stage in named for name in stage]
    work = {one.job: one for one in workload(campaign, plan)}
    assert list(work) == jobs
    assert [work[name].epochs for name in jobs] == [3, 3, 0, 0, 0]
    assert "accuracy" in work["measure adanet"].steps
    assert "accuracy" not in work["train adanet"].steps


@pytest.mark.parametrize(
    ("scheduler", "elsewhere", "expected"),
    [
        (SchedulerName.inline, False, "processes: 4 processes train a network under Ray only"),
        (SchedulerName.ray, False, "processes: 4 processes need 8 CPUs, and this machine has 6"),
        (SchedulerName.ray, True, ""),
    ],
)
def test_processes_that_would_never_start_are_refused(
    scheduler: SchedulerName, elsewhere: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "usable_cpus", lambda: 6)
    options = SimpleNamespace(cpus_per_job=2.0, device="cpu")
    campaign: Any = SimpleNamespace(specs=study("resnet", processes=4).models("tiny"), options=options)
    if not expected:
        check_processes(campaign, scheduler, elsewhere=elsewhere)
        return
    with pytest.raises(StudyError) as raised:
        check_processes(campaign, scheduler, elsewhere=elsewhere)
    assert str(raised.value).startswith(expected)
