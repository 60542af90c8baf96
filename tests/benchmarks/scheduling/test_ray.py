"""Ray: loopback only, the same bytes as inline, and jobs that survive the death of their worker or of the driver."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.campaign import Campaign
from benchmarks.jobs import Resources, code_of
from benchmarks.scheduling import Event, InlineScheduler, Scheduler
from benchmarks.store import Store
from benchmarks.study import Study
from tests.benchmarks.cases import NOT_MEASURED, ignore, job, kinds, models, small_campaign, small_study

pytestmark = [
    pytest.mark.long,
    # Ray leaves files open when it shuts down
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
]

LONGER = {"epochs": 12}


@pytest.fixture(scope="module")
def ray_scheduler() -> Iterator[Scheduler]:
    """Ray, started once for all tests, with two CPUs."""
    from benchmarks.scheduling.ray import RayScheduler

    scheduler = RayScheduler(cpus=2)
    yield scheduler
    scheduler.close()


def digests(results: Path, study: Study) -> list[str]:
    store = Store(results / study.name)
    found = []
    for spec in models(study):
        record = store.record(spec, code_of(spec))
        assert record is not None
        found.append(str(record.config["weights"]))
    return found


def children() -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process().children(recursive=True)
    return found


def listening(process: psutil.Process) -> list[str]:
    """Addresses that a process answers at."""
    try:
        connections = process.net_connections("tcp")
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
    return [connection.laddr.ip for connection in connections if connection.status == psutil.CONN_LISTEN]


def test_every_socket_of_ray_listens_on_loopback_only(ray_scheduler: Scheduler) -> None:
    found = {process.name(): listening(process) for process in [psutil.Process(), *children()]}
    assert found["raylet"]
    assert found["gcs_server"]
    loopback = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert {name: addresses for name, addresses in found.items() if not loopback.issuperset(addresses)} == {}


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
    heads = [process.cmdline() for process in children() if "dashboard/dashboard.py" in " ".join(process.cmdline())]
    assert all("--disable-frontend" in head or "--minimal" in head for head in heads)
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", 8265), timeout=2):
        pass
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_ray_trains_the_same_bytes_as_the_calling_process(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    study = small_study("resnet", "adanet", evaluation=NOT_MEASURED)
    small_campaign(tmp_path / "ray", study).run(ray_scheduler, ignore)
    small_campaign(tmp_path / "inline", study).run(InlineScheduler(), ignore)
    assert digests(tmp_path / "ray", study) == digests(tmp_path / "inline", study)


def test_a_job_whose_worker_is_killed_ends_with_the_same_weights(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    study = small_study("resnet", recipe=LONGER, evaluation=NOT_MEASURED)
    (spec,) = models(study)
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
    assert digests(tmp_path / "killed", study) == digests(tmp_path / "alone", study)
    epochs = [e.progress.epoch["epoch"] for e in events if e.progress and e.progress.epoch]
    assert kinds(events, "train resnet") == ["started", "retried", "done"]
    assert epochs.count(1) == 1, "it went on from its checkpoint"
    assert spec.recipe.epochs in epochs


def test_a_job_that_fails_is_an_outcome_and_the_others_go_on(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    bad = small_study("resnet", recipe={"lr": 1e30}, evaluation=NOT_MEASURED)
    good = small_study("adanet", evaluation=NOT_MEASURED)
    root = tmp_path / good.name
    outcomes = ray_scheduler.run([job(root, bad), job(root, good)], ignore)
    assert "TrainingDiverged" in outcomes[0].error
    assert outcomes[1].error == ""
    assert len(digests(tmp_path, good)) == 1


def test_a_timing_job_reserves_every_cpu_and_a_training_job_its_own(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    from benchmarks.scheduling.ray import _reservation

    training = job(tmp_path, small_study())
    timing = replace(training, kind="time", resources=Resources(cpus=1, alone=True))
    assert _reservation(training).required_resources == {"CPU": 1}
    assert _reservation(timing).required_resources == {"CPU": 2}


def test_a_job_on_a_gpu_reserves_its_part(ray_scheduler: Scheduler, tmp_path: Path) -> None:
    from benchmarks.scheduling.ray import _reservation

    training = replace(job(tmp_path, small_study()), resources=Resources(cpus=1, gpus=0.25))
    assert _reservation(training).required_resources == {"CPU": 1, "GPU": 0.25}


def test_timing_jobs_do_not_run_at_the_same_time(ray_scheduler: Scheduler, copied: Campaign) -> None:
    for record in copied.store.records():
        (record.path / "latency.parquet").unlink()
    events: list[Event] = []
    copied.run(ray_scheduler, events.append)
    turns = [(event.job, event.kind) for event in events if event.kind != "progress"]
    assert [kind for _, kind in turns] == ["started", "done"] * 3
    assert all(one == other for (one, _), (other, _) in zip(turns[::2], turns[1::2], strict=True))


def command(results: Path, *extra: str) -> list[str]:
    options = ["--methods", "resnet", "--dataset", "mnist5k[train=512, test=100]", "--epochs", "12", "--name", "small"]
    paths = ["--results", str(results), "--reports", str(results / "reports")]
    return [sys.executable, "-W", "ignore", "-m", "benchmarks.run", *options, *paths, *extra]


@pytest.mark.parametrize("scheduler", ["ray", "inline"])
def test_a_run_killed_as_a_whole_resumes(scheduler: str, tmp_path: Path) -> None:
    extra = ["--scheduler", scheduler]
    alone = subprocess.run(command(tmp_path / "alone", *extra), capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stderr

    started = subprocess.Popen(command(tmp_path / "killed", *extra), stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    for line in started.stdout:
        if "epoch 3/12" in line:
            break
    workers = psutil.Process(started.pid).children(recursive=True)
    started.kill()
    started.wait()
    started.stdout.close()
    _, left = psutil.wait_procs(workers, timeout=10)
    for process in left:  # Ray's agents take a minute to notice that they are alone
        process.kill()
    assert list((tmp_path / "killed").glob("small/models/.*.partial/checkpoint.pt"))

    again = subprocess.run(command(tmp_path / "killed", *extra), capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "epoch 1/12" not in again.stdout
    weights = [
        sorted(r.config["weights"] for r in Store(tmp_path / n / "small").records()) for n in ("alone", "killed")
    ]
    assert weights[0] == weights[1]


def test_running_again_retrains_nothing(tmp_path: Path) -> None:
    for expected in ("epoch 12/12", "trained and measured already"):
        done = subprocess.run(command(tmp_path, "--scheduler", "inline"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout
    assert "epoch" not in done.stdout
