"""The plug-ins of a command: those of `--plugin`, of the study, and of the results that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.plugins.loading import load
from benchmarks.plugins.places import PluginError
from benchmarks.records.files import StoreError, read_yaml
from benchmarks.study.design import Design


def loaded_plugins(design: Design, named: Sequence[str] | None, root: Path, console: Console) -> tuple[str, ...]:
    """Import the plug-ins of a command, of its study, and those that the study's results were made with.

    Of the latter, one that cannot be imported any more is said and left out: what it made is kept.

    Args:
        design: of the study.
        named: of the command.
        root: directory of the study's results; it may be missing.
        console: to say it on.

    Returns:
        Their names, as the study is to have them.

    Raises:
        PluginError: a plug-in of the command or of the study cannot be imported.
    """
    chosen = {place.module: place.named for place in load([*(named or ()), *design.plugins])}
    for one in _stored(root):
        try:
            (place,) = load([one])
        except PluginError as error:
            console.print(
                f"{root} was made with a plug-in that is not here: {error}. What it made is kept as it is.",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        else:
            chosen.setdefault(place.module, one)
    return tuple(chosen.values())


def _stored(root: Path) -> tuple[str, ...]:
    """The plug-ins of stored results; none where there are no results, or a run writes damaged ones again."""
    try:
        stored = read_yaml(root / "study.yaml").get("plugins")
    except StoreError:
        return ()
    return tuple(map(str, stored)) if isinstance(stored, list) else ()
