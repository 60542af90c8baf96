"""What a reader must know before believing a study: noise, number of seeds, what is old or missing."""

from __future__ import annotations

import math

import pandas as pd

from benchmarks.evaluators import evaluators
from benchmarks.fingerprint import changed
from benchmarks.jobs import code_of, has_current_table
from benchmarks.reporting.evidence import Entry, Evidence, Model
from benchmarks.reporting.facts import BASELINE, method_facts
from benchmarks.reporting.formats import is_missing, listing, milliseconds, percent
from benchmarks.reporting.loading import entry_label
from benchmarks.study import StudyError

NOISE = 1.05
"""Speed-up of a network over its own twin from which readers are told."""
UNSTEADY = 1.25
"""Ratio of the slowest to the fastest median of the same static ResNet from which a machine was not quiet."""
WIDE = 0.1
"""Interquartile range relative to the median from which timings are noted."""


def cautions(evidence: Evidence) -> list[str]:
    """Sentences, the gravest first."""
    found = []
    if evidence.failures:
        found.append(f"{_counted(len(evidence.failures), 'job')} failed: see the end of the page.")
    waiting = untrained(evidence)
    if waiting:
        found.append(f"Not trained yet: {listing(waiting)}.")
    old = stale(evidence)
    if old:
        some = len(old) < len(evidence.entries)
        names = listing([entry.name for entry, _ in old]) if some else "every network"
        found.append(f"Stale, made by other code than today's: {names}. See the end of the page.")
    found += [*_noise(evidence), *_unsteady(evidence), *_spread(evidence)]
    if evidence.entries and evidence.points["seeds"].max() == 1:
        found.append("One seed per network: what a difference owes to the luck of training was not measured.")
    return found


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _noise(evidence: Evidence) -> list[str]:
    """What the static ResNet gains over its own twin is noise, and so is any speed-up of that size."""
    twins = [e for e in evidence.entries if e.facts.name == BASELINE and not e.first.spec.parameters]
    gains = [
        (abs(math.log(speedup)), speedup, size, entry.name)
        for entry in twins
        for size in evidence.batch_sizes
        if not is_missing(speedup := evidence.value(entry, f"speedup_{size}"))
    ]
    if not gains or max(gains)[0] < math.log(NOISE):
        return []
    _, speedup, size, name = max(gains)
    return [
        f"{name} came out {speedup:.2f} times as fast as the static ResNet beside it, which is the same "
        f"network (batch {size}): speed-ups of that size are noise on this machine."
    ]


def _unsteady(evidence: Evidence) -> list[str]:
    for size in evidence.batch_sizes:
        static = evidence.points[f"static_{size}"].dropna()
        if len(static) and static.max() > UNSTEADY * static.min():
            return [
                f"The machine was not equally quiet for all: the same kind of static ResNet took "
                f"{milliseconds(static.min())} ms a picture in one process and {milliseconds(static.max())} "
                f"ms in another (batch {size}). Ratios within a process hold better than milliseconds."
            ]
    return []


def _spread(evidence: Evidence) -> list[str]:
    wide = total = 0
    for size in evidence.batch_sizes:
        timed: pd.DataFrame = evidence.points.dropna(subset=[f"latency_{size}"])
        range_ = timed[f"latency_{size}_high"] - timed[f"latency_{size}_low"]
        wide += int((range_ > WIDE * timed[f"latency_{size}"]).sum())
        total += len(timed)
    if not wide:
        return []
    apart = f"more than {percent(WIDE, 0)} % of the median apart"
    return [f"In {wide} of {total} timings the quartiles lie {apart}."]


def untrained(evidence: Evidence) -> list[str]:
    """Networks that the study asks for today and that have neither a record nor a failure."""
    presets = [entry.first.spec.preset for entry in evidence.entries]
    default = evidence.study.preset or (max(set(presets), key=presets.count) if presets else None)
    if default is None:
        return []
    try:
        wanted = [entry_label(spec) for spec in evidence.study.models(default)]
    except StudyError:
        return []
    known = {entry.label for entry in (*evidence.entries, *evidence.failed)}
    return [label for label in dict.fromkeys(wanted) if label not in known]


def stale(evidence: Evidence) -> list[tuple[Entry, str]]:
    """Networks whose record or tables were made by other code than today's, with what changed."""
    found = []
    for entry in evidence.entries:
        reasons = dict.fromkeys(reason for model in entry.models for reason in _stale(model, evidence))
        if reasons:
            found.append((entry, "; ".join(reasons)))
    return found


def _stale(model: Model, evidence: Evidence) -> list[str]:
    reasons = []
    try:
        files = changed(model.config["code"], code_of(model.spec))
        reasons += [f"trained by other code: {', '.join(files)}"] if files else []
    except ValueError as error:
        known = method_facts(model.spec.method).registered
        reasons.append(str(error) if known else "its method is not registered any more")
    old = []
    options = evidence.study.evaluation
    for found in (evaluator for evaluator in evaluators() if evaluator.name in model.tables):
        if not has_current_table(model.record, found, options):
            old.append(found.name)
    return [*reasons, f"measured by other code or options: {listing(old)}"] if old else reasons
