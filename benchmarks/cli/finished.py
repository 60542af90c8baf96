"""Finished commands are remembered, so that the same command again returns within a second.

Loading torch, reading the data and planning take longer than checking whether anything has changed. A finished command
is stored in the user's cache folder with everything that its plan depends on: code, installed versions, processor, data
files, and every file of the study and its page. If one of them has changed, the command is planned again; this module
does not decide what is stale.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from benchmarks.cli.console import Grid, make_console

DRY, FORCE = "--dry-run", "--force"
LARGE = 8 << 20
"""Bytes above which a file counts as unchanged if its size and times are; its digest is checked when it is read."""
VARIABLES = ("ATEN_CPU_CAPABILITY", "CUDA_VISIBLE_DEVICES", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ROUTEBENCH_DATA")
"""Environment variables that change the device or precision of a plan, or the folder of the data."""
KINDS = ("methods", "evaluators", "figures", "tables", "datasets", "attacks")
GROUPS = ("routebench", *(f"routebench.{kind}" for kind in KINDS))
"""As `zoo.plugins.GROUPS`, which cannot be imported without torch."""
FIRST_PATH = list(sys.path)
"""Where Python finds modules when the command starts; libraries such as Ray add folders later."""
READERS = 4


def replay_finished(arguments: Sequence[str]) -> bool:
    """Print the result of this exact command again if it was finished and nothing has changed; whether that was so."""
    place = _place(arguments)
    if FORCE in arguments or not place.is_file():
        return False
    try:
        known = json.loads(place.read_text())
        if known["dependencies"] != _dependencies(arguments) or not _unchanged(known):
            return False
        _print(known, dry=DRY in arguments)
    except (OSError, ValueError, KeyError, TypeError, UnicodeError):
        return False  # unreadable or of another version: plan the command again
    return True


def remember(
    arguments: Sequence[str],
    *,
    study: Path,
    page: Path,
    data: Sequence[Path],
    plan: Grid,
    comparison: Grid,
    plugins: Sequence[Path] = (),
) -> None:
    """Remember that a command was finished.

    Args:
        arguments: of the command.
        study: directory of its records.
        page: of its report.
        data: every file and folder that its data set was read from; if there are none, nothing is remembered.
        plan: what a dry run prints.
        comparison: what the command prints at its end.
        plugins: files and packages of the plug-ins that the study names.
    """
    if not data:
        return
    root = study.resolve()
    known = {
        "dependencies": _dependencies(arguments),
        "root": str(root),
        "records": _contents(root, _files(root)),
        "page": str(page.resolve()),
        "page_sha256": _hash(page),
        "printed_page": str(page),
        "data": _states(data),
        "plugins": [str(path.resolve()) for path in plugins],
        "plugin_sources": _hashes(plugins),
        "plan": plan.as_json(),
        "comparison": comparison.as_json(),
    }
    place = _place(arguments)
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f"{place.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(known))
    temporary.replace(place)


def _place(arguments: Sequence[str]) -> Path:
    same = [argument for argument in arguments if argument != DRY]
    key = hashlib.sha256(json.dumps([str(Path.cwd()), same]).encode()).hexdigest()[:32]
    return user_cache_path("routebench") / "finished" / f"{key}.json"


def _dependencies(arguments: Sequence[str]) -> dict[str, Any]:
    """Everything that a plan depends on, except data and records."""
    package = Path(__file__).parents[2]
    sources = [p for part in ("zoo", "benchmarks") for p in (package / part).rglob("*") if p.suffix not in (".pyc", "")]
    code = hashlib.sha256("".join(_hash(path) for path in sorted(sources)).encode()).hexdigest()
    plugins = {str(path): _hash(path) for path in _plugin_sources()}
    installed = sorted(f"{d.metadata['Name']} {d.version}" for d in distributions(path=FIRST_PATH))
    return {
        "code": code,
        "plugins": plugins,
        "names": sorted(str(path.relative_to(package)) for path in sources),
        "python": sys.version,
        "installed": hashlib.sha256("\n".join(installed).encode()).hexdigest(),
        "machine": [platform.node(), platform.machine(), _processor()],
        "gpus": sorted(str(path) for path in Path("/dev").glob("nvidia*")),
        "named": {name: _hash(Path(name)) for name in arguments if Path(name).is_file()},
        "variables": {name: os.environ.get(name, "") for name in VARIABLES},
    }


def _plugin_sources() -> list[Path]:
    """Source files of the packages that installed distributions name as plug-ins, found without importing them."""
    found: set[Path] = set()
    points = [point for group in GROUPS for point in entry_points(group=group)]
    for name in {point.module.partition(".")[0] for point in points}:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            found |= {path for folder in spec.submodule_search_locations for path in Path(folder).rglob("*.py")}
        elif spec is not None and spec.origin is not None:
            found.add(Path(spec.origin))
    return sorted(found)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    first = info.read_text().partition("\n\n")[0].splitlines() if info.exists() else []
    return hashlib.sha256("\n".join(line for line in first if line.startswith(("model", "flags"))).encode()).hexdigest()


def _unchanged(known: Mapping[str, Any]) -> bool:
    root = Path(known["root"])
    files = _files(root)
    if [str(path.relative_to(root)) for path in files] != list(known["records"]):
        return False
    if _states(Path(path) for path in known["data"]) != known["data"]:
        return False
    if _hashes(Path(path) for path in known["plugins"]) != known["plugin_sources"]:
        return False
    same_page: bool = _hash(Path(known["page"])) == known["page_sha256"]
    return same_page and _contents(root, files) == known["records"]


def _files(root: Path) -> list[Path]:
    """Every file of a study except hidden ones, in a fixed order."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in sorted(names) if not name.startswith(".")]
    return found


def _contents(root: Path, files: Sequence[Path]) -> dict[str, Any]:
    """The SHA-256 of each file, or size and times of a large one."""

    def one(path: Path) -> Any:
        return _hash(path) if path.stat().st_size <= LARGE else _state(path)

    with ThreadPoolExecutor(READERS) as pool:
        return {str(path.relative_to(root)): value for path, value in zip(files, pool.map(one, files), strict=True)}


def _states(paths: Iterable[Path]) -> dict[str, list[int]]:
    return {str(path): _state(path) for path in paths}


def _state(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _hashes(plugins: Iterable[Path]) -> dict[str, str]:
    """Of the source files of plug-ins that are named by their packages or files."""
    found = [path for plugin in plugins for path in (plugin.resolve().rglob("*.py") if plugin.is_dir() else [plugin])]
    return {str(path.resolve()): _hash(path) for path in sorted(found)}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _print(known: Mapping[str, Any], *, dry: bool) -> None:
    console = make_console()
    plan = Grid.read(known["plan"])
    if dry:
        console.print(plan.table())
        console.print("About 0:00 of one job's time; training jobs share the machine, timing jobs do not.")
        return
    console.print(f"All {len(plan.rows)} networks are trained and measured already.")
    console.print(Grid.read(known["comparison"]).table())
    console.print(f"Report: {known['printed_page']}", soft_wrap=True)
