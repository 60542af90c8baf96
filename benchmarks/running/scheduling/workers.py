"""What Ray's workers are started with, where they need more than what is installed on their machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zoo
from benchmarks.plugins.places import SUITE
from benchmarks.plugins.travelling import own_modules, pack, sources_of
from benchmarks.records.code_hashes import code_files

PACKAGES = Path(zoo.__file__).parents[1]
"""The folder of the suite's packages."""


@contextmanager
def worker_environment(plugins: Sequence[str]) -> Iterator[dict[str, Any] | None]:
    """Ray's `runtime_env`, while Ray joins or starts a cluster; None where workers need nothing.

    Workers with plug-ins get a working directory of their own, which Ray copies to every machine. Otherwise Ray lets
    them look for modules in the current folder of the command first, before all that is installed: a user's own folder
    `zoo` or `benchmarks` there would be imported in the place of the suite's.

    Args:
        plugins: modules whose source travels; loaded.

    Raises:
        PluginError: one is too large.
    """
    if not plugins and not _hides_the_suite(Path.cwd()):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="routebench-") as folder:
        pack(travelling(plugins), Path(folder))
        yield {"working_dir": folder, "env_vars": {"PYTHONPATH": str(PACKAGES)} if _from_source() else {}}


def travelling(plugins: Sequence[str]) -> list[Path]:
    """Files and folders of the top-level modules and packages that plug-ins consist of."""
    return sources_of(plugins, code_files(own_modules(plugins)))


def _hides_the_suite(folder: Path) -> bool:
    """Whether a folder that is not the suite's own has modules of the same names."""
    return folder.resolve() != PACKAGES and any(
        (folder / name).is_dir() or (folder / f"{name}.py").is_file() for name in SUITE
    )


def _from_source() -> bool:
    """Whether the suite runs from a checkout, which workers may not find by themselves."""
    return (PACKAGES / "pyproject.toml").is_file()
