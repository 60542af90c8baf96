"""A study of hundreds of records, made by copying the tables of a few: for the tests of scale."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from benchmarks.measuring import evaluators
from benchmarks.measuring.picture_names import pictures_of
from benchmarks.records.files import write_json
from benchmarks.records.record import MANIFEST, Record, file_of
from benchmarks.records.store import Store
from benchmarks.records.versions import version
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import baseline_facts
from benchmarks.study.study import Study


def give_settings(store: Store, count: int) -> None:
    """Let every network of a store have so many settings: copies of its first one, which is what a sweep looks like."""
    for record in store.readable_records():
        first, *others = record.config["settings"]
        known = [first["name"], *(setting["name"] for setting in others)]
        copies = [f"copy {number}" for number in range(1, count - len(known) + 1)]
        record.rewrite_config(settings=[first, *others, *({**first, "name": name} for name in copies)])
        for table in ("accuracy", "cost"):
            found = record.table(table)
            own = found[found["setting"] == first["name"]]
            grown = pd.concat([found, *(own.assign(setting=name) for name in copies)], ignore_index=True)
            record.write_table(table, grown, record.made_by(table))


def multiply(source: Store, results: Path, study: Study) -> Campaign:
    """Store, as if it had been trained, every network that a study asks for.

    Args:
        source: a study of the same methods, with one seed.
        results: where the copies go.
        study: what to pretend; its repetitions are all given the source's tables.
    """
    campaign = Campaign(study, RunOptions(results=results))
    found: dict[str, Record] = {record.spec.method: record for record in source.readable_records()}
    for spec in campaign.specs:
        record = found[spec.method]
        kept = {name: record.config[name] for name in ("settings", "task", "units", "seconds", "environment")}
        config = {**kept, "baseline": baseline_facts(spec, campaign.dataset), "dataset_fingerprint": "copied"}
        weights = record.weights() if record.has_weights else {}
        made = campaign.store.commit(campaign.identity(spec), config, record.history(), weights)
        files, tables = dict(made.manifest["files"]), {}
        for chosen in evaluators():
            if record.has(chosen.name):
                name = file_of(chosen.name)
                shutil.copy(record.path / name, made.path / name)
                files[name] = record.manifest["files"][name]
                current = version(chosen, study.evaluation, spec, campaign.dataset.info)
                tables[chosen.name] = {**record.made_by(chosen.name), "version": current}
            pictures = pictures_of(chosen.name)
            if record.has(pictures):
                name = file_of(pictures)
                shutil.copy(record.path / name, made.path / name)
                files[name] = record.manifest["files"][name]
                tables[pictures] = {**record.made_by(pictures), "version": tables[chosen.name]["version"]}
        write_json(made.path / MANIFEST, {**made.manifest, "files": files, "tables": tables})
    campaign.store.write_study(campaign.study, {})
    return campaign
