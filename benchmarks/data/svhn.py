"""Street View House Numbers, read by torchvision from the data root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.data.archives import open_archive, require_root
from benchmarks.data.catalogue import dataset
from benchmarks.data.contract import (
    NATURAL_EPSILONS,
    Augmentation,
    Dataset,
    DatasetInfo,
)
from benchmarks.data.splitting import Images, Labels, hold_out

VALIDATION_SHARE = Fraction(6_000, 73_257)
"""As many as Huang et al. 2016 (stochastic depth) hold out; the extra training images are not used here."""

SVHN = DatasetInfo(
    name="svhn",
    title="SVHN",
    shape=(3, 32, 32),
    classes=tuple(str(digit) for digit in range(10)),
    mean=(0.4377, 0.4438, 0.4728),
    std=(0.1980, 0.2010, 0.1970),
    preset="small",
    epsilons=NATURAL_EPSILONS,
    augmentation=Augmentation(),
    source="Netzer et al., Reading digits in natural images with unsupervised feature learning, 2011; "
    "ufldl.stanford.edu/housenumbers",
)


@dataset(SVHN, options={"download": False}, order=7)
def read_svhn(data_root: Path | None, options: Mapping[str, object]) -> Dataset:
    """67,257 / 6,000 / 26,032 digits cropped from photographs.

    Raises:
        DataMissing: a file is not there, or the download failed.
        DataCorrupt: a file is not the published one.
    """
    from torchvision import datasets

    root, download = require_root(SVHN.name, data_root), bool(options["download"])
    reader: Any = datasets.SVHN

    def opener() -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
        train, test = (reader(root, split=part, download=download) for part in ("train", "test"))
        return (train.data, train.labels), (test.data, test.labels)

    files = {root / reader.split_list[part][1]: reader.split_list[part][2] for part in ("train", "test")}
    pool, test = open_archive(SVHN.name, opener, files, download=download)
    dataset = hold_out(SVHN, pool, test, validation=round(len(pool[1]) * VALIDATION_SHARE))
    return replace(dataset, files=tuple(files))
