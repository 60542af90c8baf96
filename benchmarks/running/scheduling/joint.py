"""Train one network by several Ray workers, with Ray Train's `TorchTrainer`.

Ray sets up the workers and their process group, and ends all of them where one ends. Its checkpoints and results are
not used: the store is the source of truth, and a training that is tried again goes on from the checkpoint there.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import ray
from ray.train import RunConfig, ScalingConfig, TrainingFailedError
from ray.train.torch import TorchConfig, TorchTrainer, get_device
from ray.util.queue import Empty, Queue

from benchmarks.records.claims import Busy
from benchmarks.running.events import Event, Progress
from benchmarks.running.jobs import Job
from benchmarks.running.joint import run_part
from benchmarks.running.scheduling.base import Outcome, one_line
from benchmarks.running.scheduling.watch import run_watched
from benchmarks.training.distributed.peers import PeerLost, Peers

FAILED, BUSY = "failed", "busy"
PATIENCE = 7200
"""Seconds that a process waits for another, which may validate or read its data meanwhile."""
TICK = 0.2
"""Seconds between two looks for messages."""
WORKER_DIED = "the worker died"


@dataclass
class _Ending:
    error: str = ""
    busy: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)


def run_joint(job: Job, on_event: Callable[[Event], None], alive: Callable[[], bool], *, retries: int) -> Outcome:
    """Run a job by as many workers as its network has processes.

    Args:
        job: of training.
        on_event: called from another thread.
        alive: whether the cluster is; see `benchmarks.running.scheduling.watch`.
        retries: how often it is tried again after a worker died. An error of the job itself is not tried again.

    Raises:
        SchedulerError: the cluster was lost.
    """
    lacking = _lacking(job)
    if lacking:
        on_event(Event(job=job.name, kind="failed", error=lacking))
        return Outcome(job=job.name, error=lacking)
    on_event(Event(job=job.name, kind="started"))
    for attempt in range(retries + 1):
        ending = _Ending()
        run_watched(partial(_attempt, job, on_event, ending), alive, ending.stopped.set)
        if ending.error != WORKER_DIED or attempt == retries:
            break
        on_event(Event(job=job.name, kind="retried", error=WORKER_DIED))
    if ending.error:
        on_event(Event(job=job.name, kind="failed", error=ending.error))
    elif not ending.busy:
        on_event(Event(job=job.name, kind="done"))
    return Outcome(job=job.name, error=ending.error, busy=ending.busy)


def _attempt(job: Job, on_event: Callable[[Event], None], ending: _Ending) -> None:
    mailbox = Queue(actor_options={"num_cpus": 0})
    ended = threading.Event()
    reader = threading.Thread(target=_read, args=(mailbox, job, on_event, ending, ended), name="mailbox", daemon=True)
    reader.start()
    try:
        with tempfile.TemporaryDirectory(prefix="routebench-", ignore_cleanup_errors=True) as scratch:
            _trainer(job, mailbox, scratch).fit()
    except TrainingFailedError as error:
        failure = error
    else:
        failure = None
    finally:
        ended.set()
        reader.join()
        mailbox.shutdown(force=True)
    if failure is not None and not ending.error:
        ending.error = WORKER_DIED


def _trainer(job: Job, mailbox: Queue, scratch: str) -> TorchTrainer:
    gpu = job.resources.gpus > 0
    return TorchTrainer(
        _work,
        train_loop_config={"job": job, "mailbox": mailbox},
        torch_config=TorchConfig(backend="cpu:gloo,cuda:nccl" if gpu else "gloo", timeout_s=PATIENCE),
        scaling_config=ScalingConfig(
            num_workers=job.spec.processes, use_gpu=gpu, resources_per_worker=_per_worker(job)
        ),
        run_config=RunConfig(storage_path=scratch, name="joint"),
    )


def _per_worker(job: Job) -> dict[str, float]:
    return {"CPU": job.resources.cpus} | ({"GPU": job.resources.gpus} if job.resources.gpus else {})


def _lacking(job: Job) -> str:
    """What the cluster has too little of for all workers at once; empty if it has enough."""
    there = ray.cluster_resources()
    count = job.spec.processes
    for name, each in _per_worker(job).items():
        if there.get(name, 0.0) < count * each:
            return f"{count} processes need {count * each:g} {name}s together, and there are {there.get(name, 0.0):g}"
    return ""


def _work(config: dict[str, Any]) -> None:
    """What every worker does."""
    job, mailbox, peers = config["job"], config["mailbox"], Peers.of_group()
    if job.resources.gpus:
        job = replace(job, device=str(get_device()))

    def report(progress: Progress) -> None:
        if not peers.rank:
            mailbox.put(asdict(progress))

    try:
        run_part(job, peers, report)
    except Busy:
        report(Progress(step=BUSY))
    except PeerLost:
        raise  # Ray, which has lost the peer, ends this worker too, and the training is tried again
    except Exception as error:
        mailbox.put({"step": FAILED, "error": one_line(error)})
        raise


def _read(mailbox: Queue, job: Job, on_event: Callable[[Event], None], ending: _Ending, ended: threading.Event) -> None:
    """Turn messages of the workers into events, until the training has ended and all of them are read."""
    while not ending.stopped.is_set():
        over = ended.is_set()
        try:
            message = mailbox.get(timeout=TICK)
        except Empty:
            if over:
                return
            continue
        if message["step"] == FAILED:
            ending.error = ending.error or message["error"]
        elif message["step"] == BUSY:
            ending.busy = True
        else:
            progress = Progress(step=message["step"], epoch=message["epoch"])
            on_event(Event(job=job.name, kind="progress", progress=progress))
