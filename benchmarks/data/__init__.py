"""Data sets: fixed splits, batches on the device, augmentation of whole batches."""

from benchmarks.data.catalogue import dataset, describe, load, module_of, names
from benchmarks.data.contract import (
    Augmentation,
    Batch,
    DataCorrupt,
    DataMissing,
    Dataset,
    DatasetInfo,
    Split,
)
from benchmarks.data.description import Description

__all__ = [
    "Augmentation",
    "Batch",
    "DataCorrupt",
    "DataMissing",
    "Dataset",
    "DatasetInfo",
    "Description",
    "Split",
    "dataset",
    "describe",
    "load",
    "module_of",
    "names",
]
