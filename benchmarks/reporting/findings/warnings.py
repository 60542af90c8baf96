"""What a reader must know before believing a study: noise, number of seeds, what is old or missing."""

from __future__ import annotations

import math
from collections import defaultdict

import pandas as pd

from benchmarks.measuring import evaluators
from benchmarks.records.code_hashes import changed, code_hashes
from benchmarks.records.environment import environment_key
from benchmarks.records.versions import is_of_today
from benchmarks.reporting.drawing.formatting import is_missing, listing, milliseconds, percent
from benchmarks.reporting.evidence.evidence import Entry, Evidence, Model
from benchmarks.reporting.evidence.loading import entry_label
from benchmarks.reporting.evidence.methods import method_facts
from benchmarks.reporting.evidence.provenance import timing_places
from benchmarks.reporting.evidence.records import known_models

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
    found += [*_machines(evidence), *_noise(evidence), *_unsteady(evidence), *_spread(evidence)]
    if evidence.entries and evidence.points["seeds"].max() == 1:
        found.append("One seed per network: what a difference owes to the luck of training was not measured.")
    return found


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _noise(evidence: Evidence) -> list[str]:
    """What the static ResNet gains over its own twin is noise, and so is any speed-up of that size."""
    twins = [entry for entry in evidence.entries if entry.is_baseline]
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
    """The same static ResNet on the same machine should take the same time beside every network."""
    for size in evidence.batch_sizes:
        groups: dict[tuple[str, str], list[float]] = defaultdict(list)
        for entry in evidence.having(f"static_{size}"):
            facts = entry.first.record.made_by("latency").get("environment", {})
            groups[entry.first.baseline.network, environment_key(facts)].append(evidence.value(entry, f"static_{size}"))
        for (network, _), static in groups.items():
            if max(static) > UNSTEADY * min(static):
                return [
                    f"The machine was not equally quiet for all: the same static ResNet ({network}) took "
                    f"{milliseconds(min(static))} ms a picture in one process and {milliseconds(max(static))} "
                    f"ms in another (batch {size}). Ratios within a process hold better than milliseconds."
                ]
    return []


def _machines(evidence: Evidence) -> list[str]:
    """Milliseconds of different machines must not be compared."""
    timed = timing_places(evidence)
    if len(timed) < 2:
        return []
    parts = [f"{listing(place.labels['latency'])} on {place.environment.get('processor')}" for place in timed]
    return [
        f"Timings come from {len(timed)} environments, so that milliseconds cannot be compared across them: "
        f"{'; '.join(parts)}. Speed-ups are ratios within a process."
    ]


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
    wanted = [entry_label(spec) for spec in known_models(evidence.study)]
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
    if method_facts(model.spec.method).registered:
        files = changed(model.config["code"], code_hashes(model.config["roots"]))
        reasons += [f"trained by other code: {', '.join(files)}"] if files else []
    else:
        reasons.append("its method is not registered any more")
    measured = [evaluator for evaluator in evaluators() if evaluator.name in model.tables]
    old = [e.name for e in measured if not is_of_today(model.record, e, evidence.study.evaluation)]
    return [*reasons, f"measured by other code or options: {listing(old)}"] if old else reasons
