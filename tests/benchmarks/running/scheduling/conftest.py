from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.running.scheduling import Scheduler


@pytest.fixture(scope="module")
def ray_scheduler() -> Iterator[Scheduler]:
    """Ray, started once for all tests of a module, with two CPUs."""
    from benchmarks.running.scheduling.ray import RayScheduler

    scheduler = RayScheduler(cpus=2)
    yield scheduler
    scheduler.close()
