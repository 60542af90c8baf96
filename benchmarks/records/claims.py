"""Who works on what: locks that end with the process that holds them, however it ends.

Two runs of a study on the same directory claim its networks one by one. What needs the machine alone waits until no
other job of RouteBench runs on this machine, and no job begins meanwhile. On a file system that several machines share,
claims need one whose `flock` works across them (NFS from version 4 on, Lustre with `-o flock`).
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

RETRY_SECONDS = 0.5
"""Seconds between two tries."""
MACHINE_LOCK = "routebench-machine.lock"
"""In the folder for temporary files, the same for all users and studies of a machine."""


class Busy(RuntimeError):
    """Another run is at work on it."""


@contextmanager
def claim(path: Path) -> Iterator[None]:
    """Hold a lock file for the time of the block.

    Raises:
        Busy: somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{path.stem}: another run is at work on it") from error
        yield


def is_claimed(path: Path) -> bool:
    """Whether somebody holds that lock now."""
    if not path.exists():
        return False
    try:
        with claim(path):
            return False
    except Busy:
        return True


@contextmanager
def hold_machine(
    *, alone: bool, on_wait: Callable[[], None] = lambda: None, folder: Path | None = None
) -> Iterator[None]:
    """Be one of the jobs on this machine, or the only one.

    Args:
        alone: wait for every other job of RouteBench to end, and let none begin.
        on_wait: called once where the block has to wait.
        folder: of the lock file; None for the one of temporary files.
    """
    mode = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    with _opened((folder or shared_folder()) / MACHINE_LOCK) as file:
        announced = False
        while True:
            try:
                fcntl.flock(file, mode | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not announced:
                    on_wait()
                announced = True
                time.sleep(RETRY_SECONDS)
        yield


def shared_folder() -> Path:
    """Where all users of a machine find the lock."""
    return Path(tempfile.gettempdir())


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A file to lock; one of another user's may be readable only, which is enough."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        file = os.open(path, os.O_RDONLY)
    try:
        yield file
    finally:
        os.close(file)
