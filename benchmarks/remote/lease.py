"""One run at a time writes a study at a URL: it holds a lease there, an object that it renews as long as it lives."""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil

from benchmarks.records.claims import CLAIMS
from benchmarks.records.files import StoreError
from zoo.remote.files import RemoteError, RemoteFiles

LEASE = f"{CLAIMS}/lease.json"
BEAT = 20.0
"""Seconds between two signs of life."""
STALE = 180.0
"""Seconds without one after which a lease may be taken over."""
SETTLE = 2.0
"""Seconds after which whoever took a lease looks whether another has done so too."""
BOOT, PROCESSES = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds a lease.

    Attributes:
        token: of the run.
        host: name of its machine.
        machine: which start of which machine that is, and which container of it, where it can be known: a container
            has process numbers of its own, and may have the host's name.
        process: its number there.
        started: when that process started, in seconds since the epoch.
        beat: its last sign of life, likewise.
    """

    token: str = ""
    host: str = "an unknown machine"
    machine: str = ""
    process: int = 0
    started: float = 0.0
    beat: float = field(default=0.0)

    @property
    def age(self) -> float:
        """Seconds since its last sign of life."""
        return max(0.0, time.time() - self.beat)

    @property
    def has_ended(self) -> bool:
        """Whether it was a process of this machine that is no more; of another machine that cannot be known."""
        if not self.machine or (self.host, self.machine) != (platform.node(), _machine()):
            return False
        with suppress(psutil.NoSuchProcess):
            return bool(abs(psutil.Process(self.process).create_time() - self.started) > 1)
        return True

    @property
    def alive(self) -> bool:
        """Whether it has given a sign of life a short time ago."""
        return bool(self.token) and self.age < STALE and not self.has_ended


def this_process() -> Holder:
    """A new holder."""
    process = psutil.Process()
    return Holder(
        token=secrets.token_hex(16),
        host=platform.node(),
        machine=_machine(),
        process=os.getpid(),
        started=process.create_time(),
        beat=time.time(),
    )


def _machine() -> str:
    if not BOOT.is_file():
        return ""
    return " ".join([BOOT.read_text().strip(), *([str(PROCESSES.readlink())] if PROCESSES.is_symlink() else [])])


@contextmanager
def leased(url: str) -> Iterator[str]:
    """Hold the lease of a study during the block; its token.

    Raises:
        RemoteError: the store cannot be used, or not written.
        StoreError: another run holds it; the message says which, and when it ends if that run was killed.
    """
    files = RemoteFiles(url, own=True)
    mine = this_process()
    _take(files, mine)
    beating = _Beating(files, mine)
    beating.start()
    try:
        yield mine.token
    finally:
        beating.stop()
        with suppress(RemoteError):  # it ends by itself, and by the end of this process at once
            if holder_of(files).token == mine.token:
                files.remove(LEASE)


def holder_of(files: RemoteFiles) -> Holder:
    """Who holds the lease of a study; one without a token if nobody does, or if what is there cannot be read."""
    content = files.read(LEASE)
    try:
        return Holder(**json.loads(content or b"{}"))
    except (ValueError, TypeError):
        return Holder()


def check_lease(files: RemoteFiles, token: str) -> None:
    """Check, before something is written, that the run of that lease still holds it.

    Raises:
        RemoteError: the store cannot be used.
        StoreError: it does not, or never did.
    """
    holder = holder_of(files)
    if not token or holder.token != token:
        by = f"a run on {holder.host} has taken it over" if holder.token else "its lease is gone"
        raise StoreError(f"{files.url} is no longer this run's: {by}; nothing more is written there")


def _take(files: RemoteFiles, mine: Holder) -> None:
    """Write the lease if nobody holds it; of several that do so at once, the last has it."""
    if not files.create(LEASE, _content(mine)):
        content = files.read(LEASE)
        other = holder_of(files)
        if not other.has_ended:
            if other.token and other.age < STALE:
                raise StoreError(_taken(files, other))
            _watch(files, content)
        files.write(LEASE, _content(replace(mine, beat=time.time())))
    time.sleep(SETTLE)
    other = holder_of(files)
    if other.token != mine.token:
        raise StoreError(_taken(files, other))


def _watch(files: RemoteFiles, content: bytes | None) -> None:
    """Wait as long as two signs of life take, in case the clocks of two machines differ, or until the lease is gone."""
    end = time.monotonic() + 2 * BEAT
    while time.monotonic() < end:
        time.sleep(min(1.0, BEAT))
        now = files.read(LEASE)
        if now is None:
            return
        if now != content:
            raise StoreError(_taken(files, holder_of(files)))


def _taken(files: RemoteFiles, other: Holder) -> str:
    if not other.token:
        return f"{files.url}: another run has just started on it; give the same command again when that has ended"
    return (
        f"{files.url}: a run on {other.host} (process {other.process}) works on it, last heard of {other.age:.0f} s "
        f"ago; if it was killed, the same command takes over {max(0.0, STALE - other.age):.0f} s from now"
    )


def _content(holder: Holder) -> bytes:
    return f"{json.dumps(asdict(holder), indent=1)}\n".encode()


class _Beating(threading.Thread):
    """Gives signs of life, until it is stopped or another run has the lease."""

    def __init__(self, files: RemoteFiles, mine: Holder) -> None:
        super().__init__(name="lease", daemon=True)
        self._files = files
        self._mine = mine
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(BEAT):
            try:
                if holder_of(self._files).token != self._mine.token:
                    return  # whoever writes next is told so by `check_lease`
                self._files.write(LEASE, _content(replace(self._mine, beat=time.time())))
            except RemoteError:
                continue  # whoever needs the store says so; the lease lasts some beats

    def stop(self) -> None:
        """Give no more; wait for the one that is being given."""
        self._stopped.set()
        self.join(BEAT)
