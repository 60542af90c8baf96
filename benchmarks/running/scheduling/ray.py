"""Run jobs as `ray.tune` trials, on a local Ray that is started here or on a cluster that is joined by address.

A trial whose worker dies is retried, and its job continues from the checkpoint in the store. Ray's own checkpoints
and results are not used: the store is the source of truth.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import ray
from ray import tune
from ray.tune.experiment import Trial

from benchmarks.measuring.doing import Doing
from benchmarks.records.claims import Busy
from benchmarks.records.environment import usable_cpus
from benchmarks.running.events import Event, Progress
from benchmarks.running.gpu_share import OutOfGpuMemory
from benchmarks.running.jobs import Job
from benchmarks.running.planned import is_joint
from benchmarks.running.scheduling.base import Outcome, SchedulerError, one_line
from benchmarks.running.scheduling.cluster import Cluster
from benchmarks.running.scheduling.nodes import NODE_ID, timing_node
from benchmarks.running.scheduling.watch import run_watched

RETRIES = 2
"""How often a trial is retried after its worker died. A job that raised an error is not retried."""
WORKER_DIED = "the worker died"
DONE, FAILED, BUSY, SHORT = "done", "failed", "busy", "short of memory"


class RayScheduler:
    """Runs jobs under Ray.

    Args:
        address: HOST:PORT of a running cluster, or None to start Ray here, on the loopback interface only.
        cpus: CPUs that a Ray started here may use; None for all that this process may use.
        plugins: modules whose source travels to the workers.
        time_on: which machine times; see `benchmarks.running.scheduling.nodes`. None for any, but one for all jobs.

    Raises:
        SchedulerError: no cluster can be joined at that address (raised within a minute), or Ray did not start.
    """

    def __init__(
        self,
        address: str | None = None,
        cpus: int | None = None,
        plugins: Sequence[str] = (),
        time_on: str | None = None,
    ) -> None:
        self._cluster = Cluster(address, cpus or usable_cpus(), plugins)
        self._time_on = time_on
        try:
            timing_node(ray.nodes(), 0.0, time_on)
        except SchedulerError:
            self.close()
            raise

    def run(self, jobs: Sequence[Job], on_event: Callable[[Event], None]) -> list[Outcome]:
        """Run the jobs as trials of one Tune experiment; jobs that need the machine alone reserve all of its CPUs.

        A network that several processes train comes first, alone: see `benchmarks.running.scheduling.joint`. Events are
        sent from a thread other than the caller's.

        Raises:
            SchedulerError: the cluster was lost; raised in about a minute, later if the cores are busy.
        """
        joint = [job for job in jobs if is_joint(job.kind, job.spec)]
        outcomes = [self._run_joint(job, on_event) for job in joint]
        return outcomes + self._run_trials([job for job in jobs if job not in joint], on_event)

    def _run_joint(self, job: Job, on_event: Callable[[Event], None]) -> Outcome:
        from benchmarks.running.scheduling.joint import run_joint  # Ray Train takes a second to import

        return run_joint(job, on_event, self._cluster.alive, retries=RETRIES)

    def _run_trials(self, jobs: Sequence[Job], on_event: Callable[[Event], None]) -> list[Outcome]:
        if not jobs:
            return []
        listener = _Listener(on_event)
        with tempfile.TemporaryDirectory(prefix="routebench-", ignore_cleanup_errors=True) as scratch:
            tuner = tune.Tuner(
                tune.with_resources(_trial, lambda config: _reservation(config["job"], self._time_on)),
                param_space={"job": tune.grid_search(list(jobs))},
                tune_config=tune.TuneConfig(reuse_actors=True),
                run_config=tune.RunConfig(
                    storage_path=scratch,
                    verbose=0,
                    callbacks=[listener],
                    failure_config=tune.FailureConfig(max_failures=RETRIES),
                ),
            )
            run_watched(tuner.fit, self._cluster.alive, listener.stop)
        return [
            Outcome(
                job=job.name,
                error=listener.errors.get(job.name, ""),
                busy=job.name in listener.busy,
                short_of_memory=job.name in listener.short,
            )
            for job in jobs
        ]

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here; takes at most half a minute, even if it was lost."""
        self._cluster.leave()


def _trial(config: dict[str, Any]) -> None:
    job: Job = config["job"]
    try:
        job.run(lambda progress: tune.report(asdict(progress)))
    except Busy:
        tune.report({"step": BUSY, "epoch": {}})
    except OutOfGpuMemory as error:
        tune.report({"step": SHORT if job.can_grow else FAILED, "epoch": {}, "error": one_line(error)})
    except Exception as error:
        tune.report({"step": FAILED, "epoch": {}, "error": one_line(error)})
    else:
        tune.report({"step": DONE, "epoch": {}})


def _reservation(job: Job, time_on: str | None = None) -> tune.PlacementGroupFactory:
    """What a job needs; alone, all CPUs of the one machine that times."""
    gpus = {"GPU": job.resources.gpus} if job.resources.gpus else {}
    if not job.resources.alone:
        return tune.PlacementGroupFactory([{"CPU": job.resources.cpus} | gpus])
    node = timing_node(ray.nodes(), job.resources.gpus, time_on)
    bundle = {"CPU": node["Resources"]["CPU"]} | gpus
    return tune.PlacementGroupFactory([bundle], bundle_label_selector=[{NODE_ID: node["NodeID"]}])


class _Listener(tune.Callback):
    """Turns Tune's callbacks into events, and keeps the last error of every job."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._started: set[str] = set()
        self._stopped = threading.Event()
        self.errors: dict[str, str] = {}
        self.busy: set[str] = set()
        self.short: set[str] = set()

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune pickles its callbacks with the experiment, and a terminal view cannot be pickled."""
        return {}

    def stop(self) -> None:
        """End the experiment before its next step, and send no more events."""
        self._stopped.set()

    def on_step_begin(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        """End the experiment here, between two steps, if `stop` was called.

        Raises:
            InterruptedError: `stop` was called.
        """
        if self._stopped.is_set():
            raise InterruptedError("the experiment was stopped")

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        """A trial starts, or starts again."""
        name = _job(trial).name
        if name not in self._started:
            self._started.add(name)
            self._send(Event(job=name, kind="started"))

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        """A job made progress, or has recorded its failure."""
        name, step = _job(trial).name, result.get("step")
        if step == FAILED:
            self._fail(name, result["error"])
        elif step == BUSY:
            self.busy.add(name)
        elif step == SHORT:
            self.short.add(name)
        elif step not in (None, DONE):
            part = result.get("doing")
            progress = Progress(step=result["step"], epoch=result["epoch"], doing=Doing(**part) if part else None)
            self._send(Event(job=name, kind="progress", progress=progress))

    def on_trial_recover(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        """A worker died and its trial will be retried."""
        self._send(Event(job=_job(trial).name, kind="retried", error=WORKER_DIED))

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        """A job has ended."""
        if _job(trial).name not in self.errors.keys() | self.busy | self.short:
            self._send(Event(job=_job(trial).name, kind="done"))

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        """A job's worker has died too often."""
        self._fail(_job(trial).name, WORKER_DIED)

    def _send(self, event: Event) -> None:
        if not self._stopped.is_set():
            self._on_event(event)

    def _fail(self, name: str, error: str) -> None:
        self.errors[name] = error
        self._send(Event(job=name, kind="failed", error=error))


def _job(trial: Trial) -> Job:
    job: Job = trial.config["job"]
    return job
