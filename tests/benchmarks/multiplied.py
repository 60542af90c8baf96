"""A study of hundreds of records, made by copying the tables of a few: for the tests of scale."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.measuring import evaluators
from benchmarks.records.files import write_json
from benchmarks.records.record import MANIFEST, Record, file_of
from benchmarks.records.store import Store
from benchmarks.records.versions import version
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import baseline_facts
from benchmarks.study.study import Study


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
        write_json(made.path / MANIFEST, {**made.manifest, "files": files, "tables": tables})
    campaign.store.write_study(campaign.study, {})
    return campaign
