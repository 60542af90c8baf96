"""The directory of one trained model: its files, their digests, and what made them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import BufferReader, ipc
from pyarrow.parquet import ParquetFile
from pyarrow.parquet import write_table as write_parquet
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from benchmarks.measuring.registry import DERIVED
from benchmarks.records.files import (
    DAMAGED_MARK,
    Damaged,
    StoreError,
    from_yaml,
    parse,
    put_aside,
    read_bytes,
    read_json,
    replacing,
    sha256,
    to_yaml,
    write_json,
)
from benchmarks.study.study import ModelSpec
from zoo.network import Setting, Task
from zoo.weights import digest as digest

FORMAT = 2
"""Version of the layout below; records with another version are not read."""
MANIFEST = "manifest.json"
CONFIG, HISTORY, WEIGHTS = "config.yaml", "history.parquet", "weights.safetensors"
PARQUET, ARROW = ".parquet", ".arrow"
"""Ends of the names of files of tables: of evaluators, and of what is derived from those."""
FEW = 256
"""Different whole numbers up to which a column is stored as a dictionary."""
REQUIRED_FIELDS = frozenset(
    (
        *("format", "finished", "spec", "parameters", "data", "precision", "device", "code", "roots"),
        *("baseline", "task", "units", "settings", "seconds", "environment"),
    )
)
"""Fields that every `config.yaml` has."""


class OtherVersion(StoreError):
    """A record that another version of RouteBench wrote: it is not damaged, and must not be read or moved."""


class Record:
    """One trained model; its files are documented in docs/files.md.

    A record lists its files, and reads its manifest and its configuration, once. To see later changes by other
    processes, create a new object.

    Args:
        path: of the directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tables: dict[str, pd.DataFrame] = {}
        self._columns: dict[str, pa.Table] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"Record({str(self.path)!r})"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """`files`: SHA-256 by name; `tables`: version, environment and seconds by evaluator; `jobs`; `format`.

        Raises:
            StoreError: the manifest is missing, damaged or of another format.
        """
        values = read_json(self.path / MANIFEST)
        if values.get("format") != FORMAT:
            raise OtherVersion(f"{self.path} was written by another version of RouteBench")
        return values

    @cached_property
    def config(self) -> dict[str, Any]:
        """Specification, identity, baseline, settings, environment, seconds of training.

        Raises:
            StoreError: it is missing or damaged.
        """
        place = self.path / CONFIG
        values = parse(place, self._read(CONFIG).decode(), from_yaml)
        missing = REQUIRED_FIELDS - values.keys()
        if missing:
            raise Damaged(place, f"fields are missing: {', '.join(sorted(missing))}")
        return values

    @cached_property
    def spec(self) -> ModelSpec:
        """The specification.

        Raises:
            Damaged: this version of the suite cannot read it.
        """
        try:
            return ModelSpec.model_validate(self.config["spec"])
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, ("spec", *first["loc"])))
            raise Damaged(self.path / CONFIG, f"{where}: {first['msg']}") from error

    @property
    def settings(self) -> list[Setting]:
        """Settings that the network can serve; the first is the headline setting."""
        return [Setting(**values) for values in self.config["settings"]]

    @property
    def task(self) -> Task:
        """The task that the network was built for."""
        values = self.config["task"]
        channels, height, width = values["shape"]
        mean, std = tuple(values["mean"]), tuple(values["std"])
        return Task(shape=(channels, height, width), classes=values["classes"], mean=mean, std=std)

    def history(self) -> pd.DataFrame:
        """One row per epoch of training."""
        history: pd.DataFrame = self._arrow(HISTORY).to_pandas(use_threads=False)
        return history

    def weights(self) -> dict[str, Tensor]:
        """The trained parameters and buffers.

        Raises:
            StoreError: they are damaged or missing (committed reference records have no weights).
        """
        path = self.path / WEIGHTS
        if not path.exists():
            raise StoreError(f"{path} is missing: this record was stored without its weights")
        try:
            weights: dict[str, Tensor] = load(self._read(WEIGHTS))
        except SafetensorError as error:
            raise Damaged(path, str(error)) from error
        return weights

    @property
    def is_of_another_version(self) -> bool:
        """Whether another version of RouteBench wrote this record."""
        try:
            return not self.manifest
        except OtherVersion:
            return True
        except StoreError:
            return False

    @property
    def has_weights(self) -> bool:
        """Whether the record has its weights."""
        return (self.path / WEIGHTS).exists()

    def has(self, evaluator: str) -> bool:
        """Whether an evaluator's table or a derived one exists, in any version."""
        return file_of(evaluator) in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        """Of the files in the directory."""
        return frozenset(path.name for path in self.path.iterdir()) if self.path.is_dir() else frozenset()

    def table(self, evaluator: str) -> pd.DataFrame:
        """The table of an evaluator; the same object on every call, not to be modified."""
        if evaluator not in self._tables:
            self._tables[evaluator] = self._arrow(file_of(evaluator)).to_pandas(use_threads=False)
        return self._tables[evaluator]

    def columns(self, name: str) -> pa.Table:
        """A derived table, or an evaluator's, as Arrow has it: fast to join with those of other records."""
        if name not in self._columns:
            self._columns[name] = self._arrow(file_of(name))
        return self._columns[name]

    def made_by(self, evaluator: str) -> dict[str, Any]:
        """What made a table: `version` (code and inputs), `environment`, `seconds`; empty without the table."""
        entry: dict[str, Any] = self.manifest["tables"].get(evaluator, {}) if self.has(evaluator) else {}
        return entry

    def spent(self) -> dict[str, float]:
        """Seconds by what was made: `training` and each evaluator; and of jobs that waited, or did something else.

        The last two are `waiting` and `other`, and missing from records of jobs that did not store them.
        """
        found = {"training": float(self.config["seconds"])}
        tables = {name: entry for name, entry in self.manifest["tables"].items() if self.has(name)}
        found |= {name: float(entry["seconds"]) for name, entry in tables.items() if "seconds" in entry}
        return found | {name: float(seconds) for name, seconds in self.manifest.get("jobs", {}).items()}

    def add_overhead(self, *, waiting: float, other: float) -> None:
        """Add seconds that a job waited for the machine, and that it spent on neither training nor an evaluator."""
        manifest = self._reread()
        before = manifest.get("jobs", {})
        new = {"waiting": waiting, "other": other}
        jobs = {name: round(before.get(name, 0.0) + seconds, 3) for name, seconds in new.items()}
        write_json(self.path / MANIFEST, manifest | {"jobs": jobs})
        self._reread()

    def write_table(self, evaluator: str, table: pd.DataFrame, made_by: Mapping[str, Any]) -> None:
        """Store an evaluator's table or a derived one in one step, with what made it.

        If the process is killed meanwhile, either the old or the new table remains, and the manifest accepts both.
        """
        name = file_of(evaluator)
        manifest = self._reread()
        plain = table.copy(deep=False)
        plain.attrs = {}
        with replacing(self.path / name) as temporary:
            if name.endswith(ARROW):
                _write_arrow(temporary, plain)
            else:
                _write_parquet(temporary, plain)
            digest = sha256(temporary.read_bytes())
            pending = {name: {"sha256": digest, **made_by}}
            write_json(self.path / MANIFEST, manifest | {"pending": pending})
        before = f"{evaluator}{PARQUET}" if name.endswith(ARROW) else name  # what held a derived table until now
        files = {file: digest for file, digest in manifest["files"].items() if file != before}
        write_json(self.path / MANIFEST, _with_file({**manifest, "files": files}, name, digest, made_by))
        if before != name:
            (self.path / before).unlink(missing_ok=True)
        self._tables.pop(evaluator, None)
        self._columns.pop(evaluator, None)
        self._reread()

    def remove_table(self, name: str) -> None:
        """Remove a table, if there is one."""
        file = file_of(name)
        (self.path / file).unlink(missing_ok=True)
        manifest = self._reread()
        files = {key: digest for key, digest in manifest["files"].items() if key != file}
        tables = {key: made_by for key, made_by in manifest["tables"].items() if key != name}
        write_json(self.path / MANIFEST, manifest | {"files": files, "tables": tables})
        self._tables.pop(name, None)
        self._columns.pop(name, None)
        self._reread()

    def rewrite_config(self, **changes: Any) -> None:
        """Replace fields of the configuration on which neither weights nor settings depend."""
        text = to_yaml(self.config | changes)
        manifest = self._reread()
        files = manifest["files"]
        write_json(self.path / MANIFEST, manifest | {"pending": {CONFIG: {"sha256": sha256(text.encode())}}})
        with replacing(self.path / CONFIG) as temporary:
            temporary.write_text(text)
        write_json(self.path / MANIFEST, manifest | {"files": files | {CONFIG: sha256(text.encode())}})
        self._reread()

    def check(self) -> list[Damaged]:
        """All damaged or missing files of the record, found by their digests alone."""
        try:
            names = list(self.manifest["files"])
        except Damaged as error:
            return [error]
        except StoreError as error:
            return [Damaged(self.path / MANIFEST, str(error))]
        found = []
        for name in names:
            try:
                self._read(name)
            except Damaged as error:
                found.append(error)
            except StoreError as error:
                if name in (CONFIG, HISTORY):  # missing tables are measured again, and weights may be stored elsewhere
                    found.append(Damaged(self.path / name, str(error)))
        return found

    def put_aside(self, damage: Damaged) -> Path:
        """Put aside a damaged table, or the whole record if another file is damaged; the new path."""
        name = damage.path.name
        if name in (MANIFEST, CONFIG, HISTORY, WEIGHTS) or not name.endswith((PARQUET, ARROW)):
            return put_aside(self.path)
        place = put_aside(damage.path) if damage.path.exists() else damage.path
        manifest = self._reread()
        files = {key: value for key, value in manifest["files"].items() if key != name}
        tables = {key: value for key, value in manifest["tables"].items() if file_of(key) != name}
        write_json(self.path / MANIFEST, manifest | {"files": files, "tables": tables})
        self._tables.clear()
        self._columns.clear()
        self._reread()
        return place

    def _reread(self) -> dict[str, Any]:
        """The manifest as it is on disk now, with the pending entries of an interrupted writer resolved."""
        for remembered in ("manifest", "config", "spec", "_names"):
            self.__dict__.pop(remembered, None)
        manifest = dict(self.manifest)
        for name, entry in manifest.pop("pending", {}).items():
            made_by = {key: value for key, value in entry.items() if key != "sha256"}
            if (self.path / name).exists() and sha256((self.path / name).read_bytes()) == entry["sha256"]:
                manifest = _with_file(manifest, name, entry["sha256"], made_by)
        self.__dict__["manifest"] = manifest
        return manifest

    def _read(self, name: str) -> bytes:
        """A file's bytes, after their digest was checked."""
        content = read_bytes(self.path / name)
        digest = sha256(content)
        if self.manifest["files"].get(name) == digest or self._reread()["files"].get(name) == digest:
            return content
        if name not in self.manifest["files"]:
            raise Damaged(self.path / name, f"{MANIFEST} does not list it")
        raise Damaged(self.path / name, f"its SHA-256 is not the one in {MANIFEST}")

    def _arrow(self, name: str) -> pa.Table:
        try:
            if name.endswith(ARROW):
                with ipc.open_file(self._read(name)) as file:
                    return file.read_all()
            with ParquetFile(BufferReader(self._read(name))) as file:  # twice as fast as pandas on small tables
                return file.read(use_threads=False)
        except (ValueError, OSError) as error:
            raise Damaged(self.path / name, str(error)) from error


