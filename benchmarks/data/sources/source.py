"""What was found in a user's files, before any split is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.data.sources.images import Images
from benchmarks.data.splitting import Labels


class Part(NamedTuple):
    """Images of one part, with their labels (N,) int64."""

    images: Images
    labels: Labels


@dataclass(frozen=True, kw_only=True)
class Source:
    """Images, labels and classes.

    Attributes:
        parts: by `parts.TRAIN`, which is there, `parts.VALIDATION` and `parts.TEST`.
        classes: their names, in label order.
        digest: of all bytes of the images, in order; empty where the images are arrays in memory.
        files: that it was read from, and folders that list them.
    """

    parts: Mapping[str, Part]
    classes: tuple[str, ...]
    digest: str
    files: tuple[Path, ...]
