"""The plug-ins of a command: those of `--plugin`, of the study, and of the results that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.plugins.loading import load
from benchmarks.plugins.places import PluginError
from benchmarks.records.files import StoreError, read_yaml
from benchmarks.study.study import Study, checked


def with_plugins(study: Study, named: Sequence[str] | None, root: Path, console: Console) -> Study:
    """A study with the plug-ins of its command, and with those that its results were made with.

    Of the latter, one that cannot be imported any more is said and left out: what it made is kept.

    Args:
        study: with its own plug-ins.
        named: of the command, loaded.
        root: directory of the study's results; it may be missing.
        console: to say it on.
    """
    chosen = {place.module: place.named for place in load([*study.plugins, *(named or ())])}
    for one in _stored(root):
        try:
            (place,) = load([one])
        except PluginError as error:
            console.print(
                f"{root} was made with a plug-in that is not here: {error}. Its networks and tables are kept as they "
                "are.",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        else:
            chosen.setdefault(place.module, one)
    plugins = tuple(chosen.values())
    return study if plugins == study.plugins else checked(Study, {**study.model_dump(), "plugins": plugins}, "options")


def _stored(root: Path) -> tuple[str, ...]:
    """The plug-ins of stored results; none where there are no results, or a run writes damaged ones again."""
    try:
        stored = read_yaml(root / "study.yaml").get("plugins")
    except StoreError:
        return ()
    return tuple(map(str, stored)) if isinstance(stored, list) else ()