def file_of(table: str) -> str:
    """The file of an evaluator's table, or of a derived one, which every page reads: Arrow's format, not Parquet's.

    A table of one row and a hundred columns is read in a thirtieth of the time.
    """
    return f"{table}{ARROW if table in DERIVED else PARQUET}"


def as_columns(table: pd.DataFrame) -> pa.Table:
    """A table as Arrow, without what it needs to be the very same table of pandas again."""
    return pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)


def compact(table: pd.DataFrame) -> dict[str, Any]:
    """Options of Parquet that make tables small.

    Those of images are 40 % smaller than with the default of pandas. Small tables are a third as large without
    statistics, which serve to read a part of a file, and without a second schema in Arrow's format.
    """
    numbers = {str(name): table[name] for name in table.columns if table[name].dtype.kind in "fi"}
    encodings = {
        name: "BYTE_STREAM_SPLIT" if values.dtype.kind == "f" else "DELTA_BINARY_PACKED"
        for name, values in numbers.items()
        if values.dtype.kind == "f" or values.nunique() > FEW
    }
    others = [str(name) for name in table.columns if str(name) not in encodings]
    return {
        "compression": "zstd",
        "compression_level": 12,
        "use_dictionary": others,
        "column_encoding": encodings or None,
        "write_statistics": False,
        "store_schema": False,
    }


