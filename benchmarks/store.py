"""Records on disk: one directory per trained model, written under a temporary name and renamed when complete."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from benchmarks.fingerprint import changed
from benchmarks.study import ModelSpec, Study, StudyError, checked
from zoo.contract import Setting

FORMAT = 1
"""Version of the layout below; a reader refuses others."""


class StoreError(RuntimeError):
    """Records that cannot be read; the message names the file."""


@dataclass(frozen=True)
class Status:
    """What the store knows of a model.

    Attributes:
        state: `missing`, `started` (a checkpoint waits), `stale` (older code), `failed` or `done`.
        reason: for people: how far, what changed, or which error.
    """

    state: str
    reason: str = ""


@dataclass(frozen=True)
class Record:
    """The directory of one trained model; its files are documented in CONTRIBUTING.md."""

    path: Path

    @property
    def config(self) -> dict[str, Any]:
        """Specification, code version, settings, seconds of training.

        Raises:
            StoreError: it is missing or damaged.
        """
        values = read_yaml(self.path / "config.yaml")
        lacking = {"format", "finished", "spec", "code", "settings", "seconds"} - values.keys()
        if lacking:
            raise StoreError(f"{self.path / 'config.yaml'} is damaged: it lacks {', '.join(sorted(lacking))}")
        return values

    @property
    def spec(self) -> ModelSpec:
        """What was trained."""
        return ModelSpec.model_validate(self.config["spec"])

    @property
    def settings(self) -> list[Setting]:
        """Points of the curve it can serve, the headline first."""
        return [Setting(**values) for values in self.config["settings"]]

    def history(self) -> pd.DataFrame:
        """One row per epoch of training."""
        return read_table(self.path / "history.parquet")

    def weights(self) -> dict[str, Tensor]:
        """The trained parameters and buffers.

        Raises:
            StoreError: they are damaged or not there (committed reference records leave them out).
        """
        path = self.path / "weights.safetensors"
        if not path.exists():
            raise StoreError(f"{path} is missing: this record was stored without its weights")
        weights: dict[str, Tensor] = _read(path, load_file)
        return weights

    def has(self, evaluator: str) -> bool:
        """Whether that evaluator's table is there, whatever its version."""
        return self._table(evaluator).exists()

    def table(self, evaluator: str) -> pd.DataFrame:
        """What an evaluator found."""
        return read_table(self._table(evaluator))

    def write_table(self, evaluator: str, table: pd.DataFrame) -> None:
        """Store an evaluator's table in one step."""
        with replacing(self._table(evaluator)) as temporary:
            table.to_parquet(temporary, index=False)

    def _table(self, evaluator: str) -> Path:
        return self.path / f"{evaluator}.parquet"


