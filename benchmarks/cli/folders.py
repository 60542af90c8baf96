"""Checks of the folders in a command's options, before any work that would be lost."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from benchmarks.remote.urls import shown

PAGE = "index.html"
REPORTS = Path("reports")
"""Where pages go, each in a directory of its own, unless an option says otherwise."""


class FolderError(ValueError):
    """A folder that cannot be used; the message is one line that names the option and the path."""


def check_writable(folder: Path, option: str) -> None:
    """Check that files can be created in a folder, which need not exist yet; nothing is left behind.

    Raises:
        FolderError: a file has that name, or the nearest existing folder is not writable.
    """
    if is_broken_url(folder):
        raise FolderError(f"{option}: {shown(str(folder))} was a URL; here it must be a folder of this machine")
    try:
        nearest = _nearest(folder)
        if not nearest.is_dir():
            raise FolderError(f"{option}: {nearest} is not a folder")
        probe(nearest)
    except OSError as error:
        raise FolderError(f"{option}: {folder} cannot be written: {error.strerror}") from error


def is_broken_url(path: Path) -> bool:
    """Whether a path was made of a URL, which loses a slash by it: `s3:/bucket`."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", path.as_posix()) is not None


def _nearest(folder: Path) -> Path:
    """The folder itself, or its nearest existing parent."""
    for place in (folder, *folder.parents):
        try:
            place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return place
    return Path()


def probe(folder: Path) -> None:
    """Create a file in a folder and remove it.

    Raises:
        OSError: the folder is not writable.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\n")


def check_results(folder: Path, option: str) -> None:
    """Check that a study can be stored in a folder: it is writable, and is empty or holds a study.

    A damaged study is accepted: the run writes it again.

    Raises:
        FolderError: it is not writable, or holds something else.
    """
    check_writable(folder / "models", option)
    present = sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.is_dir() else []
    if present and not (_is_study(folder / "study.yaml") or (folder / "models").is_dir()):
        raise FolderError(f"{option}: {folder} holds {present[0]!r} and no study; choose another folder or --name")


def _is_study(path: Path) -> bool:
    return path.is_file() and path.read_bytes().startswith(b"format:")


def check_new(folder: Path, option: str) -> None:
    """Check that a folder can be made, and that nothing is there that it would replace.

    Raises:
        FolderError: it cannot, or something is there.
    """
    check_writable(folder.parent, option)
    check_writable(folder, option)
    present = min((path.name for path in folder.iterdir()), default=None) if folder.is_dir() else None
    if present is not None:
        raise FolderError(f"{option}: {folder} holds {present!r}; name a new or an empty folder")


def page_folder(out: Path | None, reports: Path | None, name: str) -> tuple[Path, str]:
    """The directory of a page, and the option that names it.

    Args:
        out: the directory itself.
        reports: the directory that it is made in, of the older option.
        name: of the study or studies.

    Raises:
        FolderError: both are given.
    """
    if out is not None and reports is not None:
        raise FolderError("--out and --reports both say where the page goes; leave --reports out")
    if reports is not None:
        return reports / name, "--reports"
    return out if out is not None else REPORTS / name, "--out"


def check_page(folder: Path, option: str) -> None:
    """Check that a report can be written to a folder.

    Raises:
        FolderError: it cannot.
    """
    check_writable(folder, option)
    if (folder / PAGE).is_dir():
        raise FolderError(f"{option}: {folder / PAGE} is a folder, where the page should go")


def check_file(path: Path, option: str) -> None:
    """Check that a file can be written.

    Raises:
        FolderError: it cannot, or a folder has that name.
    """
    check_writable(path.parent, option)
    if path.is_dir():
        raise FolderError(f"{option}: {path} is a folder, where the file should go")


def check_folder(path: Path, option: str) -> Path:
    """An existing folder, with `~` expanded.

    Raises:
        FolderError: it does not exist, or is not a folder.
    """
    try:
        folder = path.expanduser()
        if folder.is_dir():
            return folder
    except (OSError, RuntimeError) as error:
        raise FolderError(f"{option}: {path}: {error}") from error
    raise FolderError(f"{option}: {folder} {'is not a folder' if folder.exists() else 'is not there'}")
