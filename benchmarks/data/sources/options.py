"""The options of data sets that are made of a user's own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.data.contract import DataMissing

PATH: Mapping[str, object] = {"path": ""}
"""Where the files are: below the data root, or a whole path; empty: the data root itself."""
SPLITS: Mapping[str, object] = {"validation_share": None, "test_share": 0.2, "split_seed": 2018}
"""How images are held out where the files do not say it."""
PIXELS: Mapping[str, object] = {"resize": None, "crop": None, "channels": None, "mean": None, "std": None}
"""What becomes of each image."""
AUGMENTATION: Mapping[str, object] = {"flip": None, "crop_padding": None}
"""What training images undergo."""
DECODING: Mapping[str, object] = {"in_memory": None, "workers": None}
"""When images are decoded, and by how many processes."""
OPTIONS: Mapping[str, object] = {**PATH, **SPLITS, **PIXELS, **AUGMENTATION, **DECODING}
TYPES: Mapping[str, tuple[type, ...]] = {
    "validation_share": (float,),
    "test_share": (float,),
    "mean": (float, tuple, list),
    "std": (float, tuple, list),
    "flip": (bool,),
    "in_memory": (bool,),
}
"""Of options whose default does not tell."""

AT_LEAST: Mapping[str, int] = {"split_seed": 0, "resize": 1, "crop": 1, "crop_padding": 0, "workers": 0}
AT_MOST: Mapping[str, int] = {"split_seed": 2**32 - 1, "resize": 4_096, "crop": 4_096, "crop_padding": 512}


@dataclass(frozen=True, kw_only=True)
class ImageOptions:
    """The options, checked.

    Attributes:
        validation_share: of the training images, held out where there are no validation images; None: a tenth, but at
            least 500 images, at most 10,000, and never more than a quarter.
        test_share: of all images, held out first where there are no test images.
        split_seed: of both, and of the order of images.
        resize: shorter side to which an image is scaled before its middle is cut out, pixels.
        crop: side of that middle.
        channels: 1 for grey, 3 for colour; None: 1 where all images are grey.
        mean: per channel, of pixels in [0, 1]; None: measured on training images.
        std: likewise.
        flip: mirror training images left to right at random; None: if they are in colour.
        crop_padding: of training images in memory, pixels; None: an eighth of the shorter side.
        in_memory: whether images are decoded once for all; None: if they are small, and all together too.
        workers: processes that decode what is not in memory; None: as many as there are processors.
    """

    validation_share: float | None = None
    test_share: float = 0.2
    split_seed: int = 2018
    resize: int | None = None
    crop: int | None = None
    channels: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    flip: bool | None = None
    crop_padding: int | None = None
    in_memory: bool | None = None
    workers: int | None = None


def checked(name: str, options: Mapping[str, Any]) -> ImageOptions:
    """The options of a data set, of which others are left out.

    Raises:
        ValueError: a value out of range; the message says what is valid.
    """
    known = {field.name for field in fields(ImageOptions)}
    given = {option: value for option, value in options.items() if option in known and value is not None}
    for option, value in given.items():
        _check_range(name, option, value)
    for option in ("mean", "std"):
        if option in given:
            given[option] = _numbers(name, option, given[option])
    if (given.get("crop") or 0) > given.get("resize", 4_096):
        raise ValueError(f"crop of {name} must be at most resize, {given['resize']}, not {given['crop']}")
    return ImageOptions(**given)


def find_path(name: str, data_root: Path | None, path: str, needed: str) -> Path:
    """The folder or file of a data set.

    Args:
        name: of the data set.
        data_root: None where there is none.
        path: the option.
        needed: what has to be there, for messages.

    Raises:
        DataMissing: there is nothing, or a path that is no whole one without a data root.
    """
    try:
        place = Path(path).expanduser()
    except RuntimeError as error:
        raise DataMissing(f"{name}: path={path}: {error}") from error
    if not place.is_absolute() and data_root is None:
        raise DataMissing(
            f"{name}: where? give a whole path, {name}[path=/DIR], or --data-root DIR (or ROUTEBENCH_DATA) and a path "
            f"below it; needed: {needed}"
        )
    found = place if data_root is None else data_root / place
    try:
        there = found.exists()
    except OSError as error:
        raise DataMissing(f"{name}: {found}: {error.strerror}") from error
    if not there:
        raise DataMissing(f"{name}: {found} is not there; needed: {needed}")
    return found


def _check_range(name: str, option: str, value: Any) -> None:
    if option.endswith("_share") and not 0 < value < 1:
        raise ValueError(f"{option} of {name} must be above 0 and below 1, not {value}")
    if option == "channels" and value not in (1, 3):
        raise ValueError(f"channels of {name} must be 1 or 3, not {value}")
    if value is not None and option in AT_LEAST:
        low, high = AT_LEAST[option], AT_MOST.get(option)
        if value < low or (high is not None and value > high):
            most = "" if high is None else f" and at most {high}"
            raise ValueError(f"{option} of {name} must be at least {low}{most}, not {value}")


def _numbers(name: str, option: str, value: Any) -> tuple[float, ...]:
    """One number per channel."""
    numbers = tuple(value) if isinstance(value, tuple | list) else (value,)
    smallest = 0.0 if option == "mean" else 1e-6
    if len(numbers) not in (1, 3) or not all(
        isinstance(number, int | float) and smallest <= number <= 1 for number in numbers
    ):
        raise ValueError(f"{option} of {name} must be a number per channel from {smallest:g} to 1, not {value!r}")
    return tuple(map(float, numbers))
