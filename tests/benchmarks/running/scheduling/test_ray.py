"""Ray: loopback only, the same bytes as inline, and jobs that survive the death of their worker or of the driver."""

from __future__ import annotations

import os
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign
from benchmarks.running.planned import Resources
from benchmarks.running.scheduling import Event, InlineScheduler, Scheduler
from tests.benchmarks.cases import NOT_MEASURED, digests, ignore, job, kinds, small_campaign, small_study
from tests.benchmarks.running.scheduling.commands import EPOCHS, FIRST, finish, start
from tests.benchmarks.running.scheduling.marks import RAY

pytestmark = RAY


KEPT = "0 of 1 networks are trained and measured, 1 continues from its checkpoint"


def weights(results: Path) -> dict[str, str]:
    """Digest of every finished network's weights, by label."""
    return digests(Store(results / "small"))


def children() -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process().children(recursive=True)
    return found


def listening(process: psutil.Process) -> list[tuple[str, str]]:
    """Name of a process with each address that it answers at; nothing of one that has ended meanwhile."""
    try:
        connections = process.net_connections("tcp")
        return [(process.name(), c.laddr.ip) for c in connections if c.status == psutil.CONN_LISTEN]
    except psutil.NoSuchProcess:
        return []


def test_every_socket_of_ray_listens_on_loopback_only(ray_scheduler: Scheduler) -> None:
    found = [place for process in [psutil.Process(), *children()] for place in listening(process)]
    assert {"raylet", "gcs_server"} <= {name for name, _ in found}
    assert [(name, ip) for name, ip in found if ip not in ("127.0.0.1", "::1", "::ffff:127.0.0.1")] == []


def test_ray_is_not_reached_from_outside(ray_scheduler: Scheduler) -> None:
    import ray

    address = ray.get_runtime_context().gcs_address
    assert address.startswith("127.0.0.1:")
    outside = {
        a.address for addresses in psutil.net_if_addrs().values() for a in addresses if a.family == socket.AF_INET
    }
    for ip in outside - {"127.0.0.1"}:
        with pytest.raises(OSError), socket.create_connection((ip, int(address.split(":")[1])), timeout=2):
            pass


