"""Any class of `torchvision.datasets` that gives an image and a label, by its name."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data.archives import PYTHON_2_PICKLES
from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import DataCorrupt, DataMissing, Dataset
from benchmarks.data.description import Description
from benchmarks.data.sources.assembling import About, assemble
from benchmarks.data.sources.labels import by_value, named
from benchmarks.data.sources.options import AUGMENTATION, PIXELS, SPLITS, TYPES, checked
from benchmarks.data.sources.parts import TEST, TRAIN, VALIDATION
from benchmarks.data.sources.source import Part, Source
from zoo.plugins import unknown

NAME = "torchvision"
SPLIT_WORDS: Mapping[str, tuple[str, ...]] = {
    TRAIN: ("train", "trainval", "train-standard"),
    VALIDATION: ("val", "valid", "validation"),
    TEST: ("test",),
}
"""What classes call their parts; the first word that a class takes counts."""


@dataset(
    Description(
        name=NAME,
        title="torchvision",
        shape=None,
        classes=None,
        source="any class of torchvision.datasets, as dataset=NAME, with its files in the data root",
        options={"dataset": "", "arguments": {}, "download": False, **SPLITS, **PIXELS, **AUGMENTATION},
        types=TYPES,
    ),
    order=14,
)
def read_torchvision(data_root: Path | None, options: Mapping[str, Any]) -> Dataset:
    """Images of all parts that a class has, decoded once into memory.

    Options: `dataset` names the class, `arguments` are passed to it, `download` lets it download into the data root.

    Raises:
        ValueError: no such class or option.
        DataMissing: its files are not there, or the download failed.
        DataCorrupt: it gives something else than images with labels, or is too large for memory.
    """
    name = str(options["dataset"])
    reader = Reader(_class(name), name, data_root, dict(options["arguments"]), bool(options["download"]))
    parts = {part: found for part, found in reader.parts().items() if found.labels is not None}
    values = {part: found.labels for part, found in parts.items() if found.labels is not None}
    names = _class_names(parts)
    if names is None:
        classes, labels = by_value([*values.values()])
    else:
        classes, labels = names, [named(f"{name}, {part}", own, names) for part, own in values.items()]
    found = {part: Part(images, own) for (part, images), own in zip(parts.items(), labels, strict=True)}
    about = About(NAME, f"{name} of torchvision", f"torchvision.datasets.{name}")
    source = Source(parts=found, classes=classes, digest="", files=())
    return assemble(source, checked(NAME, {**options, "in_memory": True}), about)


class TorchvisionImages:
    """Images of a data set of torchvision.

    Args:
        samples: gives an image of Pillow and a label by position.
        name: for messages.

    Attributes:
        samples: likewise.
        labels: (N,) as they are given; None where images have none.
    """

    def __init__(self, samples: Any, name: str) -> None:
        self.samples, self._name = samples, name
        self.labels = self._labels()

    def __len__(self) -> int:
        return len(self.samples)

    def open(self, position: int) -> Image.Image:
        """See `Images.open`."""
        image = self.samples[position][0]
        if not isinstance(image, Image.Image):
            raise ValueError(f"it is {type(image).__name__}")  # noqa: TRY004 - a kind of `images.DAMAGE`
        return image

    def place(self, position: int) -> str:
        """See `Images.place`."""
        return f"{self._name}, image {position}"

    def _labels(self) -> NDArray[Any] | None:
        for attribute in ("targets", "labels"):
            stored = np.asarray(getattr(self.samples, attribute, []))
            if stored.shape == (len(self),) and stored.dtype.kind in "iu":
                return None if len(stored) and (stored == -1).all() else stored
        return self._labels_one_by_one()

    def _labels_one_by_one(self) -> NDArray[Any] | None:
        labels = [self.samples[position][1] for position in range(len(self))]
        if all(label is None for label in labels):
            return None
        try:
            return np.array([int(label) for label in labels], np.int64)
        except (TypeError, ValueError) as error:
            kind = type(labels[0]).__name__
            raise DataCorrupt(f"{self._name}: its labels are {kind}, not one class per image") from error


@dataclass(frozen=True)
class Reader:
    """A class of torchvision with its arguments.

    Attributes:
        made: the class.
        name: of the class.
        data_root: None where there is none.
        arguments: of the user.
        download: whether it may.
    """

    made: Callable[..., Any]
    name: str
    data_root: Path | None
    arguments: Mapping[str, Any]
    download: bool

    def parts(self) -> dict[str, TorchvisionImages]:
        """Every part that the class has; where it has none, all images train."""
        parameters = _parameters(self.made)
        if "train" in parameters - self.arguments.keys():
            return {part: self._open(part, train=part == TRAIN) for part in (TRAIN, TEST)}
        choice = next((one for one in ("split", "image_set") if one in parameters - self.arguments.keys()), None)
        if choice is None:
            return {TRAIN: self._open(TRAIN)}
        return self._by_word(choice)

    def _by_word(self, choice: str) -> dict[str, TorchvisionImages]:
        found: dict[str, TorchvisionImages] = {}
        for part, words in SPLIT_WORDS.items():
            for word in words:
                try:
                    found[part] = self._open(part, **{choice: word})
                    break
                except ValueError:  # the class has no part of that name
                    continue
        return found

    def _open(self, part: str, **which: Any) -> TorchvisionImages:
        given = {**self.arguments, **which}
        parameters = _parameters(self.made)
        if "root" in parameters:
            if self.data_root is None:
                raise DataMissing(
                    f"{NAME}: {self.name} is read from a folder: give --data-root DIR or set ROUTEBENCH_DATA"
                )
            given["root"] = self.data_root
        if "download" in parameters:
            given["download"] = self.download
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=PYTHON_2_PICKLES)
                return TorchvisionImages(self.made(**given), f"{self.name}, {part}")
        except TypeError as error:
            raise DataMissing(
                f"{NAME}: {self.name} does not take these arguments: {error}; give arguments={{...}}"
            ) from error
        except (RuntimeError, OSError, ImportError) as error:
            offer = (
                "" if self.download or "download" not in parameters else f"; {NAME}[dataset={self.name}, download=True]"
            )
            raise DataMissing(f"{NAME}: {self.name}: {error}{offer}") from error


def _class(name: str) -> Callable[..., Any]:
    from torchvision import datasets

    known = [one for one in datasets.__all__ if inspect.isclass(getattr(datasets, one))]
    if name not in known:
        raise ValueError(unknown("dataset of torchvision", name, known))
    made: Callable[..., Any] = getattr(datasets, name)
    return made


def _parameters(made: Any) -> set[str]:
    """Names of a class's parameters; those of its bases too, where it passes others on."""
    found: set[str] = set()
    for base in inspect.getmro(made):
        parameters = inspect.signature(base).parameters.values()
        found |= {one.name for one in parameters}
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters):
            break
    return found


def _class_names(parts: Mapping[str, TorchvisionImages]) -> tuple[str, ...] | None:
    names = getattr(parts[TRAIN].samples, "classes", None) if TRAIN in parts else None
    return tuple(map(str, names)) if isinstance(names, list) else None
