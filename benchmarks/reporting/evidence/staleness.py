"""Whether a record is what the code of today makes, and what a study asks for that has no record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.records.belonging import known_models
from benchmarks.records.code_hashes import changed, code_hashes
from benchmarks.records.record import Record
from benchmarks.records.versions import is_of_today
from benchmarks.reporting.evidence.records import network_label
from benchmarks.reporting.formatting import listing
from benchmarks.study.study import Study
from zoo.registry import is_registered


def stale(record: Record, today: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """In what a record or its tables differ from what today's code and the study's options make, as phrases.

    Args:
        record: that is shown.
        today: `benchmarks.records.versions.of_today` of its study.
    """
    reasons = []
    if is_registered(record.spec.method):
        files = changed(record.config["code"], code_hashes(record.config["roots"]))
        reasons += [f"trained by other code: {', '.join(files)}"] if files else []
    else:
        reasons.append("its method is not registered any more")
    old = [name for name, made in today.items() if record.has(name) and not is_of_today(record, name, made)]
    return (*reasons, f"measured by other code or options: {listing(old)}") if old else tuple(reasons)


def untrained(study: Study, known: Iterable[str]) -> tuple[str, ...]:
    """Labels of networks that a study asks for today, without those that have a record or a failure.

    Args:
        study: what is asked for.
        known: labels of networks that have one.
    """
    wanted = dict.fromkeys(network_label(spec) for spec in known_models(study))
    return tuple(label for label in wanted if label not in set(known))
