"""A study made again from its own files: the checks before it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.records.files import StoreError
from benchmarks.records.identity import data_key
from benchmarks.records.store import Store
from benchmarks.reporting.evidence.records import shown
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.study.study import Study, checked


def prepare(original: Path, into: Path, options: RunOptions, *, resume: bool = False) -> Campaign:
    """A campaign that makes a study again: the same networks, data, recipe and seeds, in another directory.

    Args:
        original: directory of the study.
        into: directory of the reproduction; missing or empty, unless it is resumed.
        options: of the run; the folder of results is replaced.
        resume: continue what an earlier reproduction of the same study left there.

    Raises:
        StoreError: the original is missing or damaged, or `into` holds something else.
        StudyError: the study cannot be run by this version, its data are others here, or `into` has no valid name.
        DataMissing: its data are not here.
    """
    store = Store(original)
    study = checked(Study, store.read_study().model_dump() | {"name": into.name}, "--into")
    if into.resolve() == original.resolve():
        raise StoreError(f"--into: {into} is the study itself; name another directory")
    _check_clean(into, study, resume=resume)
    campaign = Campaign(study, replace(options, results=into.parent))
    _check_data(store, campaign)
    return campaign


def _check_clean(into: Path, study: Study, *, resume: bool) -> None:
    """Refuse a directory with anything but, if it is resumed, a reproduction of the same study."""
    if not into.is_dir() or not any(into.iterdir()):
        return
    if not resume:
        raise StoreError(f"--into: {into} is not empty; name another directory, or continue it with --resume")
    begun = Store(into).read_study()
    if begun.model_copy(update={"preset": study.preset}) != study:
        raise StoreError(f"--into: {into} holds another study than the one to reproduce; name another directory")


def _check_data(original: Store, campaign: Campaign) -> None:
    """Refuse to train on other data than the original's."""
    today = data_key(campaign.dataset)
    for label, (_, record) in shown(original, campaign.study).items():
        made_on = str(record.config["data"])
        if made_on != today:
            raise StoreError(
                f"{original.root} was made on other data than {campaign.study.dataset} is here: {label} on {made_on}, "
                f"here they are {today}; --data-root names the folder of the data"
            )
