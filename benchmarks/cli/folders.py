"""Folders that a command was given, checked before anything is done that would be lost without them."""

from __future__ import annotations

import tempfile
from pathlib import Path

PAGE = "index.html"


class FolderError(ValueError):
    """A folder that cannot be used; the message is one line that names the option and the path."""


def check_writable(folder: Path, option: str) -> None:
    """Make sure that files can be made in a folder, which need not be there yet; nothing is left behind.

    Raises:
        FolderError: a file is in its way, or the nearest folder that is there takes no files.
    """
    try:
        nearest = _nearest(folder)
        if not nearest.is_dir():
            raise FolderError(f"{option}: {nearest} is not a folder")
        probe(nearest)
    except OSError as error:
        raise FolderError(f"{option}: {folder} cannot be written: {error.strerror}") from error


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest of its parents that is there."""
    for place in (folder, *folder.parents):
        try:
            place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return place
    return Path()


def probe(folder: Path) -> None:
    """Make a file in a folder and remove it.

    Raises:
        OSError: the folder takes none.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\n")


def check_results(folder: Path, option: str) -> None:
    """Make sure that a study can be kept in a folder: it can be written, and holds a study or nothing.

    A study that is damaged will do: the run writes it anew.

    Raises:
        FolderError: it cannot be written, or something else is there.
    """
    check_writable(folder / "models", option)
    present = sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.is_dir() else []
    if present and not (_is_study(folder / "study.yaml") or (folder / "models").is_dir()):
        raise FolderError(f"{option}: {folder} holds {present[0]!r} and no study; choose another folder or --name")


def _is_study(path: Path) -> bool:
    return path.is_file() and path.read_bytes().startswith(b"format:")


def check_page(folder: Path, option: str) -> None:
    """Make sure that a report can be written to a folder.

    Raises:
        FolderError: it cannot.
    """
    check_writable(folder, option)
    if (folder / PAGE).is_dir():
        raise FolderError(f"{option}: {folder / PAGE} is a folder, where the page should go")


def check_folder(path: Path, option: str) -> Path:
    """A folder that is to be read, with `~` put in.

    Raises:
        FolderError: it is not there, or no folder.
    """
    try:
        folder = path.expanduser()
        if folder.is_dir():
            return folder
    except (OSError, RuntimeError) as error:
        raise FolderError(f"{option}: {path}: {error}") from error
    raise FolderError(f"{option}: {folder} {'is not a folder' if folder.exists() else 'is not there'}")