def write_record(folder: Path, config: Mapping[str, Any], history: pd.DataFrame, weights: Mapping[str, Tensor]) -> None:
    """Write the files of a record without tables into a folder."""
    plain = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    table = BytesIO()
    _write_parquet(table, history)
    contents = {
        WEIGHTS: save(plain),
        HISTORY: table.getvalue(),
        CONFIG: to_yaml({"format": FORMAT, **config, "weights": digest(plain)}).encode(),
    }
    for name, content in contents.items():
        with replacing(folder / name) as temporary:
            temporary.write_bytes(content)
    files = {name: sha256(content) for name, content in contents.items()}
    write_json(folder / MANIFEST, {"format": FORMAT, "files": files, "tables": {}})


def is_record(path: Path) -> bool:
    """Whether a directory is the record of a finished model, neither in progress nor put aside."""
    return is_finished_name(path) and (path / MANIFEST).exists()


def is_finished_name(path: Path) -> bool:
    """Whether a directory has the name of a finished model's record, neither in progress nor put aside."""
    return not path.name.startswith(".") and DAMAGED_MARK not in path.name


def _write_parquet(where: Path | BytesIO, table: pd.DataFrame) -> None:
    write_parquet(as_columns(table), where, **compact(table))


def _write_arrow(path: Path, table: pd.DataFrame) -> None:
    columns = as_columns(table)
    with ipc.new_file(path, columns.schema) as file:
        file.write_table(columns)


def _with_file(manifest: Mapping[str, Any], name: str, digest: str, made_by: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the new digest of a file and, for a table, what made it."""
    updated = {**manifest, "files": {**manifest["files"], name: digest}}
    if name.endswith((PARQUET, ARROW)):
        updated["tables"] = {**manifest["tables"], Path(name).stem: dict(made_by)}
    return updated
