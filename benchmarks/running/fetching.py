"""What jobs made on other machines is brought to the driver's, if the study is at a URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from benchmarks.records.claims import Busy, claim
from benchmarks.records.identity import Identity
from benchmarks.records.store import Store
from benchmarks.running.events import Event
from benchmarks.running.jobs import Job
from zoo.remote.files import RemoteError


def fetch(store: Store, identities: Iterable[Identity]) -> None:
    """Bring networks here, except those on which a job works.

    Raises:
        RemoteError: the store cannot be used.
    """
    for identity in identities:
        with suppress(Busy), claim(store.claim_file(identity)):
            store.fetch(identity)


def fetching(
    store: Store, identities: Mapping[str, Identity], jobs: Sequence[Job], on_event: Callable[[Event], None]
) -> Callable[[Event], None]:
    """The same events, but a job's network is here before its end is told.

    Args:
        store: of the study.
        identities: of networks, by key of their specification.
        jobs: that run.
        on_event: told of them.
    """
    ending = {job.name: identities[job.spec.key] for job in jobs}

    def told(event: Event) -> None:
        if event.kind in ("done", "failed"):
            with suppress(RemoteError):  # schedulers cannot raise it; the fetch of all networks after them does
                fetch(store, [ending[event.job]])
        on_event(event)

    return told
