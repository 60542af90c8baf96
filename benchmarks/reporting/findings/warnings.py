"""What a reader must know before trusting a study: noise, number of seeds, what is stale or missing."""

from __future__ import annotations

import math
from collections import defaultdict

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.precision import WIDE, is_noisy
from benchmarks.reporting.findings.detail import detail_note
from benchmarks.reporting.findings.provenance import processors, timing_environments
from benchmarks.reporting.formatting import is_missing, listing, milliseconds, percent

UNSTEADY = 1.25
"""Ratio of the slowest to the fastest mean of the same baseline from which a machine counts as disturbed."""

UNEQUAL = 0.1
"""Share by which the seeds that were timed may compute more or less than all seeds before a reader is told."""


def warnings(evidence: Evidence) -> list[str]:
    """Sentences, the most serious first."""
    found = []
    if evidence.failures:
        found.append(f"{_counted(len(evidence.failures), 'job')} failed: see “Can these numbers be trusted?”")
    if evidence.untrained:
        found.append(f"Not trained yet: {listing(evidence.untrained)}.")
    old = [network.name for network in evidence.networks if network.stale]
    if old:
        names = listing(old) if len(old) < len(evidence.networks) else "every network"
        found.append(f"Stale (†), made by other code or options than today’s: {names}.")
    found += [
        *_missing_seeds(evidence),
        *_machines(evidence),
        *_timed_seeds(evidence),
        *_noise(evidence),
        *_unsteady(evidence),
        *_spread(evidence),
    ]
    found += _overrated(evidence)
    if evidence.networks and evidence.results["seeds"].max() == 1:
        found.append("One seed per network: how much of a difference is due to chance in training was not measured.")
    return [*found, note] if (note := detail_note(evidence)) else found


def _missing_seeds(evidence: Evidence) -> list[str]:
    """Networks with fewer seeds than their study asks for, but for given weights; none on a page of several studies."""
    asked = evidence.study.repetitions
    seeded = [network for network in evidence.networks if not network.is_given]
    fewer = [network for network in seeded if len(network.models) < asked]
    if evidence.study.studies or not fewer:
        return []
    trained = sum(len(network.models) for network in seeded)
    if len({len(network.models) for network in seeded}) == 1:
        names = f"each network has {len(fewer[0].models)}"
    else:
        names = listing([f"{network.name} has {len(network.models)} of {asked}" for network in fewer])
    return [f"{trained} of the {asked * len(seeded)} seeds that the study asks for are trained: {names}."]


def _overrated(evidence: Evidence) -> list[str]:
    """Attacks that failed for a bad reason leave upper bounds."""
    names = [network.name for network in evidence.networks if network.overrated]
    if not names:
        return []
    return [f"Accuracy under attack is an upper bound for {listing(names)}: see which checks fail there."]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _noise(evidence: Evidence) -> list[str]:
    """A baseline that is timed against itself gains nothing: a difference that is found there is noise."""
    baselines = [network for network in evidence.networks if network.is_baseline]
    gains = [
        (abs(math.log(speedup)), speedup, size, network.name)
        for network in baselines
        for size in evidence.batch_sizes
        if not is_missing(speedup := evidence.value(network, f"speedup_{size}"))
        and evidence.value(network, f"faster_{size}") != 0
    ]
    if not gains:
        return []
    _, speedup, size, name = max(gains)
    return [
        f"{name} came out {speedup:.2f} times as fast as its baseline, which is the same "
        f"network (batch {size}): speed-ups of that size are noise on this machine."
    ]


def _unsteady(evidence: Evidence) -> list[str]:
    """The same baseline on the same machine should take the same time beside every network."""
    for size in evidence.batch_sizes:
        groups: dict[tuple[str, str], list[float]] = defaultdict(list)
        for network in evidence.measured(f"static_{size}"):
            model = network.first
            groups[model.baseline.network, model.timed_in].append(evidence.value(network, f"static_{size}"))
        for (baseline, _), static in groups.items():
            if max(static) > UNSTEADY * min(static):
                return [
                    f"The load of the machine was not the same for all networks: the same baseline ({baseline}) took "
                    f"{milliseconds(min(static))} ms per image in one process and {milliseconds(max(static))} "
                    f"ms in another (batch {size}). Ratios within a process are more reliable than milliseconds."
                ]
    return []


def _machines(evidence: Evidence) -> list[str]:
    """Milliseconds of different machines must not be compared."""
    timed = timing_environments(evidence)
    if len(timed) < 2:
        return []
    names = zip(timed, processors(timed), strict=True)
    parts = [f"{listing(environment.networks['latency'])} on {name}" for environment, name in names]
    return [
        f"Timings come from {len(timed)} environments, so that milliseconds cannot be compared across them: "
        f"{'; '.join(parts)}. Speed-ups are ratios within a process."
    ]


def _timed_seeds(evidence: Evidence) -> list[str]:
    """Where few seeds are timed, and those compute more or less than the others, whose accuracies count as well."""
    parts = []
    for network in evidence.networks:
        routed = evidence.value(network, "routed")
        excess = evidence.value(network, "routed_timed") - routed
        if abs(excess) > UNEQUAL * routed:  # not if it is NaN
            more = "more" if excess > 0 else "less"
            parts.append(f"{network.name} ({percent(abs(excess) / routed, 0)} % {more})")
    if not parts:
        return []
    return [
        "Not every seed was timed, and those that were compute more or less than all seeds in the mean, whose "
        f"accuracies are compared at equal time: {listing(parts)}."
    ]


def _spread(evidence: Evidence) -> list[str]:
    names = [f"speedup_{size}" for size in evidence.batch_sizes]
    timed = [(point, name) for point in evidence.points.values() for name in names if not is_missing(point[name])]
    wide = sum(is_noisy(point, name) for point, name in timed)
    if not wide:
        return []
    return [f"In {wide} of {len(timed)} timings the speed-up is known to no better than ±{percent(WIDE, 0)} %."]
