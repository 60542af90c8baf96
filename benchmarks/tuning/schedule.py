"""Run trials: under Ray Tune with asynchronous successive halving, or one after another in this process."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ray import tune
from ray.tune.experiment import Trial as RayTrial
from ray.tune.schedulers import ASHAScheduler

from benchmarks.running.scheduling.base import one_line
from benchmarks.running.scheduling.cluster import Cluster
from benchmarks.running.scheduling.watch import run_watched
from benchmarks.tuning.trial import Trial

METRIC = "validation_accuracy"
GRACE = 2
"""Epochs that every trial may train before it can be stopped."""
FACTOR = 3
"""Of the trials that reach a rung, one in so many goes on."""
RETRIES = 2
"""How often a trial is retried after its worker died."""
Say = Callable[[Trial], None]


class _Halving(ASHAScheduler):  # type: ignore[misc]
    """Halving that never ends trial 0, whose cost is the budget of the others."""

    def on_trial_result(self, controller: Any, trial: RayTrial, result: dict[str, Any]) -> str:
        decision: str = super().on_trial_result(controller, trial, result)
        first = trial.config["trial"].number == 0 and result["training_iteration"] < self._max_t
        return self.CONTINUE if first else decision


class _Listener(tune.Callback):  # type: ignore[misc]
    def __init__(self, on_end: Say) -> None:
        self._on_end = on_end
        self.errors: dict[str, str] = {}
        self._stopped = threading.Event()

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune stores its callbacks in a scratch folder, which is never read."""
        return {}

    def stop(self) -> None:
        self._stopped.set()

    def on_step_begin(self, iteration: int, trials: list[RayTrial], **info: Any) -> None:
        if self._stopped.is_set():
            raise InterruptedError("the experiment was stopped")

    def on_trial_result(
        self, iteration: int, trials: list[RayTrial], trial: RayTrial, result: dict[str, Any], **info: Any
    ) -> None:
        if result.get("error"):
            self.errors[trial.config["trial"].identity] = str(result["error"])

    def on_trial_complete(self, iteration: int, trials: list[RayTrial], trial: RayTrial, **info: Any) -> None:
        done: Trial = trial.config["trial"]
        if done.identity not in self.errors:
            done.stopped()
            self._on_end(done)

    def on_trial_error(self, iteration: int, trials: list[RayTrial], trial: RayTrial, **info: Any) -> None:
        self.errors.setdefault(trial.config["trial"].identity, "the worker died")


def run_with_ray(
    trials: Sequence[Trial], cluster: Cluster, epochs: int, on_end: Say, *, cpus: float, gpus: float
) -> dict[str, str]:
    """Run the trials of one network; errors by identity.

    Raises:
        SchedulerError: the cluster was lost.
    """
    listener = _Listener(on_end)
    bundle = {"CPU": cpus} | ({"GPU": gpus} if gpus else {})
    with tempfile.TemporaryDirectory(prefix="routebench-", ignore_cleanup_errors=True) as scratch:
        tuner = tune.Tuner(
            tune.with_resources(_run, tune.PlacementGroupFactory([bundle])),
            param_space={"trial": tune.grid_search(list(trials))},
            tune_config=tune.TuneConfig(
                metric=METRIC,
                mode="max",
                reuse_actors=True,
                scheduler=_Halving(max_t=epochs, grace_period=min(GRACE, epochs), reduction_factor=FACTOR),
            ),
            run_config=tune.RunConfig(
                storage_path=scratch,
                verbose=0,
                callbacks=[listener],
                failure_config=tune.FailureConfig(max_failures=RETRIES),
            ),
        )
        run_watched(tuner.fit, cluster.alive, listener.stop)
    return listener.errors


def _run(config: dict[str, Any]) -> None:
    trial: Trial = config["trial"]
    try:
        trial.run(lambda accuracy: tune.report({METRIC: accuracy}))
    except Exception as error:
        tune.report({METRIC: 0.0, "error": one_line(error)})


def run_inline(trials: Sequence[Trial], on_end: Say) -> dict[str, str]:
    """Run the trials in this process, each to its last epoch; errors by identity."""
    errors = {}
    for trial in trials:
        try:
            trial.run(lambda accuracy: None)
        except Exception as error:
            errors[trial.identity] = one_line(error)
        else:
            on_end(trial)
    return errors
