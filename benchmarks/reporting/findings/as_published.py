"""How many of the sizes and figures that papers print agree with what is built here, in a sentence."""

from __future__ import annotations

import pandas as pd

from benchmarks.reporting.evidence.evidence import Evidence

FILE = "published.html"
"""The page that has all of them, beside the report."""


def as_published(evidence: Evidence) -> str:
    """A sentence on sizes, and where to look for them and for published accuracies."""
    tables = {network.method.name: network.measurement("fidelity") for network in evidence.networks}
    known = [table for table in tables.values() if table is not None and len(table)]
    where = f"Sizes and accuracies as papers print them, beside ours: the file {FILE} beside this page."
    if not known:
        return where
    sizes = pd.concat(known, ignore_index=True)
    agree = int(sizes["agrees"].sum())
    return f"Of {len(sizes)} sizes that papers print or public code has, {agree} agree with the networks here. {where}"
