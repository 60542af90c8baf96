"""The scheduler of a run, which may start while the study is planned."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from benchmarks.cli.options import SchedulerName
from benchmarks.running.scheduling import InlineScheduler, Scheduler


class SchedulerStart:
    """A scheduler that starts when it is asked for, or before that in a thread.

    The thread lives until the end of the block: Linux ends Ray's processes with the thread that started them. There
    the scheduler is closed at the latest.

    Args:
        name: of the scheduler.
        ray_address: of a cluster to join; None for a Ray of this machine.
        time_on: which machine times; see `benchmarks.running.scheduling.nodes`.
    """

    def __init__(self, name: SchedulerName, ray_address: str | None, time_on: str | None = None) -> None:
        self.name = name
        self._ray_address, self._time_on = ray_address, time_on
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scheduler")
        self._starting: Future[Scheduler] | None = None

    @property
    def is_own_ray(self) -> bool:
        """Whether it is a Ray of this machine, which starts only for this run."""
        return self.name is SchedulerName.ray and self._ray_address is None

    def begin(self, plugins: Sequence[str]) -> None:
        """Start it, and do not wait.

        Args:
            plugins: modules whose source travels to Ray's workers.
        """
        if self._starting is None:
            self._starting = self._pool.submit(make_scheduler, self.name, self._ray_address, plugins, self._time_on)

    def started(self, plugins: Sequence[str]) -> Scheduler:
        """The scheduler, when it has started.

        Raises:
            SchedulerError: it did not.
        """
        self.begin(plugins)
        assert self._starting is not None
        return self._starting.result()

    def close(self) -> None:
        """Close the scheduler, if it has started; it can start again."""
        starting, self._starting = self._starting, None
        if starting is not None and starting.exception() is None:
            starting.result().close()

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the scheduler."""
        self.close()
        self._pool.shutdown()


def make_scheduler(
    name: SchedulerName, ray_address: str | None, plugins: Sequence[str] = (), time_on: str | None = None
) -> Scheduler:
    """The scheduler of that name; Ray is imported only where it is used."""
    if name is SchedulerName.inline:
        return InlineScheduler()
    from benchmarks.running.scheduling.ray import RayScheduler

    return RayScheduler(ray_address, plugins=plugins, time_on=time_on)
