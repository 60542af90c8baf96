"""How far a study is, on a terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.text import Text

from benchmarks.cli.console import Grid
from benchmarks.running.status import NetworkStatus, StudyStatus
from benchmarks.running.what_is_left import time_left

ORDER = ("done", "running", "waits", "failed", "stopped", "trained", "missing")
"""States of networks, as the last line counts them."""
STEP = {"train": "training"}


def shown(status: StudyStatus) -> RenderableType:
    """A row per network, what failed, and a line on the whole."""
    failed = [f"{network.plan.label}: {network.error}" for network in status.networks if network.state == "failed"]
    return Group(grid(status).table(), *map(Text, (*failed, line(status))))


def grid(status: StudyStatus) -> Grid:
    """A row per network; figures of training are those of its last epoch."""
    words, numbers = ("network", "state", "step"), ("epoch", "loss", "val. accuracy", "tables")
    return Grid(words, numbers, [_row(network) for network in status.networks])


def _row(network: NetworkStatus) -> tuple[str, ...]:
    told, plan = network.told, network.plan
    step = STEP.get(told.step, told.step) if told is not None and network.running else ""
    epoch, loss, accuracy = f"{plan.epochs}/{plan.epochs}" if network.trained else "", "", ""
    if told is not None and told.loss is not None and told.accuracy is not None:
        epoch, loss, accuracy = f"{told.epoch}/{told.epochs}", f"{told.loss:.3f}", f"{told.accuracy:.1%}"
    return plan.label, network.state, step, epoch, loss, accuracy, f"{len(network.made)} of {len(plan.tables)}"


def line(status: StudyStatus) -> str:
    """How many networks are in which state, and how long the rest takes."""
    counts = Counter(network.state for network in status.networks)
    parts = [f"{counts[state]} {state}" for state in ORDER if counts[state]]
    total = len(status.networks)
    summary = f"{total} network{'s' if total != 1 else ''}: {', '.join(parts)}"
    if status.complete:
        return f"{summary}."
    left = time_left(status).text()
    if status.running:
        return f"{summary}; {left or 'nobody knows yet for how long'}."
    rest = f", with {left}" if left else ""
    return f"{summary}. No run is working on it: the command that ran it continues{rest}."
