"""Which code a result depends on, as one hash per source file.

A module's fingerprint covers itself and what it imports from this project, with comments, docstrings and blank lines
left out, so that only a change of code makes a result stale.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import tokenize
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

PACKAGES = ("zoo", "benchmarks")


def fingerprint(modules: Iterable[str]) -> dict[str, str]:
    """Short hash of every source file that the modules need, by file name relative to the project.

    Package files (`__init__.py`) count only where they are named themselves: they list, they do not compute.
    """
    pending, done = list(modules), {}
    while pending:
        module = pending.pop()
        path = _source(module)
        if path is None:
            continue
        name = module.replace(".", "/") + ("/__init__.py" if path.name == "__init__.py" else ".py")
        if name in done:
            continue
        done[name] = _hash(path)
        pending += [m for m in _imports(path) if _source(m) and _source(m).name != "__init__.py"]  # type: ignore[union-attr]
    return dict(sorted(done.items()))


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Names of the files whose code differs, came or went."""
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


@cache
def _source(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _hash(path: Path) -> str:
    return hashlib.sha256(code_only(path.read_text()).encode()).hexdigest()[:12]


@cache
def _imports(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found += [f"{node.module}.{alias.name}" for alias in node.names if _is_module(node.module, alias.name)]
    return tuple(name for name in found if name.split(".")[0] in PACKAGES)


def _is_module(package: str, name: str) -> bool:
    if package.split(".")[0] not in PACKAGES:
        return False
    source = _source(package)
    return source is not None and source.name == "__init__.py" and (source.parent / f"{name}.py").exists()


def code_only(source: str) -> str:
    """The source without comments, docstrings, blank lines and trailing spaces."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for first, last in _docstrings(ast.parse(source)):
        lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(tree: ast.Module) -> list[tuple[int, int]]:
    spans = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            spans.append((node.lineno, node.end_lineno or node.lineno))
    return spans
