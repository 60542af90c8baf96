"""Parts of a GPU: how large they are, that a job keeps to its own, and that one that was too small is doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from benchmarks.cli.values import checked_gpus
from benchmarks.data import Dataset
from benchmarks.records.store import Store
from benchmarks.running import campaign as campaigns
from benchmarks.running import gpu_share
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.events import Event, Report
from benchmarks.running.gpu_share import OutOfGpuMemory, held_to, share_of
from benchmarks.running.growing import run_growing
from benchmarks.running.jobs import Job
from benchmarks.running.planned import Resources
from benchmarks.running.scheduling import InlineScheduler
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import NOT_MEASURED, job, kinds, small_study

GIB = 2**30
CUDA = torch.device("cuda")


@pytest.mark.parametrize(
    ("needed", "total", "share"),
    [
        (2.4 * GIB, 24 * GIB, 1 / 6),  # 1.25 * 2.4 + 1 = 4 GiB, six times
        (8 * GIB, 24 * GIB, 1 / 2),  # 11 GiB
        (12 * GIB, 24 * GIB, 1.0),  # 16 GiB
        (100 * GIB, 24 * GIB, 1.0),
        (0, 80 * GIB, 1 / 8),  # no more than eight
    ],
)
def test_a_share_has_room_for_what_was_measured(needed: float, total: float, share: float) -> None:
    assert share_of(needed, total) == pytest.approx(share)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What CUDA is told, on a GPU of 16 GiB."""
    told: list[float] = []
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=16 * GIB))
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", lambda share, device: told.append(share))
    return told


def test_a_job_is_held_to_its_part_less_what_cuda_itself_needs(limits: list[float]) -> None:
    with held_to(0.25, CUDA):
        assert limits == [0.25 - 1 / 16]
    assert limits[1:] == [1.0]


@pytest.mark.parametrize(("share", "device"), [(1.0, CUDA), (0.0, CUDA), (0.25, torch.device("cpu"))])
def test_a_whole_gpu_and_a_cpu_are_not_limited(share: float, device: torch.device, limits: list[float]) -> None:
    with held_to(share, device):
        assert limits == []


def test_the_steps_of_training_are_measured(
    monkeypatch: pytest.MonkeyPatch, limits: list[float], few_digits: Dataset
) -> None:
    (spec,) = small_study("resnet").models()
    for name, answer in (("empty_cache", None), ("reset_peak_memory_stats", None), ("max_memory_reserved", 2 * GIB)):
        monkeypatch.setattr(torch.cuda, name, lambda *device, answer=answer: answer)
    monkeypatch.setattr(gpu_share, "estimate_training", lambda *arguments: 1.0)
    assert gpu_share.measured_share(spec, few_digits, CUDA) == 1 / 4  # 3.5 GiB of 16

    def too_large(*arguments: object) -> float:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(gpu_share, "estimate_training", too_large)
    assert gpu_share.measured_share(spec, few_digits, CUDA) == 1.0


@dataclass(frozen=True, kw_only=True)
class Starved(Job):
    """A job that needs a part of a GPU; its failures are stored as any job's."""

    needs: float = 0.5

    def run(self, report: Report) -> None:
        """Run out of memory with less than it needs."""
        with self.stored_failure(Store(self.root)):
            if self.resources.gpus < self.needs:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has ...")


def starved(root: Path, needs: float, share: float = 0.25) -> Starved:
    usual = job(root, small_study("resnet", evaluation=NOT_MEASURED))
    fields = {name: getattr(usual, name) for name in usual.__dataclass_fields__}
    return Starved(**{**fields, "resources": Resources(gpus=share)}, needs=needs)


def run(jobs: Sequence[Job]) -> tuple[list[Event], str]:
    """Events, and the error of the only job."""
    events: list[Event] = []
    (outcome,) = run_growing(jobs, InlineScheduler(), events.append)
    return events, outcome.error


def test_a_job_short_of_memory_is_tried_again_with_twice_the_part(tmp_path: Path) -> None:
    events, error = run([starved(tmp_path, needs=1.0)])
    assert error == ""
    assert kinds(events, "train resnet") == ["started", "retried", "started", "retried", "started", "done"]
    assert [event.error for event in events if event.kind == "retried"] == [
        "out of memory with 0.25 of a GPU, now with 0.5 of a GPU",
        "out of memory with 0.5 of a GPU, now with a whole GPU",
    ]
    assert Store(tmp_path).failures() == []


def test_a_job_for_which_a_whole_gpu_is_too_small_is_reported_with_what_was_tried(tmp_path: Path) -> None:
    events, error = run([starved(tmp_path, needs=2.0, share=0.4)])
    tried = "tried with 0.4 of a GPU and 0.8 of a GPU and a whole GPU: CUDA out of memory"
    assert error == f"OutOfGpuMemory: {tried}"
    assert kinds(events, "train resnet")[-2:] == ["started", "failed"]
    (failure,) = Store(tmp_path).failures()
    assert failure["error"] == error
    assert "torch.OutOfMemoryError" in failure["traceback"]


def test_on_a_cpu_memory_is_no_matter_of_parts(tmp_path: Path) -> None:
    with pytest.raises(OutOfGpuMemory, match=r"^tried with a whole GPU: "):
        starved(tmp_path, needs=2.0, share=0.0).run(lambda progress: None)


def test_every_network_gets_the_part_that_was_measured_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def measured(spec: object, dataset: object, device: object) -> float:
        asked.append(str(spec.selector))  # type: ignore[attr-defined]
        return 0.2

    study = small_study("resnet", "adanet", repetitions=2, evaluation=NOT_MEASURED)
    campaign = Campaign(study, RunOptions(results=tmp_path))
    campaign.options = replace(campaign.options, gpus_per_job=None)
    monkeypatch.setattr(campaigns, "measured_share", measured)
    assert [campaign.gpu_share(spec) for spec in campaign.specs] == [0.2] * 4
    assert asked == ["resnet[tiny]", "adanet[tiny]"], "seeds need as much as each other"


@pytest.mark.parametrize("text", ["half", "nan", "-1", "0.5"])
def test_a_wrong_part_is_one_line(text: str) -> None:
    with pytest.raises(StudyError, match=r"^--gpus-per-job: "):
        checked_gpus(text, "cpu")


def test_without_a_gpu_nothing_is_measured() -> None:
    assert checked_gpus("auto", "cpu") == 0.0
