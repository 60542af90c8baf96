"""One run at a time writes a study at a URL."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.records.files import StoreError
from benchmarks.remote import lease
from benchmarks.remote.lease import LEASE, Holder, _content, check_lease, holder_of, leased, this_process
from zoo.remote.files import RemoteFiles


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs of life in tenths of seconds."""
    for name, seconds in (("BEAT", 0.1), ("STALE", 2.0), ("SETTLE", 0.05)):
        monkeypatch.setattr(lease, name, seconds)


def elsewhere(age: float = 0.0) -> Holder:
    """A run on another machine, heard of some time ago."""
    return replace(this_process(), host="far", machine="another", beat=time.time() - age)


def test_a_second_run_is_told_who_works_on_the_study(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Holder, "age", 0.0)  # however slow the store is
    url = f"{place}/small"
    with leased(url), pytest.raises(StoreError) as caught, leased(url):
        pass
    told = " works on it, last heard of 0 s ago; if it was killed, the same command takes over 2 s from now"
    assert str(caught.value).endswith(told)
    assert str(caught.value).startswith(f"{RemoteFiles(url).url}: a run on ")
    with leased(url) as token:
        assert token, "after the first has ended"
    assert holder_of(RemoteFiles(url)).token == ""


def test_a_lease_lives_as_long_as_its_run(place: str) -> None:
    files = RemoteFiles(f"{place}/small")
    with leased(f"{place}/small"):
        first = holder_of(files).beat
        deadline = time.monotonic() + 20
        while holder_of(files).beat == first:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_run_on_another_machine_keeps_its_lease_for_some_time(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "STALE", 60.0)  # a slow store takes seconds for what is between writing and asking
    files = RemoteFiles(f"{place}/small")
    files.write(LEASE, _content(elsewhere(age=1.0)))
    with pytest.raises(StoreError, match="a run on far "), leased(f"{place}/small"):
        pass


def test_a_lease_without_signs_of_life_is_taken_over(place: str) -> None:
    files = RemoteFiles(f"{place}/small")
    lost = elsewhere(age=60.0)
    files.write(LEASE, _content(lost))
    with leased(f"{place}/small") as token:
        check_lease(files, token)
        with pytest.raises(StoreError, match=r"no longer this run's: a run on .* has taken it over"):
            check_lease(files, lost.token)


def test_a_run_whose_clock_is_late_keeps_its_lease(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = RemoteFiles(f"{place}/small")
    late = elsewhere(age=60.0)
    files.write(LEASE, _content(late))
    usual: Callable[[float], None] = time.sleep

    def it_beats(seconds: float) -> None:
        usual(seconds)
        files.write(LEASE, _content(replace(late, beat=late.beat + 20)))

    monkeypatch.setattr("benchmarks.remote.lease.time.sleep", it_beats)
    with pytest.raises(StoreError, match="a run on far "), leased(f"{place}/small"):
        pass


def test_a_run_that_has_only_begun_to_write_its_lease_is_another_run(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RemoteFiles(f"{place}/small")
    files.write(LEASE, b"")
    usual: Callable[[float], None] = time.sleep

    def it_writes(seconds: float) -> None:
        usual(seconds)
        files.write(LEASE, b'{"token": ')

    monkeypatch.setattr("benchmarks.remote.lease.time.sleep", it_writes)
    with pytest.raises(StoreError, match=": another run has just started on it; give the same"), leased(files.url):
        pass


def test_a_run_that_ends_while_it_is_watched_makes_way(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = RemoteFiles(f"{place}/small")
    files.write(LEASE, _content(elsewhere(age=60.0)))
    usual: Callable[[float], None] = time.sleep

    def it_ends(seconds: float) -> None:
        usual(seconds)
        if holder_of(files).host == "far":
            files.remove(LEASE)

    monkeypatch.setattr("benchmarks.remote.lease.time.sleep", it_ends)
    with leased(files.url) as token:
        assert holder_of(files).token == token


def test_of_two_runs_that_a_store_lets_create_the_lease_the_last_has_it(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RemoteFiles(f"{place}/small")
    usual = RemoteFiles.create

    def both(self: RemoteFiles, name: str, content: bytes) -> bool:
        created = usual(self, name, content)
        files.write(LEASE, _content(elsewhere()))
        return created

    monkeypatch.setattr(RemoteFiles, "create", both)
    with pytest.raises(StoreError, match="a run on far "), leased(files.url):
        pass
    assert holder_of(files).host == "far"


def test_a_run_in_another_container_of_this_machine_has_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot"
    boot.write_text("one start\n")
    monkeypatch.setattr(lease, "BOOT", boot)
    holders = []
    for container in ("pid:[1]", "pid:[2]"):
        place = tmp_path / container
        place.symlink_to(container)
        monkeypatch.setattr(lease, "PROCESSES", place, raising=False)
        holders.append(replace(this_process(), process=2**22 + 1))
    other, mine = holders
    assert not other.has_ended
    assert mine.has_ended


def test_a_lease_that_cannot_be_read_is_taken_over(place: str) -> None:
    RemoteFiles(f"{place}/small").write(LEASE, b"\xff{")
    with leased(f"{place}/small") as token:
        assert holder_of(RemoteFiles(f"{place}/small")).token == token


def test_a_killed_run_of_this_machine_does_not_keep_the_next_one_waiting(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/small"
    process = multiprocessing.get_context("spawn").Process(target=_hold, args=(url,))
    process.start()
    while not holder_of(RemoteFiles(url)).token:
        time.sleep(0.05)
    process.kill()
    process.join()
    assert holder_of(RemoteFiles(url)).has_ended
    with leased(url):
        pass


def _hold(url: str) -> None:
    with leased(url):
        time.sleep(600)


def test_nothing_is_written_without_a_lease(place: str) -> None:
    with pytest.raises(StoreError, match="its lease is gone"):
        check_lease(RemoteFiles(f"{place}/small"), "of a run that has ended")
    with pytest.raises(StoreError):
        check_lease(RemoteFiles(f"{place}/small"), "")
