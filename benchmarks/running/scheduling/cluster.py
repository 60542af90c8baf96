"""Start, join and leave a Ray cluster, each with a time limit."""

from __future__ import annotations

import atexit
import logging
import os
import socket
import subprocess
import sys
import textwrap
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import ray

from benchmarks.plugins.places import PluginError
from benchmarks.running.scheduling.address import ADVICE, parsed_address
from benchmarks.running.scheduling.base import SchedulerError, one_line
from benchmarks.running.scheduling.workers import worker_environment

CONNECT_SECONDS = 5.0
"""Seconds that each address of a host may take to accept a connection; a host with IPv6 has two."""
JOIN_SECONDS = 45.0
"""Seconds that joining may take after that."""
LEAVE_SECONDS = 5.0
"""Seconds that Ray may take to shut down before its processes are killed."""
MARK = "ROUTEBENCH_CLUSTER"
"""Environment variable that marks the processes of a cluster that was started here."""

JOIN_SCRIPT = """
import sys
import ray
try:
    ray.init(address=sys.argv[1], log_to_driver=False)
    ray.nodes()
except Exception as error:
    while error.__cause__:
        error = error.__cause__
    sys.exit(str(error))
"""


class Cluster:
    """A Ray cluster that this process uses.

    Args:
        address: HOST:PORT of a running cluster, or None to start one here, on the loopback interface only.
        cpus: CPUs that a cluster started here may use.
        plugins: modules whose source travels to the workers; see `benchmarks.running.scheduling.workers`.

    Raises:
        SchedulerError: no cluster can be joined at that address (raised within a minute), Ray did not start, or a
            plug-in is too large to travel.
    """

    def __init__(self, address: str | None, cpus: int, plugins: Sequence[str] = ()) -> None:
        self._mark = "" if address is not None else uuid.uuid4().hex
        for name, level in (("ray", logging.ERROR), ("ray.tune", logging.CRITICAL)):  # events report dead workers
            logging.getLogger(name).setLevel(level)
        options: dict[str, Any] = {"address": "local", "num_cpus": cpus, "include_dashboard": False}
        if address is not None:
            _try_to_join(address)
            options = {"address": address}
        try:
            with _marked(self._mark), worker_environment(plugins) as environment:
                # not in a temporary thread: Linux kills Ray's processes when the thread that started them ends
                ray.init(**options, runtime_env=environment, log_to_driver=False, logging_level=logging.ERROR)
            self._node = ray.get_runtime_context().get_node_id()
        except PluginError as error:
            raise SchedulerError(str(error)) from error
        except Exception as error:
            self.leave()
            raise SchedulerError(f"Ray did not start: {one_line(error)}; the same command tries again") from error

    def alive(self) -> bool:
        """Whether the node of this process is alive; may hang or raise if the cluster does not answer."""
        return any(node["NodeID"] == self._node and node["Alive"] for node in ray.nodes())

    def leave(self) -> None:
        """Leave the cluster; if it was started here, end all of its processes. Works for a lost cluster too."""
        started = _marked_processes(self._mark) if self._mark else []
        atexit.unregister(ray.shutdown)  # otherwise Ray shuts down again when Python exits, and hangs again
        leaving = threading.Thread(target=ray.shutdown, name="leave", daemon=True)
        leaving.start()
        leaving.join(LEAVE_SECONDS)
        _, left = psutil.wait_procs(started, timeout=1)
        for process in left:
            with suppress(psutil.NoSuchProcess):  # it has already ended
                process.kill()
        psutil.wait_procs(left, timeout=LEAVE_SECONDS)


def _try_to_join(address: str) -> None:
    """Join in a separate process first: if no Ray answers, joining hangs for minutes and may end the process.

    Raises:
        SchedulerError: the cluster cannot be joined.
    """
    try:
        host, port = parsed_address(address)
    except ValueError as error:
        raise SchedulerError(str(error)) from error
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except TimeoutError as error:
        message = f"--ray-address {address}: no answer within {CONNECT_SECONDS:.0f} s; {ADVICE}"
        raise SchedulerError(message) from error
    except OSError as error:
        raise SchedulerError(f"--ray-address {address}: {error.strerror or error}; {ADVICE}") from error
    command = [sys.executable, "-W", "ignore", "-c", JOIN_SCRIPT, address]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=JOIN_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        message = f"--ray-address {address}: no Ray cluster answers there within {JOIN_SECONDS:.0f} s; {ADVICE}"
        raise SchedulerError(message) from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        reason = textwrap.shorten(lines[-1], 200, placeholder=" ...")
        raise SchedulerError(f"--ray-address {address}: cannot be joined: {reason}; {ADVICE}")


@contextmanager
def _marked(mark: str) -> Iterator[None]:
    """Set the environment of a cluster's processes: they get a mark, and do not join a cluster named in RAY_ADDRESS.

    No worker is started in advance: ray.init waits for such workers, and never returns if one dies.
    """
    before = os.environ.copy()
    os.environ.pop("RAY_ADDRESS", None)
    if mark:
        os.environ |= {MARK: mark, "RAY_prestart_worker_first_driver": "0"}
    try:
        yield
    finally:
        for name in (MARK, "RAY_ADDRESS", "RAY_prestart_worker_first_driver"):
            os.environ.pop(name, None)
            if name in before:
                os.environ[name] = before[name]


def _marked_processes(mark: str) -> list[psutil.Process]:
    """The processes with a mark, and their children, because some overwrite the environment that they inherit."""
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        if _has_mark(process, mark):
            with suppress(psutil.NoSuchProcess):  # it has already ended
                found |= {process, *process.children(recursive=True)}
    return list(found)


def _has_mark(process: psutil.Process, mark: str) -> bool:
    try:
        return bool(process.environ().get(MARK) == mark)
    except (psutil.Error, OSError):  # it has ended, or belongs to another user
        return False
