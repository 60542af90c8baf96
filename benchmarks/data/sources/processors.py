"""How many processors this process may use."""

from __future__ import annotations

import os


def usable_cpus() -> int:
    """Those that the operating system lets it run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
