"""CIFAR-10-C: the test images of CIFAR-10 with common corruptions, as published.

Hendrycks and Dietterich 2019, https://zenodo.org/records/2535967: `<corruption>.npy` has the 10,000 test images in the
published order at severity 1, then at 2, up to 5, as (50000, 32, 32, 3) uint8; `labels.npy` has their labels. Files are
mapped into memory, and only the images that are asked for are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.data.contract import DataCorrupt, Dataset
from benchmarks.data.splitting import stratified_order

FOLDER = "CIFAR-10-C"
LABELS = "labels.npy"
SEVERITIES = 5
NAMES = (
    *("gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
    *("snow", "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression"),
    *("speckle_noise", "gaussian_blur", "spatter", "saturate"),
)
"""The 15 corruptions of the benchmark, and the 4 more that it keeps for validation."""
BENCHMARK = NAMES[:15]


@dataclass(frozen=True)
class CorruptedTest:
    """CIFAR-10-C in the order of the suite's test split.

    Attributes:
        folder: that has the files.
        order: (N,) place in the published order, by number within the test split.
        labels: (N,) int64, in the order of the test split.
    """

    folder: Path
    order: NDArray[np.int64]
    labels: NDArray[np.int64]

    def file(self, name: str) -> Path:
        """Of a corruption; it need not be there."""
        return self.folder / f"{name}.npy"

    def has(self, name: str) -> bool:
        """Whether a corruption's file is there."""
        return name in NAMES and self.file(name).is_file()

    def images(self, name: str, severity: int, indices: Sequence[int]) -> Tensor:
        """Corrupted images (N, C, H, W) float32 in [0, 1], by their numbers within the test split.

        Raises:
            DataCorrupt: the file is not the published one.
        """
        stored = _mapped(self.file(name))
        if stored.shape != (SEVERITIES * len(self.order), 32, 32, 3) or stored.dtype != np.uint8:
            expected = f"({SEVERITIES * len(self.order)}, 32, 32, 3) uint8"
            raise DataCorrupt(f"{self.file(name)} is not as published: {stored.shape} {stored.dtype}, not {expected}")
        rows = stored[(severity - 1) * len(self.order) + self.order[list(indices)]]
        return torch.from_numpy(np.moveaxis(rows, 3, 1).copy()).float().div(255)


def cifar10_c(dataset: Dataset) -> CorruptedTest | None:
    """The published corruptions beside the files of a data set; None where it is not CIFAR-10, or they are not there.

    Raises:
        DataCorrupt: the labels are not those of the data set's test images, as far as their numbers per class tell.
    """
    if dataset.info.name != "cifar10" or not dataset.files:
        return None
    folder = dataset.files[0].parents[1] / FOLDER
    if not (folder / LABELS).is_file():
        return None
    labels = _mapped(folder / LABELS)
    published = np.asarray(labels[: len(labels) // SEVERITIES], dtype=np.int64)
    order = stratified_order(published)
    test = dataset.test.labels.numpy()
    if not np.array_equal(np.tile(published, SEVERITIES), labels) or not np.array_equal(
        published[order][: len(test)], test
    ):
        raise DataCorrupt(f"{folder / LABELS} is not as published: these are not the labels of CIFAR-10's test images")
    return CorruptedTest(folder, order, published[order])


def _mapped(file: Path) -> NDArray[np.uint8]:
    try:
        stored: NDArray[np.uint8] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataCorrupt(f"{file} cannot be read as an array of NumPy: {error}") from error
    return stored
