"""Files and folders by the part of the data set that their names say: training, validation or test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.data.contract import DataCorrupt, DataMissing

TRAIN, VALIDATION, TEST = "train", "validation", "test"
WORDS: Mapping[str, tuple[str, ...]] = {
    TRAIN: ("train", "training"),
    VALIDATION: ("validation", "valid", "val", "dev"),
    TEST: ("test", "testing", "eval", "evaluation"),
}
"""How names spell a part, as the library `datasets` reads them."""
SHARD = re.compile(r"-(\d{5})-of-(\d{5})")


def part_of(name: str) -> str | None:
    """The part that a name says, as a word of its own: `train-00000-of-00002.parquet`, `my_val`; None for none."""
    words = re.split(r"[^a-z]+", name.lower())
    return next((part for part, spellings in WORDS.items() if any(word in spellings for word in words)), None)


def folders_by_part(root: Path) -> dict[str, Path]:
    """Folders whose whole name is that of a part.

    Raises:
        DataCorrupt: two are of the same part.
    """
    found: dict[str, Path] = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for part, spellings in WORDS.items():
            if folder.name.lower() in spellings:
                if part in found:
                    raise DataCorrupt(f"{found[part]} and {folder} are both for {part}; take one of them away")
                found[part] = folder
    return found


def files_by_part(root: Path, suffix: str) -> dict[str, list[Path]]:
    """Files of a folder and of those below it, by part; names below `root` decide. Without any such name, all train.

    Args:
        root: a folder, or one file.
        suffix: of the files.

    Raises:
        DataMissing: there are none.
        DataCorrupt: some names say a part and others do not, or a shard is not there.
    """
    if root.is_file():
        return {TRAIN: [root]}
    files = sorted(path for path in root.rglob(f"*{suffix}") if path.is_file() and not _hidden(path, root))
    if not files:
        there = "has no files" if root.is_dir() else "is not there: no files"
        raise DataMissing(f"{root} {there} *{suffix}")
    named = {file: _part_below(file, root) for file in files}
    silent = [file for file, part in named.items() if part is None]
    if silent and len(silent) < len(files):
        raise DataCorrupt(
            f"{silent[0]} is of no part, others are: put train, validation or test into its name, or take it away"
        )
    _check_shards(files)
    return {part: own for part in WORDS if (own := [f for f in files if (named[f] or TRAIN) == part])}


def _part_below(file: Path, root: Path) -> str | None:
    names = [file.name, *reversed(file.relative_to(root).parts[:-1])]
    return next((part for name in names if (part := part_of(name))), None)


def _hidden(path: Path, root: Path) -> bool:
    return any(name.startswith(".") for name in path.relative_to(root).parts)


def _check_shards(files: Iterable[Path]) -> None:
    """Refuse `train-00000-of-00002` without `train-00001-of-00002`."""
    there = {file: SHARD.search(file.name) for file in files}
    for file, shard in there.items():
        if shard is None:
            continue
        for number in range(int(shard[2])):
            sibling = file.with_name(SHARD.sub(f"-{number:05d}-of-{shard[2]}", file.name))
            if sibling not in there:
                raise DataMissing(f"{sibling} is not there, though {file.name} is one of {int(shard[2])} files")
