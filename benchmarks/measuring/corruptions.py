"""Accuracy and routed cost on corrupted images: do harder images take longer routes?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import torch
from pydantic import Field, field_validator
from torch import Tensor

from benchmarks.data import Batch, DataMissing
from benchmarks.data.cifar_c import BENCHMARK, NAMES, CorruptedTest, cifar10_c
from benchmarks.measuring import evaluator
from benchmarks.measuring.corrupting import CORRUPTIONS, SEVERITIES, corrupt
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from zoo.plugins import unknown

CLEAN = "none"
"""In place of a corruption, at severity 0: the image itself."""
OWN, PUBLISHED = "RouteBench", "CIFAR-10-C"
"""Who made an image."""
VALID = (*CORRUPTIONS, *(name for name in NAMES if name not in CORRUPTIONS))


class CorruptionsOptions(Strict):
    """Which images are corrupted, and how.

    Attributes:
        corruptions: names of `benchmarks.measuring.corrupting.CORRUPTIONS`, and for CIFAR-10 of files of CIFAR-10-C,
            which come first where both have a name. None: CIFAR-10-C's 15 as far as they are there, else all of ours.
        severities: from 1 to 5.
        samples: images of the test split, from its beginning.
        batch_size: images that are answered together.
    """

    corruptions: tuple[str, ...] | None = None
    severities: tuple[int, ...] = SEVERITIES
    samples: int = Field(500, ge=1)
    batch_size: int = Field(250, ge=1)

    @field_validator("corruptions")
    @classmethod
    def _known(cls, corruptions: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in corruptions or ():
            if name not in VALID:
                raise ValueError(unknown("corruption", name, VALID))
        if corruptions is not None and (not corruptions or len(set(corruptions)) < len(corruptions)):
            raise ValueError(f"corruptions must be one or more different names, or null; not {list(corruptions)}")
        return corruptions

    @field_validator("severities")
    @classmethod
    def _graded(cls, severities: tuple[int, ...]) -> tuple[int, ...]:
        if not severities or set(severities) - set(SEVERITIES) or len(set(severities)) < len(severities):
            raise ValueError(f"severities must be different whole numbers from 1 to 5, not {list(severities)}")
        return severities


@evaluator("corruptions", options=CorruptionsOptions, order=10, by_default=False)
def corruptions(trained: TrainedNetwork, options: CorruptionsOptions) -> pd.DataFrame:
    """One row per corruption, severity and image, at the headline setting; severity 0 is the clean image.

    Columns: corruption, severity, source (who made the image), index, label, prediction, macs (routed), route.

    Raises:
        DataMissing: a corruption of CIFAR-10-C was named, and its file is not there.
    """
    published = cifar10_c(trained.dataset)
    names = _chosen(options, published)
    rows = []
    with trained.at(trained.settings[0]), torch.inference_mode():
        for batch in trained.dataset.test.take(options.samples).batches(options.batch_size, device=trained.device):
            rows.append(_answers(trained, batch, batch.images, CLEAN, 0, OWN))
            for name, severity, images, source in _corrupted(batch, names, options.severities, published):
                rows.append(_answers(trained, batch, images, name, severity, source))
    return pd.concat(rows, ignore_index=True)


def _chosen(options: CorruptionsOptions, published: CorruptedTest | None) -> list[str]:
    """Names of the corruptions, each of which can be made or read."""
    there = [name for name in NAMES if published is not None and published.has(name)]
    if options.corruptions is None:
        return [name for name in BENCHMARK if name in there] or list(CORRUPTIONS)
    for name in options.corruptions:
        if name not in CORRUPTIONS and name not in there:
            place = published.file(name) if published else "the folder CIFAR-10-C in the data root of cifar10"
            raise DataMissing(
                f"corruption {name} is read from CIFAR-10-C: {place} is not there "
                f"(https://zenodo.org/records/2535967); of any images: {', '.join(CORRUPTIONS)}"
            )
    return list(options.corruptions)


def _corrupted(
    batch: Batch, names: Sequence[str], severities: Sequence[int], published: CorruptedTest | None
) -> Iterator[tuple[str, int, Tensor, str]]:
    """A batch by corruption and severity, and who made it."""
    indices = batch.indices.tolist()
    for name in names:
        for severity in severities:
            if published is not None and published.has(name):
                yield name, severity, published.images(name, severity, indices).to(batch.images), PUBLISHED
            else:
                yield name, severity, corrupt(name, batch.images, severity, indices), OWN


def _answers(
    trained: TrainedNetwork, batch: Batch, images: Tensor, corruption: str, severity: int, source: str
) -> pd.DataFrame:
    out = trained.net(images, compute="needed")
    return pd.DataFrame(
        {
            "corruption": corruption,
            "severity": severity,
            "source": source,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": out.logits.argmax(dim=1).cpu().numpy(),
            "macs": trained.ledger.routed(out.route).numpy(),
            "route": route_text(out.route),
        }
    )
