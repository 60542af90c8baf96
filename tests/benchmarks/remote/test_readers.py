"""Commands that only read a study, on the machine of the run that makes it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from benchmarks.records.claims import CLAIMS, claim
from benchmarks.records.store import Store
from benchmarks.remote.pulling import opened_for_a_plan, pull, pulled
from benchmarks.study.study import ModelSpec
from tests.benchmarks.cases import models, small_study
from tests.benchmarks.records.test_store import made
from tests.benchmarks.remote.conftest import Machine
from tests.benchmarks.remote.test_publishing import committed, exchanged, held
from zoo.remote.files import RemoteFiles
from zoo.remote.mirror import MIRRORS, READ, Mirror

Read = Callable[[str], object]


@pytest.fixture
def spec() -> ModelSpec:
    return models(small_study())[0]


def after_the_listing(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Let something happen when the next listing of a study has been taken."""
    usual = RemoteFiles.listing

    def listing(self: RemoteFiles, below: str = "") -> dict[str, str]:
        found = usual(self, below)
        monkeypatch.setattr(RemoteFiles, "listing", usual)
        do()
        return found

    monkeypatch.setattr(RemoteFiles, "listing", listing)


@pytest.mark.parametrize(
    "read",
    [pulled, lambda url: opened_for_a_plan(*url.rsplit("/", 1)), lambda url: pull(Mirror(url, MIRRORS))],
    ids=["report", "plan", "run"],
)
def test_what_is_published_after_a_listing_stays(
    read: Read, memory: str, spec: ModelSpec, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{memory}/small"
    remote = held(url)
    RemoteFiles(url).write("study.yaml", b"format: 0")
    with on_machine("one"):
        store = exchanged(remote)

        def run_goes_on() -> None:
            committed(store, spec)
            store.write_failure(spec, "train", "ValueError: no", "Traceback")
            (store.root / "summary.parquet").write_bytes(b"summary")
            store.elsewhere.changed(store.root / "summary.parquet")

        after_the_listing(monkeypatch, run_goes_on)
        read(url)
        record = store.record(made(spec))
        assert record is not None
        assert record.check() == []
        assert store.failure(spec) is not None
        assert (store.root / "summary.parquet").is_file()


def test_a_reader_does_not_remove_what_a_later_one_has_fetched(
    memory: str, spec: ModelSpec, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{memory}/small"
    remote = held(url)
    RemoteFiles(url).write("study.yaml", b"format: 0")
    with on_machine("one"):

        def published_and_read() -> None:
            committed(exchanged(remote), spec)
            pulled(url)

        after_the_listing(monkeypatch, published_and_read)
        assert Store(pulled(url)).record(made(spec)) is not None


def test_a_reader_waits_for_a_record_that_another_fetches(
    memory: str, spec: ModelSpec, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{memory}/small"
    RemoteFiles(url).write("study.yaml", b"format: 0")
    with on_machine("one"):
        record = committed(exchanged(held(url)), spec).path.name
        claimed, done = threading.Event(), threading.Event()

        def fetch() -> None:
            with claim(Mirror(url, READ).path(f"{CLAIMS}/{record}.lock")):
                claimed.set()
                done.wait(20)

        other = threading.Thread(target=fetch)
        other.start()
        assert claimed.wait(20)

        def it_ends(seconds: float) -> None:
            done.set()
            other.join(20)

        monkeypatch.setattr("benchmarks.remote.pulling.time.sleep", it_ends)
        assert (pulled(url) / "models" / record / "manifest.json").is_file()
