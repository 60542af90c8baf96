"""A study at a URL is brought to this machine: what a verb needs of it, as far as it is not here already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.records.claims import CLAIMS, RETRY_SECONDS, Busy, claim, is_claimed
from benchmarks.records.files import DAMAGED_MARK, StoreError
from benchmarks.remote.exchange import RemoteStudy
from benchmarks.remote.lease import LEASE, holder_of, leased
from zoo.remote.files import RemoteFiles, split_url
from zoo.remote.mirror import READ, Mirror
from zoo.remote.records import MODELS, pull_record, record_names, remove_if_gone

STUDY = "study.yaml"


def pulled(url: str, *, weights: bool = False) -> Path:
    """The folder of this machine in which a study is read, brought up to date; a run on this machine has another.

    Args:
        url: of the study, such as `s3://bucket/runs/quick`.
        weights: whether the weights of its networks are fetched too.

    Raises:
        RemoteError: the store cannot be used.
        StoreError: it holds no study there.
    """
    mirror = Mirror(url, READ)
    listing = pull(mirror, weights=weights, wait=True)
    if not listing:
        raise StoreError(f"{mirror.files.url} is missing: no study has been run there")
    if STUDY not in listing:
        raise StoreError(f"{mirror.files.url} holds no results: {STUDY} is missing")
    return mirror.root


def pull(mirror: Mirror, *, weights: bool = False, wait: bool = False) -> Mapping[str, str]:
    """Let everything here be as it is there, except what a job on this machine works on, and checkpoints.

    What the listing lacks is looked for again before it is removed: others may have published it since.

    Args:
        mirror: of the study.
        weights: whether the weights of its networks are fetched too.
        wait: whether to wait for a record that another process of this machine claims: where no job works, to fetch it.

    Returns:
        The files there, with their tags.

    Raises:
        RemoteError: the store cannot be used.
    """
    listing = mirror.files.listing()
    for name, tag in listing.items():
        if not name.startswith(f"{MODELS}/") and name != LEASE:
            mirror.fetch_if_other(name, tag)
    for name in _plain_files(mirror.root):
        if name not in listing and mirror.files.tag(name) is None:
            mirror.forget(name)
    there = record_names(listing)
    for record in there:
        with suppress(Busy), _claimed(mirror, record, wait=wait):
            pull_record(mirror, record, listing, weights=weights)
    for record in _records(mirror.root):
        if record not in there:
            with suppress(Busy), _claimed(mirror, record, wait=wait):
                remove_if_gone(mirror, record)
    return listing


@contextmanager
def opened_for_a_run(results: str, name: str) -> Iterator[RemoteStudy]:
    """A study that is run with its results at a URL; it is here, and nobody else runs it during the block.

    Args:
        results: URL of the folder of studies.
        name: of the study.

    Raises:
        RemoteError: the store cannot be used, or not written.
        StoreError: something else is there, or another run works on it.
    """
    url = study_url(results, name)
    mirror = Mirror(url)
    _check_place(mirror)
    with leased(url) as token:
        for told in _told(pull(mirror)):
            mirror.drop(told)
            mirror.forget(told)
        yield RemoteStudy(url, token)


def opened_for_a_plan(results: str, name: str) -> RemoteStudy:
    """The same for a command that only looks; the study may be missing.

    Raises:
        RemoteError: the store cannot be used.
    """
    url = study_url(results, name)
    remote = RemoteStudy(url)
    pull(Mirror(url, remote.within), wait=True)
    return remote


def study_url(results: str, name: str) -> str:
    """URL of a study below that of the folder of studies.

    Raises:
        RemoteError: the latter is no URL.
    """
    protocol, path = split_url(results)
    return f"{protocol}://{path}/{name}"


def works_on(url: str) -> Callable[[str], bool]:
    """Whether a job works on the record of a name now: it has told something since the run began that lives.

    Raises:
        RemoteError: the store cannot be used.
    """
    files = RemoteFiles(url)
    told = set(_told(files.listing(CLAIMS))) if holder_of(files).alive else set()
    return lambda record: f"{CLAIMS}/{record}.json" in told


def _check_place(mirror: Mirror) -> None:
    """Refuse a place that holds anything but a study."""
    listing = mirror.files.listing()
    if listing and STUDY not in listing and not any(name.startswith((f"{MODELS}/", f"{CLAIMS}/")) for name in listing):
        raise StoreError(
            f"--results: {mirror.files.url} holds {min(listing)!r} and no study; choose another place or --name"
        )


def _told(listing: Mapping[str, str]) -> list[str]:
    """Files in which jobs tell what they do: those that are named by a record, METHOD-HASH."""
    return [name for name in listing if name.startswith(f"{CLAIMS}/") and "-" in name and name.endswith(".json")]


def _plain_files(root: Path) -> list[str]:
    """Files of a mirror, apart from records, locks, what was put aside, and what is being written."""
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    mine = [name for name in names if not name.startswith(f"{MODELS}/") and not name.endswith(".lock")]
    return [name for name in mine if DAMAGED_MARK not in name and not name.rpartition("/")[2].startswith(".")]


def _records(root: Path) -> list[str]:
    return [p.name for p in root.glob(f"{MODELS}/*") if p.name[0] != "." and DAMAGED_MARK not in p.name]


@contextmanager
def _claimed(mirror: Mirror, record: str, *, wait: bool) -> Iterator[None]:
    path = mirror.path(f"{CLAIMS}/{record}.lock")
    while wait and is_claimed(path):
        time.sleep(RETRY_SECONDS)
    with claim(path):
        yield
