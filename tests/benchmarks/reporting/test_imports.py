"""A page is a function of evidence: whatever lays it out imports nothing that reads a study or asks a registry."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import reporting

PACKAGE = "benchmarks.reporting"
ROOT = Path(reporting.__file__).parent
READERS = {
    f"{PACKAGE}.evidence.{name}"
    for name in ("environments", "loading", "methods", "records", "sources", "staleness", "studies")
} | {f"{PACKAGE}.{name}" for name in ("report", "export", "export.folder")}
"""What reads a study, what ties reading and layout together, and what writes files."""
VALUES = {
    "benchmarks.measuring.attacks.contract",  # the name of the attack that does nothing
    "benchmarks.measuring.engine_names",
    "benchmarks.measuring.picture_names",
    "benchmarks.measuring.probes",
    "benchmarks.measuring.radii",
    "benchmarks.measuring.summaries.accuracy",
    "benchmarks.measuring.summaries.corruptions",
    "benchmarks.measuring.summaries.intervals",
    "benchmarks.measuring.summaries.latency",
    "benchmarks.records.sample_sheet",
    "benchmarks.records.words",
    "benchmarks.records.answers",  # how answers without attack are called
    "benchmarks.statistics",  # computes with what it is given
    "benchmarks.training.recipe",
    "zoo.execution.thresholds",  # formulas of thresholds
    "zoo.network",
    "zoo.papers.paper",
    "zoo.plugins",
    "zoo.registry",  # selectors as text
}
"""Modules of the project outside reporting that layout may import: they hold values, types, formulas and plug-ins."""
DISK = {"glob", "os", "pathlib", "shutil", "sqlite3", "tempfile"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join([PACKAGE, *(parts[:-1] if parts[-1] == "__init__" else parts)])


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}
LAYOUT = [name for name in MODULES if name not in READERS and name != PACKAGE]


def imports(module: str) -> Iterator[str]:
    """Modules that a module of reporting imports anywhere in its code, names of packages followed to their modules."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            source = node.module or ""
            inner = [f"{source}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else source for name in inner)


def of_project(name: str) -> bool:
    return name.partition(".")[0] in ("benchmarks", "zoo")


def test_the_walk_sees_what_readers_import() -> None:
    assert {"zoo", "benchmarks.records.derived"} <= set(imports(f"{PACKAGE}.evidence.loading"))
    assert "benchmarks.records.store" in imports(f"{PACKAGE}.evidence.sources")
    assert "benchmarks.records.code_hashes" in imports(f"{PACKAGE}.evidence.staleness")
    assert set(MODULES) >= READERS


@pytest.mark.parametrize("module", LAYOUT)
def test_layout_imports_values_and_other_layout_only(module: str) -> None:
    foreign = {name for name in imports(module) if of_project(name)} - VALUES
    assert foreign <= set(LAYOUT)


@pytest.mark.parametrize("module", LAYOUT)
def test_layout_reads_no_disk(module: str) -> None:
    assert DISK.isdisjoint(imports(module))
    calls = [node for node in ast.walk(ast.parse(MODULES[module].read_text())) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "open"]
