"""Data sets: fixed splits, batches on the device, augmentation of whole batches."""

from benchmarks.data.catalogue import describe, load, module_of, names
from benchmarks.data.contract import (
    Augmentation,
    Batch,
    DataCorrupt,
    DataMissing,
    Dataset,
    DatasetInfo,
    Description,
    Split,
)

__all__ = [
    "Augmentation",
    "Batch",
    "DataCorrupt",
    "DataMissing",
    "Dataset",
    "DatasetInfo",
    "Description",
    "Split",
    "describe",
    "load",
    "module_of",
    "names",
]
