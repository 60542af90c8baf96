"""How long a study still takes, from its directory alone: `TimeLeft` learns from what is stored as from events."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.running.events import SETTINGS, Event, Progress
from benchmarks.running.status import NetworkStatus, StudyStatus
from benchmarks.running.time_left import TRAINING, TimeLeft, Work


@dataclass
class _Clock:
    """A clock that is set."""

    now: float

    def __call__(self) -> float:
        return self.now


def time_left(status: StudyStatus, now: float | None = None) -> TimeLeft:
    """What is left, as it is known at a moment.

    Args:
        status: of the study.
        now: seconds since the epoch; None for now.
    """
    moment = time.time() if now is None else now
    past = [(work, network) for network in status.networks for work in _past(network)]
    ahead = [(work, network) for network in status.networks for work in _ahead(network)]
    clock = _Clock(moment)
    left = TimeLeft([work for work, _ in (*past, *ahead)], status.plan.side_by_side, clock)
    for work, network in past:
        _replay(left, clock, work, network.seconds)
    for work, network in ahead:
        _catch_up(left, clock, work, network)
    clock.now = moment
    return left


def _work(network: NetworkStatus, job: str, *, alone: bool, epochs: int, steps: Mapping[str, float | None]) -> Work:
    plan = network.plan
    effort, size = (1.0, 1.0) if alone else (plan.effort, plan.size)
    return Work(job=f"{job} {plan.label}", alone=alone, effort=effort, epochs=epochs, size=size, steps=steps)


def _past(network: NetworkStatus) -> Iterator[Work]:
    """Jobs that have ended, with what they made."""
    steps: dict[str, float | None] = {name: seconds for name, seconds in network.seconds.items() if name != TRAINING}
    if network.trained:
        shared = {name: steps[name] for name in network.plan.shared if name in steps}
        alone = {name: steps[name] for name in network.plan.alone if name in steps}
        yield _work(network, "past train", alone=False, epochs=network.plan.epochs, steps=shared)
        yield _work(network, "past time", alone=True, epochs=0, steps=alone)


def _ahead(network: NetworkStatus) -> Iterator[Work]:
    """Jobs that have not ended."""
    plan, missing = network.plan, network.missing
    shared: dict[str, float | None] = dict.fromkeys(name for name in plan.shared if name in missing)
    alone = {name: seconds for name, seconds in plan.alone.items() if name in missing}
    if not network.trained:
        yield _work(network, "train", alone=False, epochs=plan.epochs, steps={SETTINGS: 0.0, **shared})
    elif shared:
        yield _work(network, "train", alone=False, epochs=0, steps=shared)
    if alone:
        yield _work(network, "time", alone=True, epochs=0, steps=alone)


def _replay(left: TimeLeft, clock: _Clock, work: Work, seconds: Mapping[str, float]) -> None:
    """Let it learn from a job that has ended."""
    left(Event(job=work.job, kind="started"))
    if work.epochs:
        mean = seconds[TRAINING] / work.epochs
        clock.now += mean
        left(_progress(work, TRAINING, {"epoch": work.epochs, "seconds": mean}))
    for step, took in work.steps.items():
        left(_progress(work, step))
        clock.now += took or 0.0
    left(Event(job=work.job, kind="done"))


def _catch_up(left: TimeLeft, clock: _Clock, work: Work, network: NetworkStatus) -> None:
    """Let it know where a job is that has not ended."""
    told = network.told
    if told is None or told.kind != work.job.partition(" ")[0]:
        return
    clock.now = told.started
    left(Event(job=work.job, kind="started"))
    clock.now = told.since
    if told.trained and not network.trained:
        left(_progress(work, TRAINING, {"epoch": told.epoch, "seconds": told.seconds / told.trained}))
    if told.step != TRAINING:
        left(_progress(work, told.step))
    if not network.running:
        left(Event(job=work.job, kind="retried"))


def _progress(work: Work, step: str, epoch: Mapping[str, float] | None = None) -> Event:
    return Event(job=work.job, kind="progress", progress=Progress(step=step, epoch=dict(epoch or {})))
