"""What jobs have to do, as it is known before they start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.time_left import Work
from benchmarks.running.workload import side_by_side, workload
from tests.benchmarks.cases import NOT_MEASURED, small_campaign, small_study


def work_of(campaign: Campaign) -> list[Work]:
    return workload(campaign, campaign.plan())


def test_jobs_are_those_of_the_campaign_in_their_order(tmp_path: Path) -> None:
    campaign = small_campaign(tmp_path, small_study("resnet", "adanet", repetitions=2))
    found = work_of(campaign)
    assert [one.job for one in found] == campaign.jobs(campaign.plan())
    assert [one.alone for one in found] == [False] * 4 + [True] * 2


def test_a_network_of_half_the_size_has_half_the_effort(tmp_path: Path) -> None:
    narrow = "resnet[widths=[8, 16, 32]]"  # 1.39 of 5.54 million multiply-accumulates
    whole, part = work_of(small_campaign(tmp_path, small_study("resnet", narrow, evaluation=NOT_MEASURED)))
    assert part.size / whole.size == pytest.approx(1.39 / 5.54, rel=0.01)
    assert part.effort / whole.effort == pytest.approx(1.39 / 5.54, rel=0.01)


@pytest.mark.parametrize(("attack", "passes"), [({"steps": 3}, 4), ({"attack": "fgsm"}, 2)])
def test_training_on_attacked_images_takes_the_steps_of_the_attack_besides(
    attack: dict[str, Any], passes: int, tmp_path: Path
) -> None:
    clean, attacked = (
        work_of(small_campaign(tmp_path, small_study(recipe={"adversarial": own}, evaluation=NOT_MEASURED)))[0]
        for own in (None, {"epsilon": 0.1, **attack})
    )
    assert attacked.effort == passes * clean.effort
    assert attacked.size == clean.size


def test_tables_of_time_are_thought_to_take_their_seconds_races_and_three_more(tmp_path: Path) -> None:
    timed = {"latency": {"seconds": 4, "batch_sizes": [1, 2]}, "energy": {}}
    _, alone = work_of(small_campaign(tmp_path, small_study(evaluation=NOT_MEASURED | timed)))
    assert alone.steps == {"latency": 4 * 2 * 1.25 + 3, "energy": 0.0}  # a CPU has no counter of energy


def test_a_trained_network_has_its_missing_tables_left(copied: Campaign) -> None:
    record = next(record for record in copied.store.records() if record.spec.method == "adanet")
    for name in ("robustness", "latency"):
        (record.path / f"{name}.parquet").unlink()
    shared, alone = work_of(copied)
    assert (shared.job, shared.epochs, list(shared.steps)) == ("train adanet", 0, ["robustness"])
    assert (alone.job, alone.epochs, list(alone.steps)) == ("time adanet", 0, ["latency"])


def test_an_untrained_one_trains_and_finds_its_settings_first(tmp_path: Path) -> None:
    (shared,) = work_of(small_campaign(tmp_path, small_study(evaluation=NOT_MEASURED)))
    assert (shared.epochs, list(shared.steps)) == (3, ["settings", "accuracy", "ledger", "wiring", "exits", "inside"])
    assert (shared.steps["settings"], shared.steps["accuracy"]) == (0.0, None)


@pytest.mark.parametrize(
    ("cpus", "gpus", "places"), [(1.0, 0.0, 8), (3.0, 0.0, 2), (16.0, 0.0, 1), (1.0, 0.25, 8), (1.0, 1.0, 2)]
)
def test_jobs_run_side_by_side_as_cpus_and_gpus_allow(
    cpus: float, gpus: float, places: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.running.workload.usable_cpus", lambda: 8)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert side_by_side(RunOptions(results=tmp_path, cpus_per_job=cpus, gpus_per_job=gpus)) == places
