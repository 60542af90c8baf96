"""Jobs one after the other in the calling process."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.running.events import Progress, Report
from benchmarks.running.jobs import Job
from benchmarks.running.scheduling import Event, InlineScheduler, Outcome
from tests.benchmarks.cases import ignore, job, small_study


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    return [job(tmp_path, small_study(method)) for method in ("resnet", "adanet", "branchynet")]


def scripted(monkeypatch: pytest.MonkeyPatch, *failing: str) -> list[tuple[str, int]]:
    """Replace the work of jobs by a sign of life, or an error; who ran where."""
    ran: list[tuple[str, int]] = []

    def run(self: Job, report: Report) -> None:
        ran.append((self.name, os.getpid()))
        report(Progress(step="train"))
        if self.name in failing:
            raise ValueError("no\nway")

    monkeypatch.setattr(Job, "run", run)
    return ran


def test_jobs_run_in_order_in_this_process(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = scripted(monkeypatch)
    InlineScheduler().run(jobs, ignore)
    assert ran == [(f"train {method}", os.getpid()) for method in ("resnet", "adanet", "branchynet")]


def test_a_job_that_succeeds_starts_makes_progress_and_is_done(
    jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch)
    events: list[Event] = []
    assert InlineScheduler().run(jobs[:1], events.append) == [Outcome(job="train resnet")]
    assert events == [
        Event(job="train resnet", kind="started"),
        Event(job="train resnet", kind="progress", progress=Progress(step="train")),
        Event(job="train resnet", kind="done"),
    ]


def test_a_job_that_fails_is_an_outcome_of_one_line(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, "train resnet")
    events: list[Event] = []
    assert InlineScheduler().run(jobs[:1], events.append) == [Outcome(job="train resnet", error="ValueError: no way")]
    assert events[-1] == Event(job="train resnet", kind="failed", error="ValueError: no way")


def test_a_job_that_fails_does_not_stop_the_others(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, "train adanet")
    outcomes = InlineScheduler().run(jobs, ignore)
    assert [bool(outcome.error) for outcome in outcomes] == [False, True, False]


def test_an_interrupt_stops_everything(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Job, report: Report) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Job, "run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        InlineScheduler().run(jobs, ignore)


def test_no_jobs_have_no_outcomes() -> None:
    assert InlineScheduler().run([], ignore) == []


def test_a_timing_job_runs_like_any_other(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = scripted(monkeypatch)
    InlineScheduler().run([replace(jobs[0], kind="time")], ignore)
    assert [name for name, _ in ran] == ["time resnet"]
