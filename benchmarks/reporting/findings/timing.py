"""What a reader has to know of timings: where the time ended them, and which settings are one."""

from __future__ import annotations

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
    return f" Settings with equal values are one, timed once: {'; '.join(found)}." if found else ""