class Store:
    """The records of one study.

    Args:
        root: `results/<study>`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, spec: ModelSpec, code: Mapping[str, str]) -> Path:
        """Directory of a model: its method and the hash of all that determines it."""
        text = json.dumps([FORMAT, spec.model_dump(mode="json"), dict(code)], sort_keys=True)
        return self.root / "models" / f"{spec.method}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"

    def workspace(self, spec: ModelSpec, code: Mapping[str, str]) -> Path:
        """Directory of a model that is being trained; holds its checkpoint."""
        final = self.path(spec, code)
        return final.with_name(f".{final.name}.partial")

    def record(self, spec: ModelSpec, code: Mapping[str, str]) -> Record | None:
        """The finished model, if there is one."""
        path = self.path(spec, code)
        return Record(path) if (path / "config.yaml").exists() else None

    def records(self) -> list[Record]:
        """Every finished model, newest first."""
        found = [p.parent for p in self.root.glob("models/*/config.yaml") if not p.parent.name.startswith(".")]
        return sorted(map(Record, found), key=lambda r: (str(r.config["finished"]), r.path.name), reverse=True)

    def status(self, spec: ModelSpec, code: Mapping[str, str]) -> Status:
        """What is known of a model, for `--dry-run`, the report and the decision to train."""
        if self.record(spec, code):
            return Status("done")
        failure = self.failure(spec)
        if failure:
            return Status("failed", f"last time: {failure['error']}; will be tried again")
        if (self.workspace(spec, code) / "checkpoint.pt").exists():
            return Status("started", "goes on from its checkpoint")
        older = next((r for r in self.records() if r.config["spec"] == spec.model_dump(mode="json")), None)
        if older:
            return Status("stale", "code changed since: " + ", ".join(changed(older.config["code"], code)))
        return Status("missing")

    def commit(
        self,
        spec: ModelSpec,
        code: Mapping[str, str],
        config: Mapping[str, Any],
        history: pd.DataFrame,
        weights: Mapping[str, Tensor],
    ) -> Record:
        """Make a finished model visible, all of it at once, and forget its checkpoint and failures."""
        workspace, final = self.workspace(spec, code), self.path(spec, code)
        workspace.mkdir(parents=True, exist_ok=True)
        plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
        save_file(plain, workspace / "weights.safetensors")
        history.to_parquet(workspace / "history.parquet", index=False)
        finished = datetime.now(UTC).isoformat()
        header = {"format": FORMAT, "finished": finished, "spec": spec.model_dump(mode="json"), "code": dict(code)}
        write_yaml(workspace / "config.yaml", {**header, **config, "weights": digest(plain)})
        (workspace / "checkpoint.pt").unlink(missing_ok=True)
        if final.exists():
            shutil.rmtree(final)
        workspace.rename(final)
        self._failure_path(spec).unlink(missing_ok=True)
        return Record(final)

    def discard(self, spec: ModelSpec, code: Mapping[str, str]) -> None:
        """Remove a model and its checkpoint, so that it is trained anew."""
        for path in (self.path(spec, code), self.workspace(spec, code)):
            if path.exists():
                shutil.rmtree(path)

    def failure(self, spec: ModelSpec) -> dict[str, Any] | None:
        """The last failure of a model that has not succeeded since: job, error, traceback."""
        path = self._failure_path(spec)
        return read_yaml(path) if path.exists() else None

    def failures(self) -> list[dict[str, Any]]:
        """All of them."""
        return [read_yaml(path) for path in sorted(self.root.glob("failures/*.yaml"))]

    def write_failure(self, spec: ModelSpec, job: str, error: str, trace: str) -> None:
        """Remember a failed job."""
        write_yaml(
            self._failure_path(spec),
            {"job": job, "spec": spec.model_dump(mode="json"), "error": error, "traceback": trace},
        )

    def forget_failure(self, spec: ModelSpec) -> None:
        """The job has succeeded."""
        self._failure_path(spec).unlink(missing_ok=True)

    def _failure_path(self, spec: ModelSpec) -> Path:
        return self.root / "failures" / f"{spec.method}-{spec.key}.yaml"

    def write_study(self, study: Study, environment: Mapping[str, Any]) -> None:
        """Store what is compared, and where it ran."""
        write_yaml(self.root / "study.yaml", {"format": FORMAT, **study.model_dump(mode="json")})
        with replacing(self.root / "environment.json") as temporary:
            temporary.write_text(json.dumps(environment, indent=2) + "\n")

    def read_study(self) -> Study:
        """What was compared.

        Raises:
            StoreError: there is no study here, it is of another format, or it is damaged.
        """
        path = self.root / "study.yaml"
        if not path.exists():
            raise StoreError(f"{self.root} holds no results: {path.name} is missing")
        values = read_yaml(path)
        if values.pop("format", None) != FORMAT:
            raise StoreError(f"{path} was written by another version of RouteBench")
        try:
            return checked(Study, values, f"{path} is damaged")
        except StudyError as error:
            raise StoreError(str(error)) from error

    def environment(self) -> dict[str, Any]:
        """Where it ran.

        Raises:
            StoreError: that is missing or damaged.
        """
        values: dict[str, Any] = _read(self.root / "environment.json", lambda path: json.loads(path.read_text()))
        return values


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def digest(weights: Mapping[str, Tensor]) -> str:
    """Hash of names and bytes of tensors, 16 hexadecimal digits: equal weights, equal digest."""
    sha = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].detach().cpu().contiguous().flatten()
        sha.update(name.encode())
        sha.update(value.view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()[:16]


def read_table(path: Path) -> pd.DataFrame:
    """Read a parquet file.

    Raises:
        StoreError: it is missing or damaged.
    """
    table: pd.DataFrame = _read(path, pd.read_parquet)
    return table


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        StoreError: it is missing or damaged.
    """
    values = _read(path, lambda p: yaml.safe_load(p.read_text()))
    if not isinstance(values, dict):
        raise StoreError(f"{path} is damaged: it holds no mapping")
    return values


def _read(path: Path, reader: Callable[[Path], Any]) -> Any:
    try:
        return reader(path)
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing") from error
    except (OSError, ValueError, yaml.YAMLError, SafetensorError) as error:
        raise StoreError(f"{path} is damaged: {error}") from error


def write_yaml(path: Path, values: Mapping[str, Any]) -> None:
    """Write a YAML mapping in one step."""
    with replacing(path) as temporary:
        temporary.write_text(yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=110))