def test_no_dashboard_and_no_usage_statistics(ray_scheduler: Scheduler) -> None:
    heads = [process for process in children() if "dashboard/dashboard.py" in " ".join(process.cmdline())]
    assert all("--disable-frontend" in head.cmdline() for head in heads)
    assert [place for head in heads for place in listening(head)] == []
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_ray_trains_the_same_bytes_as_the_calling_process(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    study = small_study("resnet", "adanet", evaluation=NOT_MEASURED)
    small_campaign(tmp_path / "ray", study).run(ray_scheduler, ignore)
    small_campaign(tmp_path / "inline", study).run(InlineScheduler(), ignore)
    assert weights(tmp_path / "ray") == weights(tmp_path / "inline") != {}


def test_a_job_whose_worker_is_killed_ends_with_the_same_weights(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    study = small_study("resnet", recipe={"epochs": EPOCHS}, evaluation=NOT_MEASURED)
    killed: list[int] = []
    events: list[Event] = []

    def kill_once(event: Event) -> None:
        events.append(event)
        epoch = event.progress.epoch.get("epoch", 0) if event.progress else 0
        if epoch >= 2 and not killed:
            workers = [p for p in children() if "_trial" in " ".join(p.cmdline()) or "ImplicitFunc" in p.name()]
            killed.extend(p.pid for p in workers)
            for process in workers:
                process.send_signal(signal.SIGKILL)

    outcomes = ray_scheduler.run([job(tmp_path / "killed" / study.name, study)], kill_once)
    small_campaign(tmp_path / "alone", study).run(InlineScheduler(), ignore)
    assert killed
    assert [outcome.error for outcome in outcomes] == [""]
    assert weights(tmp_path / "killed") == weights(tmp_path / "alone") != {}
    epochs = [e.progress.epoch["epoch"] for e in events if e.progress and e.progress.epoch]
    assert kinds(events, "train resnet") == ["started", "retried", "done"]
    assert epochs.count(1) == 1, "it went on from its checkpoint"
    assert 12 in epochs


def test_a_job_that_fails_is_an_outcome_and_the_others_go_on(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    bad = small_study("resnet", recipe={"lr": 1e30}, evaluation=NOT_MEASURED)
    good = small_study("adanet", evaluation=NOT_MEASURED)
    root = tmp_path / good.name
    outcomes = ray_scheduler.run([job(root, bad), job(root, good)], ignore)
    assert "TrainingDiverged" in outcomes[0].error
    assert outcomes[1].error == ""
    assert len(weights(tmp_path)) == 1


def test_a_timing_job_reserves_every_cpu_and_a_training_job_its_own(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    from benchmarks.running.scheduling.ray import _reservation

    training = job(tmp_path, small_study())
    timing = replace(training, kind="time", resources=Resources(cpus=1, alone=True))
    assert _reservation(training).required_resources == {"CPU": 1}
    assert _reservation(timing).required_resources == {"CPU": 2}


def test_a_job_on_a_gpu_reserves_its_part(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    from benchmarks.running.scheduling.ray import _reservation

    training = replace(job(tmp_path, small_study()), resources=Resources(cpus=1, gpus=0.25))
    assert _reservation(training).required_resources == {"CPU": 1, "GPU": 0.25}


def test_a_timing_job_on_a_gpu_reserves_the_cpus_of_a_machine_that_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    from benchmarks.running.scheduling.ray import _reservation

    machines = [
        {"Alive": True, "NodeID": "a", "Resources": {"CPU": 64.0}},
        {"Alive": True, "NodeID": "b", "Resources": {"CPU": 8.0, "GPU": 2.0}},
        {"Alive": False, "NodeID": "c", "Resources": {"CPU": 32.0, "GPU": 8.0}},
    ]
    monkeypatch.setattr(ray, "nodes", lambda: machines)
    resources = Resources(cpus=1, gpus=1, alone=True)
    timing = replace(job(tmp_path, small_study()), kind="time", resources=resources)
    assert _reservation(timing).required_resources == {"CPU": 8, "GPU": 1}


def test_timing_jobs_do_not_run_at_the_same_time(ray_scheduler: Scheduler, copied: Campaign) -> None:
    for record in copied.store.records():
        (record.path / "latency.parquet").unlink()
    events: list[Event] = []
    copied.run(ray_scheduler, events.append)
    turns = [(event.job, event.kind) for event in events if event.kind != "progress"]
    assert [kind for _, kind in turns] == ["started", "done"] * 3
    assert all(one == other for (one, _), (other, _) in zip(turns[::2], turns[1::2], strict=True))


def kill_in_the_third_epoch(results: Path, scheduler: str) -> None:
    """Run the command, kill its process, and wait for those that it started to notice."""
    started = start(results, scheduler)
    workers = psutil.Process(started.pid).children(recursive=True)
    started.kill()
    started.wait()
    started.communicate()
    _, left = psutil.wait_procs(workers, timeout=10)
    for process in left:  # Ray's agents take a minute to notice that they are alone
        process.kill()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the command that nobody killed."""
    results = tmp_path_factory.mktemp("alone")
    assert "epoch 12/12" in finish(results, "inline")
    return results


@pytest.mark.parametrize("scheduler", ["ray", "inline"])
def test_a_run_killed_as_a_whole_resumes(scheduler: str, alone: Path, tmp_path: Path) -> None:
    kill_in_the_third_epoch(tmp_path, scheduler)
    assert weights(tmp_path) == {}
    assert list(tmp_path.glob("small/models/.*.partial/checkpoint.pt"))
    printed = finish(tmp_path, scheduler)
    assert "epoch 1/12" not in printed
    assert "epoch 12/12" in printed
    assert weights(tmp_path) == weights(alone) != {}


@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("scheduler", ["ray", "inline"])
def test_an_interrupt_ends_a_run(scheduler: str, presses: int, tmp_path: Path) -> None:
    started = start(tmp_path, scheduler)
    family = [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]
    for _ in range(presses):
        os.killpg(started.pid, signal.SIGINT)  # a terminal interrupts the whole group
        time.sleep(0.3)
    printed, said = started.communicate(timeout=120)
    assert said == f"{FIRST}Interrupted: {KEPT}; the same command continues.\n"
    assert started.returncode == 130
    assert [process for process in family if process.is_running()] == []
    assert "epoch 12/12" not in printed
    assert "Report: " not in printed
    assert weights(tmp_path) == {}
    assert list(tmp_path.glob("small/models/.*.partial/checkpoint.pt"))


def test_a_background_job_goes_on_ignoring_interrupts(tmp_path: Path) -> None:
    started = start(tmp_path, "inline", sigint="SIG_IGN")
    started.send_signal(signal.SIGINT)
    printed, _ = started.communicate(timeout=120)
    assert started.returncode == 0
    assert "epoch 12/12" in printed
