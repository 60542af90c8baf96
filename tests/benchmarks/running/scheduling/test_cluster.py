"""Joining a cluster that is not there, starting one beside others, and losing one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from benchmarks.running.scheduling.base import SchedulerError
from tests.benchmarks.cases import digests
from tests.benchmarks.running.scheduling.commands import FIRST, command, start

LOST = "error: the Ray cluster was lost; finished work and checkpoints are kept, and the same command continues\n"


@pytest.fixture
def deaf() -> Iterator[str]:
    """Address of a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("nonsense", "must be HOST:PORT, as in 10.0.0.1:6379"),
        ("", "must be HOST:PORT"),
        (":6379", "must be HOST:PORT"),
        ("localhost:99999", "must be HOST:PORT"),
        ("localhost:port", "must be HOST:PORT"),
        ("ray://localhost:10001", "must be HOST:PORT"),
        ("127.0.0.1:1", "Connection refused"),
        ("no-such-host.invalid:6379", "Name or service not known|failure in name resolution|No address"),
    ],
)
def test_a_dead_address_is_one_line_within_seconds(address: str, expected: str) -> None:
    from benchmarks.running.scheduling.ray import RayScheduler

    begun = time.monotonic()
    with pytest.raises(SchedulerError, match=f"^--ray-address {address}: .*({expected}).*leave --ray-address out"):
        RayScheduler(address)
    assert time.monotonic() - begun < 15


def test_a_host_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.running.scheduling import cluster

    with socket.socket() as full:  # a listener whose queue is full drops connections, as a firewall does
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        with pytest.raises(SchedulerError, match="no answer within 1 s"):
            cluster.Cluster(f"127.0.0.1:{full.getsockname()[1]}", cpus=1)
        for client in waiting:
            client.close()


def test_a_port_without_ray_is_given_up(deaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.running.scheduling import cluster

    monkeypatch.setattr(cluster, "JOIN_SECONDS", 3.0)
    with pytest.raises(SchedulerError, match="no Ray cluster answers there within 3 s"):
        cluster.Cluster(deaf, cpus=1)


def test_joining_takes_a_minute_at_most() -> None:
    from benchmarks.running.scheduling import cluster

    assert 2 * cluster.CONNECT_SECONDS + cluster.JOIN_SECONDS <= 60


def test_a_ray_that_does_not_start_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where its raylet dies early."""
    from benchmarks.running.scheduling import cluster

    def fail(**options: object) -> None:
        raise RuntimeError("The current node timed out\nduring startup.")

    monkeypatch.setattr("ray.init", fail)
    expected = "^Ray did not start: RuntimeError: The current node timed out during startup.; the same command"
    with pytest.raises(SchedulerError, match=expected):
        cluster.Cluster(None, cpus=1)
    assert os.environ.get(cluster.MARK) is None


def test_the_command_says_in_one_line_that_nothing_can_be_joined(tmp_path: Path) -> None:
    done = run(tmp_path, "--ray-address", "127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{FIRST}error: --ray-address 127.0.0.1:1: Connection refused; ")
    assert done.stderr.count("\n") == 2
    assert not list(tmp_path.glob("small/models/*"))


def run(results: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command under Ray to its end, with more options."""
    environ = os.environ | environment
    whole = [*command(results, "ray"), *options]
    return subprocess.run(whole, capture_output=True, text=True, check=False, env=environ)


@contextmanager
def holding(authentication: str) -> Iterator[str]:
    """Address of a cluster that somebody else has started, with Ray's authentication in that mode."""
    environ = os.environ | {"RAY_AUTH_MODE": authentication}
    code = "from benchmarks.running.scheduling.ray import RayScheduler; import ray; s = RayScheduler(cpus=2); "
    code += "print(ray.get_runtime_context().gcs_address, flush=True); input(); s.close()"
    holder = [sys.executable, "-W", "ignore", "-c", code]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.write("\n")


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """Address of a cluster that somebody else has started, and that anybody may join."""
    with holding("disabled") as address:
        yield address


@pytest.mark.long
def test_the_command_starts_its_own_cluster_where_ray_address_names_a_dead_one(tmp_path: Path) -> None:
    starts_its_own(tmp_path, "127.0.0.1:1")


@pytest.mark.long
def test_the_command_starts_its_own_cluster_where_ray_address_names_a_living_one(other: str, tmp_path: Path) -> None:
    starts_its_own(tmp_path, other)


def starts_its_own(results: Path, address: str) -> None:
    """The command trains whatever RAY_ADDRESS says."""
    done = run(results, RAY_ADDRESS=address)
    assert done.returncode == 0, done.stderr
    assert "epoch 12/12" in done.stdout


@pytest.mark.long
def test_the_command_joins_a_cluster_and_leaves_it_running(other: str, tmp_path: Path) -> None:
    for turn in ("first", "second"):
        done = run(tmp_path / turn, "--ray-address", other)
        assert done.returncode == 0, done.stderr
    assert digests_of(tmp_path / "first") == digests_of(tmp_path / "second") != {}


@pytest.mark.long
def test_a_cluster_that_wants_a_token_says_so(tmp_path: Path) -> None:
    with holding("token") as address:
        done = run(tmp_path, "--ray-address", address)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{FIRST}error: --ray-address {address}: cannot be joined: ")
    assert "Authentication token is missing" in done.stderr
    assert done.stderr.count("\n") == 2


def digests_of(results: Path) -> dict[str, str]:
    from benchmarks.records.store import Store

    return digests(Store(results / "small"))


@pytest.mark.long
@pytest.mark.parametrize("killed", [("raylet",), ("gcs_server",), ("raylet", "gcs_server", "python", "ray::")])
def test_a_lost_cluster_is_one_line_within_a_minute_and_leaves_a_checkpoint(
    killed: tuple[str, ...], tmp_path: Path
) -> None:
    started = start(tmp_path, "ray", epochs=1000)  # workers outlive their raylet by some seconds, and may succeed
    family = psutil.Process(started.pid).children(recursive=True)
    begun = time.monotonic()
    for process in family:
        if process.name().startswith(killed):
            process.send_signal(signal.SIGKILL)
    printed, said = started.communicate(timeout=300)
    took = time.monotonic() - begun
    assert said == FIRST + LOST
    assert started.returncode == 2
    assert took < 60
    assert "Report: " not in printed
    _, left = psutil.wait_procs(family, timeout=5)
    assert left == []
    assert list(tmp_path.glob("small/models/.*.partial/checkpoint.pt"))
