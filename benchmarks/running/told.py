"""What the job that works on a network is doing, in a file beside its claim: for other processes to read."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.records.claims import CLAIMS
from benchmarks.records.files import StoreError, read_json, write_json
from benchmarks.running.events import Progress, Report


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a job has said last. It may have ended since then, or may have been killed: the claim says that.

    Attributes:
        kind: of the job, as in `benchmarks.running.jobs`.
        started: seconds since the epoch, as `since`.
        step: that it is at.
        since: when it came there.
        epoch: the last that was trained; 0 before that, and if nothing had to be trained.
        epochs: of the whole training.
        trained: epochs that this job trained: fewer than `epoch` if it continued a checkpoint.
        seconds: that those took.
        loss: of the last epoch.
        accuracy: on validation images, after it.
        host: that it ran on.
        process: its number there.
    """

    kind: str
    started: float
    step: str = ""
    since: float = 0.0
    epoch: int = 0
    epochs: int = 0
    trained: int = 0
    seconds: float = 0.0
    loss: float | None = None
    accuracy: float | None = None
    host: str = ""
    process: int = 0


def told_file(root: Path, record: str) -> Path:
    """Where a job on a record tells.

    Args:
        root: directory of the study.
        record: name of the record.
    """
    return root / CLAIMS / f"{record}.json"


def telling(report: Report, path: Path, kind: str, on_write: Callable[[Path], None] = lambda path: None) -> Report:
    """The same report, which also writes to that file where a step begins or an epoch ends, and then says so.

    A job does not end because its status cannot be published: `on_write` is called again at the next progress.

    Args:
        report: of the job.
        path: of the file.
        kind: of the job.
        on_write: called with the path when it has been written; a RemoteError is not passed on.
    """
    from zoo.remote.files import RemoteError  # with torch, which those who only read do not need

    last = Told(kind=kind, started=time.time(), host=platform.node(), process=os.getpid())
    published = True

    def tell(progress: Progress) -> None:
        nonlocal last, published
        now = _after(last, progress)
        if now != last:
            write_json(path, asdict(now))
            last, published = now, False
        if not published:
            with suppress(RemoteError):  # a store that stays away fails the job when its results are published
                on_write(path)
                published = True
        report(progress)

    return tell


def _after(last: Told, progress: Progress) -> Told:
    figures = progress.epoch
    if figures:
        return replace(
            last,
            step=progress.step,
            since=time.time(),
            epoch=int(figures["epoch"]),
            epochs=int(figures["epochs"]),
            trained=last.trained + 1,
            seconds=last.seconds + float(figures["seconds"]),
            loss=float(figures["loss"]),
            accuracy=float(figures["validation_accuracy"]),
        )
    if progress.step == last.step:
        return last
    return replace(last, step=progress.step, since=time.time())


def read_told(path: Path) -> Told | None:
    """What a job has told; None if none has, or if what it wrote cannot be read."""
    try:
        return Told(**read_json(path))
    except (StoreError, TypeError):  # of another version, or damaged: the claim and the records are what counts
        return None
