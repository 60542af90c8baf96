"""Kills parts of `python -m benchmarks.run` at random moments, and runs it again until it succeeds.

    runs = disturb(command, folder, targets=["driver", "raylet"], seed=7)

The first run loses its main process, the second its raylet, and later ones are left alone, until one succeeds. What a
run started is known by its session, in which it is started and which Ray's processes do not leave.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

Target = Literal["driver", "worker", "raylet", "cluster"]
"""What is killed: the main process; one of Ray's workers; its raylet; or everything, the main process included."""

COMPARED = ("weights.safetensors", "accuracy.parquet", "ledger.parquet")
"""Files of a record that have no timings in them."""
PATIENCE = 15.0
"""Seconds that processes of an ended run have to notice it before they are killed."""
ORPHANED = 3.0
"""The same where the main process was killed: Ray's agents take a minute to notice, so some are always left."""
LIMIT = 240.0
"""Seconds after which a run hangs: it is killed, and said to have hung."""
ATTEMPTS = 3
"""How often a run that is left alone may fail before the command is given up."""
POLL = 0.02


@dataclass(frozen=True, kw_only=True)
class Run:
    """What happened to one run of the command.

    Attributes:
        target: what was to be killed; None where the run was left alone.
        lines: printed lines after which it was killed.
        killed: names of the processes that were killed; empty where the run ended first.
        status: its exit status; negative where a signal ended it.
        hung: it was killed since it did not end.
        left: names of processes that outlived it by PATIENCE, or by ORPHANED, and were then killed.
        seconds: from its start to its end.
        said: what it wrote to standard error.
    """

    target: Target | None
    lines: int
    killed: tuple[str, ...]
    status: int
    hung: bool
    left: tuple[str, ...]
    seconds: float
    said: str

    def __str__(self) -> str:
        what = f"{self.target} killed after {self.lines} lines" if self.killed else "left alone"
        rest = f", left behind: {', '.join(self.left)}" if self.left else ""
        return f"{what}: status {self.status} after {self.seconds:.0f} s{', hung' if self.hung else ''}{rest}"


def disturb(
    command: Sequence[str], folder: Path, *, targets: Sequence[Target], seed: int, lines: int = 12
) -> list[Run]:
    """Run a command until it succeeds: once for every target, killing that, and then left alone.

    Args:
        command: to run, `python -m benchmarks.run` with its options.
        folder: where it runs, and where `stdout` and `stderr` of its last run are left.
        targets: what to kill, run by run.
        seed: of the moments: a number of printed lines up to `lines`, and a part of a second.
        lines: that a whole run prints, about.

    Returns:
        What happened, run by run. The last one succeeded, which may be before all targets had their turn: a run
        survives the loss of a worker, and may end before it is to be killed.

    Raises:
        RuntimeError: the command failed ATTEMPTS times although it was left alone.
    """
    draw = random.Random(seed)
    runs: list[Run] = []
    for target in [*targets, *[None] * ATTEMPTS]:
        runs.append(_run(command, folder, target, draw.randint(0, lines), draw.random()))
        if runs[-1].status == 0:
            return runs
    raise RuntimeError("\n".join([*map(str, runs), runs[-1].said]))


def digests(results: Path) -> dict[str, str]:
    """Digest of every trained network's weights and of its tables without timings, by directory and file."""
    files = [file for name in COMPARED for file in results.glob(f"*/models/[!.]*/{name}")]
    return {f"{file.parent.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _run(command: Sequence[str], folder: Path, target: Target | None, lines: int, delay: float) -> Run:
    printed, said = folder / "stdout", folder / "stderr"
    begun = time.monotonic()
    with printed.open("w") as out, said.open("w") as err:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, start_new_session=True)
    killed: list[str] = []
    hung, orphans = False, target in ("driver", "cluster")
    try:
        if target is not None and _reached(process, printed, lines):
            time.sleep(delay)
            killed = _kill(_chosen(process, target))
        process.wait(max(1.0, LIMIT - (time.monotonic() - begun)))
    except subprocess.TimeoutExpired:
        hung = True
    finally:
        seconds = time.monotonic() - begun
        left = _clear(process, patience=0.0 if hung else ORPHANED if killed and orphans else PATIENCE)
    return Run(
        target=target,
        lines=lines,
        killed=tuple(killed),
        status=process.wait(),
        hung=hung,
        left=tuple(left),
        seconds=seconds,
        said=said.read_text(),
    )


def _reached(process: subprocess.Popen[bytes], printed: Path, lines: int) -> bool:
    """Wait until a run has printed that many lines; whether it came to that."""
    while process.poll() is None:
        if printed.read_bytes().count(b"\n") >= lines:
            return True
        time.sleep(POLL)
    return False


def _chosen(process: subprocess.Popen[bytes], target: Target) -> list[psutil.Process]:
    """The processes that a target stands for; waits for Ray's to be started, while the run goes on."""
    while process.poll() is None:
        session = _session(process.pid)
        if target == "cluster":
            return session
        found = [member for member in session if _is(member, target, process.pid)]
        if found:
            return found[:1]
        time.sleep(POLL)
    return []


def _is(member: psutil.Process, target: Target, main: int) -> bool:
    if target == "driver":
        return bool(member.pid == main)
    try:
        name: str = member.name()
    except psutil.NoSuchProcess:
        return False
    if target == "raylet":
        return name == "raylet"
    return name.startswith("ray::") and "Agent" not in name


def _session(leader: int) -> list[psutil.Process]:
    """The living processes of a session, whoever their parents are."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):  # it has ended meanwhile
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _kill(processes: Iterable[psutil.Process]) -> list[str]:
    """Kill processes; their names."""
    names = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            name = process.name()
            process.send_signal(signal.SIGKILL)
            names.append(name)
    return names


def _clear(process: subprocess.Popen[bytes], *, patience: float) -> list[str]:
    """See that nothing of a run is left; names of what had to be killed."""
    end = time.monotonic() + patience
    while _session(process.pid) and time.monotonic() < end:
        process.poll()
        time.sleep(POLL)
    names = _kill(_session(process.pid))
    process.wait(10)
    while _session(process.pid):
        time.sleep(POLL)
    return names
