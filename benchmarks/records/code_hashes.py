"""Which code a result depends on: one hash per source file.

The hashes cover a module and everything that it imports from this project or from its own package. Of a plug-in that
is not installed, that is also what stands beside its package or file in the same folder. Comments, docstrings and blank
lines are left out, so that only a change of code makes a result stale. A package file (`__init__.py`) re-exports: a
name that is imported from it is followed to the module that defines the name. In this project it does nothing else;
that of a plug-in counts where it defines such a name itself.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import io
import site
import sysconfig
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

PACKAGES = ("zoo", "benchmarks")
"""Packages whose imports are always followed."""
LISTS = (
    *("zoo.plugins", "zoo.registry", "zoo.papers", "benchmarks.data.catalogue"),
    *("benchmarks.measuring.registry", "benchmarks.measuring.attacks.registry"),
    *("benchmarks.measuring.summaries.registry", "benchmarks.measuring.doing"),
)
"""Modules and packages that only find plug-ins by name, hold facts of papers, or tell what is being done. They are left
out, because no number depends on them: parameters of presets, contents of data sets and options of evaluators are in a
record's identity as values."""


def code_hashes(modules: Iterable[str]) -> dict[str, str]:
    """Hash of every source file that the modules depend on, by path relative to the folder of its top-level package.

    Package files (`__init__.py`) of `PACKAGES`, and `LISTS`, are included only if `modules` names them.
    """
    return {name: digest for name, digest, _ in _closure(tuple(modules))}


def code_files(modules: Iterable[str]) -> dict[str, Path]:
    """Where those files are."""
    return {name: path for name, _, path in _closure(tuple(modules))}


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Paths of the files whose code was changed, added or removed."""
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def clear_caches() -> None:
    """Read every source file again on the next call; needed after a source file was changed within a process."""
    importlib.invalidate_caches()
    for cached in (_closure, _source, _read, _definitions, _folder):
        cached.cache_clear()


@cache
def _closure(modules: tuple[str, ...]) -> tuple[tuple[str, str, Path], ...]:
    pending, done = list(modules), dict[str, tuple[str, str, Path]]()
    while pending:
        module = pending.pop()
        path = _source(module)
        if path is None:
            continue
        name = module.replace(".", "/") + ("/__init__.py" if path.name == "__init__.py" else ".py")
        if name not in done:
            digest, imports = _read(module, path)
            done[name] = (name, digest, path)
            pending += [m for m in imports if not _only_lists(m)]
    return tuple(done[name] for name in sorted(done))


def _only_lists(module: str) -> bool:
    path = _source(module)
    listing = any(module == name or module.startswith(f"{name}.") for name in LISTS)
    return listing or path is None or (path.name == "__init__.py" and _top(module) in PACKAGES)


@cache
def _folder(top: str) -> Path | None:
    """The folder that holds a top-level package or module; None for what is built in or installed."""
    try:
        spec = importlib.util.find_spec(top)
    except (ModuleNotFoundError, ValueError):
        return None
    places = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else [""]
    if not Path(places[0]).is_absolute():
        return None
    folder = Path(places[0]).parent
    library = Path(sysconfig.get_path("stdlib"))
    installed = {*map(Path, (*site.getsitepackages(), site.getusersitepackages())), library, library / "lib-dynload"}
    return None if folder in installed else folder


def _is_followed(module: str, top: str) -> bool:
    """Whether what a module imports of a top-level package is the project's, or its own: its package or its folder."""
    if top in PACKAGES or top == _top(module):
        return True
    folder = None if _top(module) in PACKAGES else _folder(_top(module))
    return folder is not None and _folder(top) == folder


@cache
def _source(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None  # a name that the package re-exports, not a module of it
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _read(module: str, path: Path) -> tuple[str, tuple[str, ...]]:
    """The hash of a module's code, 12 hexadecimal digits, and the modules that it uses; its file is parsed once."""
    text = _text(path)
    nodes = list(ast.walk(ast.parse(text)))
    code = _without_comments(text, nodes)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return hashlib.sha256(code.encode()).hexdigest()[:12], _imports(module, package, nodes)


def _imports(module: str, package: str, nodes: Sequence[ast.AST]) -> tuple[str, ...]:
    """Modules of `PACKAGES`, and of its own package or folder, that a module uses."""
    found: dict[str, None] = {}
    bound: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for name, asname in ((alias.name, alias.asname) for alias in node.names):
                if not _is_followed(module, _top(name)):
                    continue
                found[name] = None
                bound |= {asname: name} if asname else {_top(name): _top(name)}
        elif isinstance(node, ast.ImportFrom) and _is_followed(module, _top(source := _absolute(node, package))):
            found |= dict.fromkeys(_defining(source, alias.name) for alias in node.names)
            bound |= {alias.asname or alias.name: f"{source}.{alias.name}" for alias in node.names}
    for used in _attributes(nodes):
        target = bound.get(used[0])
        if target is not None:
            found |= dict.fromkeys(_followed(target, used[1:]))
    return tuple(found)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module of a `from ... import`, with the dots of a relative import resolved."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _defining(module: str, name: str) -> str:
    """The module that defines a name that is imported from a module or a package."""
    seen: set[tuple[str, str]] = set()
    while (module, name) not in seen:
        seen.add((module, name))
        path = _source(module) if module else None
        if path is None or path.name != "__init__.py":
            break
        if (path.parent / f"{name}.py").exists() or (path.parent / name / "__init__.py").exists():
            return f"{module}.{name}"
        module, name = _definitions(module).get(name, (module, name))
    return module


@cache
def _definitions(package: str) -> dict[str, tuple[str, str]]:
    """The names that a package file re-exports: for each, the module it comes from and its name there."""
    path = _source(package)
    assert path is not None
    found: dict[str, tuple[str, str]] = {}
    for node in ast.parse(_text(path)).body:
        if isinstance(node, ast.ImportFrom):
            source = _absolute(node, package)
            found |= {alias.asname or alias.name: (source, alias.name) for alias in node.names}
    return found


def _attributes(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ...]]:
    """Dotted names that a module uses, such as `zoo.registry.parse`, longest first."""
    for node in nodes:
        if isinstance(node, ast.Attribute):
            parts: list[str] = []
            inner: ast.expr = node
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                yield (inner.id, *reversed(parts))


def _followed(target: str, names: tuple[str, ...]) -> list[str]:
    """Modules that the expression `target.a.b.c` refers to, as long as its parts are modules or re-exported names."""
    found, module = [], target
    for name in names:
        path = _source(module)
        if path is None or path.name != "__init__.py":
            break
        module = _defining(module, name)
        found.append(module)
    return found


def strip_comments(source: str) -> str:
    """The source without comments, docstrings, blank lines and trailing spaces."""
    return _without_comments(source, ast.walk(ast.parse(source)))


def _without_comments(source: str, nodes: Iterable[ast.AST]) -> str:
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in _docstrings(nodes):
        _cut(lines, node)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(nodes: Iterable[ast.AST]) -> list[ast.Expr]:
    found = [
        node
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset), reverse=True)


def _cut(lines: list[str], node: ast.Expr) -> None:
    """Remove a docstring from the lines and keep the code before and after it; offsets count bytes."""
    end = node.end_lineno or node.lineno
    before = lines[node.lineno - 1].encode()[: node.col_offset].decode()
    behind = lines[end - 1].encode()[node.end_col_offset or 0 :].decode()
    lines[node.lineno - 1 : end] = [before + behind, *[""] * (end - node.lineno)]
