"""Locks on networks and on the machine; a lock ends with the process that holds it, however the process ends.

Two runs of a study on the same directory claim its networks one by one. A job that needs the machine alone waits until
no other RouteBench job runs on this machine, and no job starts meanwhile. On a file system that several machines share,
`flock` must work across machines (NFS from version 4 on, Lustre with `-o flock`).
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CLAIMS = ".claims"
"""Folder, in a study's directory, of the lock files that show which networks a run is working on."""
RETRY_SECONDS = 0.5
"""Seconds between two attempts to get a lock."""
MACHINE_LOCK = "routebench-machine.lock"
"""Name of the lock file in the folder for temporary files; all users and studies of a machine share it."""


class Busy(RuntimeError):
    """Another run is working on it."""


@contextmanager
def claim(path: Path) -> Iterator[None]:
    """Hold a lock file during the block.

    Raises:
        Busy: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{path.stem}: another run is working on it") from error
        yield


def is_claimed(path: Path) -> bool:
    """Whether a process holds that lock now."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # whoever else only looks is no holder
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


@contextmanager
def hold_machine(
    *, alone: bool, on_wait: Callable[[], None] = lambda: None, folder: Path | None = None
) -> Iterator[None]:
    """Run the block as one of the jobs on this machine, or as the only one.

    Args:
        alone: wait for every other RouteBench job to end, and let no other start.
        on_wait: called once if the block has to wait.
        folder: of the lock file; None for the folder of temporary files.
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
    """The folder where all users of a machine find the lock."""
    return Path(tempfile.gettempdir())


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A file to lock; read access is enough, if another user has created it."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        file = os.open(path, os.O_RDONLY)
    try:
        yield file
    finally:
        os.close(file)
