"""Records on disk: one directory per trained model, written under a temporary name and renamed when complete."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from torch import Tensor

from benchmarks.measuring.picture_names import PICTURES
from benchmarks.plugins.loading import load as load_plugins
from benchmarks.plugins.places import PluginError
from benchmarks.records.claims import CLAIMS, Busy, claim
from benchmarks.records.code_hashes import changed
from benchmarks.records.elsewhere import NOWHERE, Elsewhere
from benchmarks.records.files import (
    Damaged,
    StoreError,
    put_aside,
    read_json,
    read_yaml,
    study_file,
    write_json,
    write_yaml,
)
from benchmarks.records.given import changed_contents
from benchmarks.records.identity import Identity
from benchmarks.records.record import (
    FORMAT,
    MANIFEST,
    WEIGHTS,
    OtherVersion,
    Record,
    is_finished_name,
    is_record,
    write_record,
)
from benchmarks.study.design import STORED
from benchmarks.study.study import ModelSpec, Study, StudyError, checked
from zoo.loading.records import INDEX

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Status:
    """The state of a model in the store.

    Attributes:
        state: `missing`, `started` (there is a checkpoint), `stale` (made by other code, precision or device),
            `damaged`, `failed` or `done`.
        reason: for people: the progress, what has changed, or the error.
    """

    state: str
    reason: str = ""


class Store:
    """The records of one study.

    Args:
        root: `results/<study>`.
        elsewhere: what has to know of changes, if the study is stored elsewhere too. The store tells it of its own;
            who changes a record or a file in another way calls `elsewhere.changed`.
    """

    def __init__(self, root: Path, elsewhere: Elsewhere = NOWHERE) -> None:
        self.root = root
        self.elsewhere = elsewhere

    def fetch(self, identity: Identity) -> None:
        """Let a model be as it is elsewhere: its record, checkpoint and failure. The caller must hold its claim."""
        failure = self._failure_path(identity.spec)
        self.elsewhere.fetch(self.path(identity), self.workspace(identity), failure)

    def has_weights(self, record: Record) -> bool:
        """Whether a record has its weights, here or elsewhere."""
        return record.has_weights or self.elsewhere.has(record.path / WEIGHTS)

    def path(self, identity: Identity) -> Path:
        """Directory of a model; its name is the method and the hash of the identity."""
        return self.root / "models" / identity.name

    def workspace(self, identity: Identity) -> Path:
        """Directory of a model that is being trained, with its checkpoint."""
        return self.root / "models" / f".{identity.name}.partial"

    def claim_file(self, identity: Identity) -> Path:
        """Lock file that a job holds while it works on a model; see `benchmarks.records.claims`."""
        return self._claim_file(identity.name)

    def claim_of(self, record: Record) -> Path:
        """Lock file of an existing record."""
        return self._claim_file(record.path.name)

    def _claim_file(self, name: str) -> Path:
        return self.root / CLAIMS / f"{name}.lock"

    def record(self, identity: Identity) -> Record | None:
        """The record of a finished model, intact or damaged; None if there is none."""
        path = self.path(identity)
        return Record(path) if path.is_dir() else None

    def records(self) -> list[Record]:
        """Every finished model of this version, newest first.

        Raises:
            StoreError: one is damaged.
        """
        found = []
        for record in self._finished():
            with suppress(OtherVersion):  # not damaged, but this version cannot read it
                found.append((str(record.config["finished"]), record.path.name, record))
        return [record for _, _, record in sorted(found, key=lambda item: item[:2], reverse=True)]

    def readable_records(self) -> list[Record]:
        """Every finished model that can be read, newest first; the others are skipped."""
        found = []
        for record in self._finished():
            with suppress(StoreError):
                found.append((str(record.config["finished"]), record.path.name, record))
        return [record for _, _, record in sorted(found, key=lambda item: item[:2], reverse=True)]

    def _finished(self) -> list[Record]:
        return [Record(path) for path in sorted(self.root.glob("models/*")) if is_record(path)]

    def status(self, identity: Identity, others: Mapping[str, Record] | None = None) -> Status:
        """The state of a model, for `--dry-run`, the report and the decision to train.

        Args:
            identity: of the model.
            others: newest record by key of its specification, used to explain why a record is stale; None: read them.
        """
        record = self.record(identity)
        if record is not None:
            damages = record.check()
            if damages:
                return Status("damaged", "; ".join(str(damage) for damage in damages))
            return Status("done")
        failure = self.failure(identity.spec)
        if failure:
            return Status("failed", f"last time: {failure['error']}; will be tried again")
        checkpoint = self.workspace(identity) / CHECKPOINT
        if checkpoint.exists() or self.elsewhere.has(checkpoint):
            return Status("started", "continues from its checkpoint")
        newest = newest_by_key(self.readable_records()) if others is None else others
        older = newest.get(identity.spec.key)
        if older:
            return Status("stale", difference(older, identity))
        if self._in_older_format(identity.spec.method):
            return Status("stale", "written by an older version of RouteBench")
        return Status("missing")

    def _in_older_format(self, method: str) -> bool:
        found = self.root.glob(f"models/{method}-*/config.yaml")
        return any(is_finished_name(path.parent) and not (path.parent / MANIFEST).exists() for path in found)

    def commit(
        self,
        identity: Identity,
        config: Mapping[str, Any],
        history: pd.DataFrame,
        weights: Mapping[str, Tensor],
    ) -> Record:
        """Make a finished model visible in one step, and remove its checkpoint and failures."""
        workspace, final = self.workspace(identity), self.path(identity)
        workspace.mkdir(parents=True, exist_ok=True)
        header = {
            "finished": datetime.now(UTC).isoformat(),
            "spec": identity.spec.model_dump(mode="json"),
            **identity.inputs(),
            "roots": list(identity.roots),
        }
        write_record(workspace, {**header, **config}, history, weights)
        (workspace / CHECKPOINT).unlink(missing_ok=True)
        if final.exists():
            shutil.rmtree(final)
        workspace.rename(final)
        for path in (final, workspace):  # the checkpoint goes when the record is there
            self.elsewhere.changed(path)
        self.forget_failure(identity.spec)
        return Record(final)

    def discard(self, spec: ModelSpec) -> None:
        """Remove every record of a specification, whatever code or data made it."""
        for record in self.readable_records():
            if record.spec.key == spec.key:
                shutil.rmtree(record.path)
                self.elsewhere.changed(record.path)

    def remove_pictures(self) -> None:
        """Remove the pictures of attacked images from every record that no other run is working on."""
        for record in self.readable_records():
            tables = [name for name in record.manifest["tables"] if name.endswith(PICTURES)]
            with suppress(Busy), claim(self.claim_of(record)):
                for name in tables:
                    record.remove_table(name)
                if tables:
                    self.elsewhere.changed(record.path)

    def discard_workspace(self, identity: Identity) -> None:
        """Remove a checkpoint, so that training starts from the beginning."""
        shutil.rmtree(self.workspace(identity), ignore_errors=True)
        self.elsewhere.changed(self.workspace(identity))

    def put_aside_damaged(self, identity: Identity) -> list[str]:
        """Put aside the damaged parts of a model's record; one line for each. The caller must hold its claim."""
        return [f"{line}, made again" for line in self._put_aside_all(self.path(identity))]

    def put_aside_damaged_others(self, identities: Iterable[Identity]) -> list[str]:
        """Put aside the damaged parts of all records except those of these models; one line for each.

        Records that another run is working on, or that another version wrote, are left alone.
        """
        lines, excluded = [], {self.path(identity) for identity in identities}
        for record in self._finished():
            if record.path in excluded or record.is_of_another_version or not record.check():
                continue
            with suppress(Busy), claim(self.claim_of(record)):
                lines += self._put_aside_all(record.path)
        return lines

    def _put_aside_all(self, path: Path) -> list[str]:
        lines = []
        while path.is_dir() and (damages := Record(path).check()):
            place = Record(path).put_aside(damages[0])
            lines.append(f"{damages[0]}; put aside as {place.name}")
        if lines:
            self.elsewhere.changed(path)
        return lines

    def put_aside_damaged_failures(self) -> list[str]:
        """Put aside records of failures that cannot be read; one line for each."""
        lines = []
        for path in sorted(self.root.glob("failures/*.yaml")):
            try:
                read_yaml(path)
            except Damaged as damage:
                lines.append(f"{damage}; put aside as {put_aside(path).name}")
                self.elsewhere.changed(path)
        return lines

    def failure(self, spec: ModelSpec) -> dict[str, Any] | None:
        """The last failure of a model that has not succeeded since: job, error, traceback; None if there is none."""
        path = self._failure_path(spec)
        if not path.exists():
            return None
        try:
            return read_yaml(path)
        except Damaged:
            return None  # reported by `put_aside_damaged_failures`; a failed job is retried in any case

    def failures(self) -> list[dict[str, Any]]:
        """All stored failures.

        Raises:
            StoreError: one is damaged.
        """
        return [read_yaml(path) for path in sorted(self.root.glob("failures/*.yaml"))]

    def write_failure(self, spec: ModelSpec, job: str, error: str, trace: str) -> None:
        """Store the failure of a job."""
        moment = datetime.now(UTC).isoformat()
        write_yaml(
            self._failure_path(spec),
            {"job": job, "when": moment, "spec": spec.model_dump(mode="json"), "error": error, "traceback": trace},
        )
        self.elsewhere.changed(self._failure_path(spec))

    def forget_failure(self, spec: ModelSpec) -> None:
        """Remove the stored failure, after the job succeeded."""
        path = self._failure_path(spec)
        if path.exists():
            path.unlink()
            self.elsewhere.changed(path)

    def _failure_path(self, spec: ModelSpec) -> Path:
        return self.root / "failures" / f"{spec.method}-{spec.key}.yaml"

    def write_study(self, study: Study, environment: Mapping[str, Any]) -> None:
        """Store the study and the environment of its last run; records have their own environments."""
        write_yaml(self.root / "study.yaml", {"format": STORED, **study.model_dump(mode="json")})
        write_json(self.root / "environment.json", environment)
        for name in ("study.yaml", "environment.json"):
            self.elsewhere.changed(self.root / name)

    def write_networks(self, records: Mapping[str, Record]) -> None:
        """Store which record is shown under which label, for `zoo.load`: other records may lie beside them."""
        names = {label: record.path.name for label, record in records.items()}
        write_json(self.root / INDEX, {"format": FORMAT, "networks": names})
        self.elsewhere.changed(self.root / INDEX)

    def read_study(self) -> Study:
        """The stored study.

        Raises:
            StoreError: it is missing, of another format, or damaged, or one of its plug-ins cannot be imported.
        """
        path = study_file(self.root)
        if path.read_bytes().startswith(b"format: 1\n"):
            raise StoreError(f"{path} was written by another version of RouteBench: run the study again")
        values = read_yaml(path)
        if values.pop("format", None) != STORED:
            raise StoreError(f"{path} was written by another version of RouteBench: run the study again")
        try:
            load_plugins(values.get("plugins") or ())
        except PluginError as error:
            raise StoreError(f"{path} names plug-ins: {error}") from error
        try:
            return checked(Study, values, f"{path} is damaged")
        except StudyError as error:
            raise StoreError(str(error)) from error

    def environment(self) -> dict[str, Any]:
        """The environment of the last run.

        Raises:
            StoreError: the file is missing or damaged.
        """
        return read_json(self.root / "environment.json")


def newest_by_key(records: list[Record]) -> dict[str, Record]:
    """The first record of each specification."""
    found: dict[str, Record] = {}
    for record in records:
        found.setdefault(record.spec.key, record)
    return found


def difference(record: Record, identity: Identity) -> str:
    """Why a record of the same specification is stale; one line."""
    old, new = record.config, identity.inputs()
    reasons = []
    if old["data"] != new["data"]:
        reasons.append(f"made on other data ({old['data']}, now {new['data']})")
    for name in ("precision", "device", "parameters"):
        if old.get(name) != new[name]:
            reasons.append(f"{name} was {old.get(name)}, is {new[name]}")
    reasons += changed_contents(old.get("given", {}), new.get("given", {}))
    files = changed(old["code"], new["code"])
    reasons += [f"code changed since: {', '.join(files)}"] if files else []
    return "; ".join(reasons)
