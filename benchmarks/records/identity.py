"""What a trained network depends on, and the name of its record that follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import torch

import zoo
from benchmarks.data import Dataset
from benchmarks.records.code_hashes import code_hashes
from benchmarks.study.study import ModelSpec
from benchmarks.training.fitting import resolved_precision
from benchmarks.training.tasks import task_of

FITTING = "benchmarks.training.fitting"
"""The module that trains a network and proposes its settings: all code that they depend on hangs on it."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """All that determines a network's weights and settings: two networks with the same one are equal.

    Attributes:
        spec: what was asked for.
        parameters: of the network, the preset's included.
        data: fingerprint of the data set's content, its splits and its facts that training needs.
        precision: of training, `bf16` or `fp32`.
        device: type, `cpu` or `cuda`.
        roots: modules that all code hangs on which weights and settings depend on.
    """

    spec: ModelSpec
    parameters: Mapping[str, Any]
    data: str
    precision: str
    device: str
    roots: tuple[str, ...]

    @cached_property
    def code(self) -> Mapping[str, str]:
        """Hash of every source file that weights and settings depend on."""
        return code_hashes(self.roots)

    @cached_property
    def name(self) -> str:
        """Of the record's directory: the method, and ten hexadecimal digits of a hash of everything."""
        text = json.dumps([self.spec.key, *self.inputs().values()], sort_keys=True)
        return f"{self.spec.method}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"

    def inputs(self) -> dict[str, Any]:
        """All but the specification, as records store it."""
        return {
            "parameters": json.loads(json.dumps(dict(self.parameters))),
            "data": self.data,
            "precision": self.precision,
            "device": self.device,
            "code": dict(self.code),
        }


def identify(spec: ModelSpec, dataset: Dataset, device: torch.device, precision: str | None = None) -> Identity:
    """The identity that a network would have if it were trained now, here.

    Args:
        spec: what is asked for.
        dataset: whose content counts.
        device: of training.
        precision: of training; None for what the recipe means on this machine.
    """
    return Identity(
        spec=spec,
        parameters=zoo.parameters_of(spec.selector),
        data=data_key(dataset),
        precision=precision or resolved_precision(spec.recipe.precision, device),
        device=device.type,
        roots=code_roots(spec, dataset),
    )


def data_key(dataset: Dataset) -> str:
    """Fingerprint of pixels, labels and splits, and of how they are normalised and augmented; 16 digits."""
    facts = {"task": asdict(task_of(dataset.info)), "augmentation": asdict(dataset.info.augmentation)}
    text = json.dumps([dataset.fingerprint, facts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def code_roots(spec: ModelSpec, dataset: Dataset) -> tuple[str, ...]:
    """Modules that a trained network depends on, with all that they import.

    Those that read a data set are not among them: what they read is in the identity, pixel by pixel. Those that make
    batches of it are.
    """
    return (zoo.method(spec.method).network.__module__, FITTING, type(dataset.train).__module__)
