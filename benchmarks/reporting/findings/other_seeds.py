"""Where a reader finds what seeds after the first say."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence


def other_seeds(evidence: Evidence) -> str:
    """A sentence with a space before it for what is of first seeds alone; empty where there are no others."""
    return " Other seeds need not agree: see “What papers claim”." if len(evidence.repetitions) > 1 else ""
