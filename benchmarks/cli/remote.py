"""Where the results of a run are: a folder, or a URL that is mirrored on this machine; imports nothing slow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.waiting import waiting
from benchmarks.remote.urls import is_url, shown
from benchmarks.study.design import Design, checked

if TYPE_CHECKING:
    from benchmarks.remote.exchange import RemoteStudy


@dataclass(frozen=True)
class ResultsPlace:
    """Where the results of a run are.

    Attributes:
        folder: of the study's directory, on this machine.
        remote: the study, if it is at a URL.
    """

    folder: Path
    remote: RemoteStudy | None = None


@contextmanager
def results_place(results: str, design: Design, name: str | None, *, dry_run: bool) -> Iterator[ResultsPlace]:
    """The place of a study's results; of a URL, brought to this machine, and of a run, held until the block ends.

    Args:
        results: a folder or a URL.
        design: of the study.
        name: that replaces the study's.
        dry_run: whether nothing is written.

    Raises:
        RemoteError: the store cannot be used.
        StoreError: something else is there, or another run works on it.
        StudyError: the name is not valid.
    """
    if not is_url(results):
        yield ResultsPlace(Path(results))
        return
    from benchmarks.remote.pulling import opened_for_a_plan, opened_for_a_run, study_url
    from zoo.remote.mirror import mirror_folder

    checked_name = checked(Design, design.model_dump() | ({} if name is None else {"name": name}), "options").name
    url = study_url(results, checked_name)
    if dry_run:
        with waiting(f"reading {shown(results)}"):
            remote = opened_for_a_plan(results, checked_name)
        yield ResultsPlace(mirror_folder(url, remote.within).parent, remote)
        return
    with ExitStack() as held:
        with waiting(f"reading {shown(results)}"):
            remote = held.enter_context(opened_for_a_run(results, checked_name))
        yield ResultsPlace(mirror_folder(url, remote.within).parent, remote)
