"""Fixed splits: drawn once for all from a constant seed, the same on every machine and for every study."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.data.arrays import ArraySplit
from benchmarks.data.contract import Dataset, DatasetInfo

SPLIT_SEED = 2_018
FINGERPRINT_DIGITS = 16

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Positions = NDArray[np.int64]


def stratified_order(labels: Labels, seed: int = SPLIT_SEED) -> Positions:
    """A shuffle in which every prefix has nearly the class shares of the whole.

    Each class is shuffled and spread evenly over the order: sample k of a class with n samples falls at a
    random place between k/n and (k+1)/n of the way. A prefix of m/N of the samples therefore holds exactly
    m/N of each class where these are whole numbers.

    Args:
        labels: (N,) int64.
        seed: of the shuffle.

    Returns:
        (N,) positions into `labels`. NumPy's `RandomState`, whose stream is frozen (NEP 19), draws them.
    """
    random = np.random.RandomState(seed)
    places = np.empty(len(labels), dtype=np.float64)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        places[members] = (np.arange(len(members)) + random.random_sample(len(members))) / len(members)
    return np.argsort(places, kind="stable").astype(np.int64)


def split_arrays(info: DatasetInfo, images: Images, labels: Labels, *, validation: int, test: int) -> Dataset:
    """Make three splits of one pool, stratified: what is neither validation nor test is for training.

    Args:
        info: facts about it.
        images: (N, C, H, W) uint8.
        labels: (N,) int64.
        validation: number of samples.
        test: number of samples.
    """
    order = stratified_order(labels)
    train = len(labels) - validation - test
    parts = np.split(order, [train, train + validation])
    return _assemble(info, *((images[part], labels[part]) for part in parts))


def hold_out(
    info: DatasetInfo, pool: tuple[Images, Labels], test: tuple[Images, Labels], *, validation: int
) -> Dataset:
    """Make a validation split of a training pool, stratified, beside the official test split.

    Args:
        info: facts about it.
        pool: images (N, C, H, W) uint8 and labels (N,) int64.
        test: likewise.
        validation: number of samples taken out of the pool.
    """
    order = stratified_order(pool[1])
    train, held = np.split(order, [len(order) - validation])
    shuffled = stratified_order(test[1])
    parts = ((pool[0][train], pool[1][train]), (pool[0][held], pool[1][held]))
    return _assemble(info, *parts, (test[0][shuffled], test[1][shuffled]))


def fingerprint(*parts: bytes) -> str:
    """First hexadecimal digits of the SHA-256 of the parts, one after another."""
    return hashlib.sha256(b"".join(parts)).hexdigest()[:FINGERPRINT_DIGITS]


def _assemble(info: DatasetInfo, *parts: tuple[Images, Labels]) -> Dataset:
    train, validation, test = (_split(info, images, labels) for images, labels in parts)
    digests = (split.digest() for split in (train, validation, test))
    return Dataset(info, train, validation, test, fingerprint(*digests))


def _split(info: DatasetInfo, images: Images, labels: Labels) -> ArraySplit:
    tensors: tuple[Tensor, Tensor] = torch.from_numpy(images), torch.from_numpy(labels)
    return ArraySplit(*tensors, classes=len(info.classes), augmentation=info.augmentation)
