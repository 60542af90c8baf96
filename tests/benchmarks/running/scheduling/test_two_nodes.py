"""A cluster of two machines: one of them times, and parts of its GPU grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.records.store import Store
from benchmarks.running.events import Event, Report
from benchmarks.running.growing import run_growing
from benchmarks.running.jobs import Job
from benchmarks.running.planned import Resources
from benchmarks.running.scheduling import SchedulerError
from tests.benchmarks.cases import NOT_MEASURED, ignore, job, kinds, small_study
from tests.benchmarks.running.scheduling.marks import RAY
from tests.benchmarks.running.test_gpu_share import starved

pytestmark = RAY


@dataclass(frozen=True, kw_only=True)
class Where(Job):
    """Writes down the machine on which it runs."""

    def run(self, report: Report) -> None:
        """One file per job."""
        import ray

        (self.root / self.name).write_text(ray.get_runtime_context().get_node_id())


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, str]]:
    """The address of a cluster, and the machines' identifiers: one with most CPUs, and one with a label and a GPU."""
    from ray.cluster_utils import Cluster

    two = Cluster(initialize_head=True, head_node_args={"num_cpus": 4, "include_dashboard": False})
    other = two.add_node(num_cpus=2, num_gpus=1, labels={"kind": "timing"})
    yield {"address": two.address, "large": two.head_node.node_id, "labelled": other.node_id}
    two.shutdown()


def places(root: Path, address: str, time_on: str | None) -> set[str]:
    """The machines on which three jobs ran that need a machine alone."""
    from benchmarks.running.scheduling.ray import RayScheduler

    usual = job(root, small_study("resnet", evaluation=NOT_MEASURED), "time")
    fields = {name: getattr(usual, name) for name in usual.__dataclass_fields__}
    specs = [usual.spec.model_copy(update={"repetition": repetition}) for repetition in range(3)]
    jobs = [Where(**{**fields, "spec": spec, "resources": Resources(alone=True)}) for spec in specs]
    scheduler = RayScheduler(address, time_on=time_on)
    try:
        outcomes = scheduler.run(jobs, ignore)
    finally:
        scheduler.close()
    assert [outcome.error for outcome in outcomes] == ["", "", ""]
    return {(root / each.name).read_text() for each in jobs}


@pytest.mark.parametrize(("time_on", "expected"), [(None, "large"), ("kind=timing", "labelled")])
def test_all_timing_is_on_one_machine(
    time_on: str | None, expected: str, cluster: dict[str, str], tmp_path: Path
) -> None:
    assert places(tmp_path, cluster["address"], time_on) == {cluster[expected]}


def test_a_machine_that_the_cluster_has_not_is_said_when_it_is_joined(cluster: dict[str, str]) -> None:
    from benchmarks.running.scheduling.ray import RayScheduler

    with pytest.raises(SchedulerError, match=r"^--time-on kind=fast: no machine .* kind=timing$"):
        RayScheduler(cluster["address"], time_on="kind=fast")


def test_a_job_short_of_memory_gets_more_of_the_gpu(cluster: dict[str, str], tmp_path: Path) -> None:
    from benchmarks.running.scheduling.ray import RayScheduler

    jobs = [starved(tmp_path, needs=0.5), starved(tmp_path, needs=2.0)]
    jobs[1] = replace(jobs[1], spec=jobs[1].spec.model_copy(update={"repetition": 1}))
    events: list[Event] = []
    scheduler = RayScheduler(cluster["address"])
    try:
        outcomes = {outcome.job: outcome.error for outcome in run_growing(jobs, scheduler, events.append)}
    finally:
        scheduler.close()
    assert outcomes["train resnet"] == ""
    expected = "OutOfGpuMemory: tried with 0.25 of a GPU and 0.5 of a GPU and a whole GPU: CUDA out of memory"
    assert outcomes["train resnet #2"] == expected
    assert kinds(events, "train resnet") == ["started", "retried", "started", "done"]
    assert [failure["spec"]["repetition"] for failure in Store(tmp_path).failures()] == [1]
