"""What a reader has to know of timings: where the time ended them, which settings are one, and which engines won."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from benchmarks.measuring.engine_names import BASELINE_SETTING, RACING
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import listing


def budget_note(evidence: Evidence) -> str:
    """A sentence on how many networks and batch sizes the time ended before every interval was narrow; or nothing."""
    known = [
        narrow
        for network in evidence.networks
        for size in evidence.batch_sizes
        if (narrow := evidence.value(network, f"narrow_{size}")) == narrow
    ]
    spent = sum(narrow < 1 for narrow in known)
    if not spent:
        return ""
    where = f"{spent} of {len(known)} timings of a network at a batch size"
    return f" In {where} the time was spent before intervals were narrow."


def twins(network: NetworkEvidence) -> list[tuple[str, ...]]:
    """Groups of a network's settings that have equal values and were timed once."""
    table = network.measurement("latency")
    if table is None or "measured_as" not in table:
        return []
    own = table[table["compute"] == "needed"].drop_duplicates("setting")
    groups = own.groupby("measured_as", sort=False)["setting"]
    return [tuple(names) for _, names in groups if len(names) > 1]


def twins_note(evidence: Evidence) -> str:
    """A sentence that names the settings that are one; or nothing."""
    found = [f"{listing(names)} of {network.name}" for network in evidence.networks for names in twins(network)]
    where = " in the first seed" if len(evidence.repetitions) > 1 else ""
    return f" Settings with equal values{where} are one, timed once: {'; '.join(found)}." if found else ""


@dataclass(frozen=True)
class Race:
    """How a network's engines were chosen at a batch size.

    Attributes:
        network: the engine in which it was timed at its headline setting.
        baseline: the engine in which its baseline was timed.
        network_seconds: median seconds per image at the headline setting by engine, the fastest first.
        baseline_seconds: the same of the baseline, every unit.
    """

    network: str
    baseline: str
    network_seconds: Mapping[str, float]
    baseline_seconds: Mapping[str, float]


@lru_cache(maxsize=2)
def races(evidence: Evidence) -> Mapping[tuple[str, int], Race]:
    """How the engines of networks and their baselines were chosen, by the network's label and the batch size.

    Of records that know one engine only there is none.
    """
    places = [(network, size) for network in evidence.networks for size in evidence.batch_sizes]
    return {(network.label, size): found for network, size in places if (found := _race(network, size))}


def _race(network: NetworkEvidence, size: int) -> Race | None:
    table = network.measurement("latency")
    if table is None or "engine" not in table:
        return None
    own = table[(table["batch_size"] == size) & (table["order"] == "natural")]
    raced = own[(own["ended_by"] == RACING) & (own["repetition"] > 0)]
    timed = own[own["ended_by"] != RACING]
    found = []
    for baseline in (False, True):
        wanted = raced if baseline else raced[raced["compute"] == "needed"]
        medians = _medians(wanted[(wanted["setting"] == BASELINE_SETTING) == baseline], size)
        used = timed[(timed["setting"] == BASELINE_SETTING) == baseline]
        used = used if baseline else used[used["compute"] == "needed"]
        if used.empty:
            return None
        found.append((str(used["engine"].iloc[0]), medians))
    (own_engine, own_seconds), (engine, seconds) = found
    return Race(own_engine, engine, own_seconds, seconds)


def _medians(rows: pd.DataFrame, size: int) -> dict[str, float]:
    medians = rows.groupby("engine")["seconds"].median().sort_values() / size
    return {str(name): float(value) for name, value in medians.items()}


def engines_note(evidence: Evidence) -> str:
    """A sentence on who was timed in which engine; or nothing."""
    found = races(evidence).values()
    if not found:
        return ""
    won = pd.Series([race.baseline for race in found]).value_counts()
    own = pd.Series([race.network for race in found]).value_counts()
    return (
        " Every network is timed in its fastest engine on this machine, and so is its baseline, whatever that is: "
        f"networks in {_counted(own)}, baselines in {_counted(won)}."
    )


def _counted(counts: pd.Series) -> str:
    return listing([f"{name} ({count} of {int(counts.sum())})" for name, count in counts.items()])
