"""The identity of a trained network: all that it depends on, and the name of its record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import torch

import zoo
from benchmarks.data import Dataset
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.given import contents_of
from benchmarks.records.words import NOT_TRAINED
from benchmarks.study.study import FILES, ModelSpec
from benchmarks.training.distributed.adapted import needs_of
from benchmarks.training.fitting import resolved_precision
from benchmarks.training.tasks import task_of

FITTING = "benchmarks.training.fitting"
"""The module that trains networks and proposes settings; it imports all code that both depend on."""
JOINT_FITTING = "benchmarks.training.distributed.fitting"
"""The same by several processes; what single methods need besides is in modules of their own."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """All that determines a network's weights and settings; networks with the same identity are equal.

    Attributes:
        spec: the specification.
        parameters: of the network, with those of the preset.
        data: hash of the data set's content, splits, normalisation and augmentation.
        precision: of training, `bf16` or `fp32`.
        device: type, `cpu` or `cuda`.
        roots: modules which, with their imports, are all code that weights and settings depend on.
        given: digests of the files that the user brings, weights and code of networks; empty without any.
    """

    spec: ModelSpec
    parameters: Mapping[str, Any]
    data: str
    precision: str
    device: str
    roots: tuple[str, ...]
    given: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def code(self) -> Mapping[str, str]:
        """Hash of every source file that weights and settings depend on."""
        return code_hashes(self.roots)

    @cached_property
    def name(self) -> str:
        """Name of the record's directory: the method, and ten hexadecimal digits of a hash of the identity."""
        key = self.spec.placeless_key if self.given else self.spec.key
        text = json.dumps([key, *self.inputs().values()], sort_keys=True)
        return f"{self.spec.method}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"

    def inputs(self) -> dict[str, Any]:
        """The identity without the specification, as records store it."""
        return {
            "parameters": json.loads(json.dumps(dict(self.parameters))),
            "data": self.data,
            "precision": self.precision,
            "device": self.device,
            "code": dict(self.code),
            **({"given": dict(self.given)} if self.given else {}),
        }


def identify(
    spec: ModelSpec,
    dataset: Dataset,
    device: torch.device,
    precision: str | None = None,
    given: Mapping[str, Any] | None = None,
) -> Identity:
    """The identity that a network would have if it were trained now on this machine.

    Args:
        spec: the specification.
        dataset: to train on.
        device: of training.
        precision: of training; None for the recipe's precision as this machine resolves it.
        given: what the files that the user brings held, where they are gone; None: they are read.

    Raises:
        ValueError: a file of given weights or code is missing.
    """
    parameters = zoo.parameters_of(spec.selector)
    resolved = NOT_TRAINED if spec.weights else resolved_precision(spec.recipe.precision, device)
    return Identity(
        spec=spec,
        parameters={name: value for name, value in parameters.items() if name not in FILES},
        data=data_key(dataset),
        precision=precision or resolved,
        device=device.type,
        roots=code_roots(spec, dataset),
        given=contents_of(spec) if given is None else given,
    )


def data_key(dataset: Dataset) -> str:
    """Hash of pixels, labels, splits, normalisation and augmentation; 16 hexadecimal digits."""
    facts = {"task": asdict(task_of(dataset.info)), "augmentation": asdict(dataset.info.augmentation)}
    text = json.dumps([dataset.fingerprint, facts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def code_roots(spec: ModelSpec, dataset: Dataset) -> tuple[str, ...]:
    """The modules that a trained network depends on; their imports count too.

    Modules that make batches are included. Modules that read the data set's files are not, because the pixels
    themselves are part of the identity.
    """
    network = zoo.method(spec.method).network.__module__
    roots = (network, FITTING, type(dataset.train).__module__)
    if spec.processes == 1:
        return roots
    needs = needs_of(network)
    return (*roots, JOINT_FITTING, *([needs] if needs else []))
