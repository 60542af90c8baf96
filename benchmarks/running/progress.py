"""A live view of all jobs on a terminal, or plain lines if the output is not a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from benchmarks.running.events import Event

if TYPE_CHECKING:
    from benchmarks.measuring.doing import Doing

QUIET = 30.0
"""Seconds between two lines that say how long a run still takes."""


@dataclass
class JobState:
    """A job as the view shows it: state, current step since some second, and the figures of its last epoch."""

    state: str = "waiting"
    step: str = ""
    doing: Doing | None = None
    since: float = 0.0
    epoch: int = 0
    epochs: int = 0
    seconds: list[float] = field(default_factory=list)
    loss: float | None = None
    accuracy: float | None = None
    error: str = ""

    def update(self, event: Event, now: float = 0.0) -> None:
        """Update the state with an event at that second of some clock."""
        if event.kind == "progress":
            self.state = "running"
        else:
            self.state = {"started": "running", "retried": "waiting"}.get(event.kind, event.kind)
            self.doing = None
        self.error = event.error or self.error
        if event.progress is None:
            return
        self.step, self.doing, self.since = event.progress.step, event.progress.doing, now
        figures = event.progress.epoch
        if figures:
            self.epoch, self.epochs = figures["epoch"], figures["epochs"]
            self.loss, self.accuracy = figures["loss"], figures["validation_accuracy"]
            self.seconds.append(figures["seconds"])

    def shown_step(self, now: float = 0.0) -> str:
        """The step, and of an evaluator that tells, the part and the share of its time that is spent."""
        if self.doing is None:
            return self.step
        share = self.doing.spent(now - self.since)
        return f"{self.step} {share:.0%}, {self.doing.what}"

    @property
    def left(self) -> float | None:
        """Seconds of training left, from the mean epoch so far; None before the first epoch has ended."""
        if self.state in ("done", "failed"):
            return 0.0
        return (self.epochs - self.epoch) * sum(self.seconds) / len(self.seconds) if self.seconds else None


class View(Protocol):
    """Shows events; used as a context manager."""

    def __enter__(self) -> View: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, event: Event) -> None:
        """Show an event."""


def make_view(jobs: Sequence[str], console: Console, left: Callable[[], str] = str) -> View:
    """The live table on a terminal, plain lines elsewhere.

    Args:
        jobs: their names.
        console: to print on.
        left: says how long the run still takes; empty where that is not known.
    """
    return LiveView(jobs, console, left) if console.is_terminal else PlainView(jobs, console, left)


class LiveView:
    """A table with one row per job that is redrawn in place."""

    def __init__(
        self,
        jobs: Sequence[str],
        console: Console,
        left: Callable[[], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._states = {job: JobState() for job in jobs}
        self._left = left
        self._clock, self._started = clock, clock()
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=2)

    def __enter__(self) -> LiveView:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def __call__(self, event: Event) -> None:
        """Update the table; the next redraw shows the event."""
        self._states.setdefault(event.job, JobState()).update(event, self._clock())

    def _table(self) -> Table:
        now = self._clock()
        title = [progress_of(self._states.values()), format_duration(now - self._started), self._left()]
        table = Table(
            title=", ".join(part for part in title if part),
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for column in ("job", "state", "step"):
            table.add_column(column)
        for column in ("epoch", "loss", "val. accuracy", "training left"):
            table.add_column(column, justify="right")
        for job, s in self._states.items():
            style = {"failed": "red", "done": "green", "waiting": "dim"}.get(s.state, "")
            table.add_row(escape(job), s.state, escape(s.error or s.shown_step(now)), *training_figures(s), style=style)
        return table


class PlainView:
    """One line per event, and now and then how long the run still takes, for logs and pipes."""

    def __init__(
        self,
        jobs: Sequence[str],
        console: Console,
        left: Callable[[], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._states = {job: JobState() for job in jobs}
        self._console = console
        self._left = left
        self._clock, self._started = clock, clock()
        self._said: float | None = None

    def __enter__(self) -> PlainView:
        self._print(f"{len(self._states)} jobs")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def __call__(self, event: Event) -> None:
        """Print an event."""
        state = self._states.setdefault(event.job, JobState())
        state.update(event)
        if event.progress and event.progress.epoch:
            epoch, loss, accuracy, left = training_figures(state)
            self._print(f"{event.job}: epoch {epoch}, loss {loss}, validation accuracy {accuracy}, {left} left")
        elif event.progress:
            self._print(f"{event.job}: {state.shown_step()}")
        else:
            self._print(f"{event.job}: {event.kind}" + (f", {event.error}" if event.error else ""))
        self._say_what_is_left()

    def _say_what_is_left(self) -> None:
        """As soon as it is known, then after a tenth of the time so far, but not more often than twice a minute."""
        now = self._clock()
        if self._said is not None and now - self._said < max(QUIET, (now - self._started) / 10):
            return
        left = self._left()
        if left:
            self._said = now
            self._print(f"{progress_of(self._states.values())}, {left}")

    def _print(self, line: str) -> None:
        elapsed = format_duration(self._clock() - self._started)
        self._console.print(f"[{elapsed}] {line}", markup=False, highlight=False, soft_wrap=True)


def progress_of(states: Collection[JobState]) -> str:
    """How many jobs have ended."""
    return f"{sum(state.state in ('done', 'failed') for state in states)} of {len(states)} jobs"


def training_figures(state: JobState) -> tuple[str, str, str, str]:
    """Epoch, loss, validation accuracy and time left as text; empty before the first epoch has ended."""
    if not state.epochs or state.loss is None or state.accuracy is None:
        return "", "", "", ""
    left = format_duration(state.left) if state.left is not None else ""
    return f"{state.epoch}/{state.epochs}", f"{state.loss:.3f}", f"{state.accuracy:.1%}", left


def format_duration(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
