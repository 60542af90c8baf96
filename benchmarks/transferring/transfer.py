"""Images that fool one network, shown to the others: the answer of whoever mistrusts a network's own gradients.

A network whose decisions hinder gradients looks robust to attacks that follow them. Images that were made for its
static twin, trained with the same recipe and seed, need none of its gradients: where they fool it more often than its
own attack does, its robust accuracy is an upper bound (Athalye et al. 2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from benchmarks.data import Batch, Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks import Target
from benchmarks.measuring.attacks.contract import frozen, headline_radius
from benchmarks.measuring.attacks.registry import parse_attack
from benchmarks.records.record import Record
from benchmarks.running.jobs import load_network
from benchmarks.training.numerics import full_precision
from benchmarks.training.seeds import derive_seed

COLUMNS = ["source", "target", "epsilon", "index", "label", "prediction", "macs"]
NOBODY = ""
"""The source of images that nobody attacked."""


@dataclass(frozen=True, kw_only=True)
class TransferOptions:
    """What is attacked, and how.

    Attributes:
        samples: images of the test split, from its beginning.
        epsilon: radius of the L-infinity ball in units of [0, 1] pixels; None for the data set's headline radius.
        steps: of PGD. Every image takes all of them: one that barely fools its source fools few others.
        batch_size: images that are attacked together.
    """

    samples: int = 200
    epsilon: float | None = None
    steps: int = 20
    batch_size: int = 100


def twins(records: Mapping[str, Record]) -> dict[str, str]:
    """The static twin of every network whose twin is among the records: both labels.

    A twin is the ResNet that a network is compared with, of the same repetition; it is none of its own.
    """
    places = {(str(record.spec.selector), record.spec.repetition): label for label, record in records.items()}
    found = {}
    for label, record in records.items():
        twin = places.get((record.config["baseline"]["network"], record.spec.repetition), label)
        if twin != label:
            found[label] = twin
    return found


def transfers(
    records: Mapping[str, Record],
    pairs: Sequence[tuple[str, str]],
    dataset: Dataset,
    options: TransferOptions,
    device: torch.device,
) -> Iterator[pd.DataFrame]:
    """For each source, what its images do to its targets and to itself, at their headline settings, as deployed.

    Args:
        records: by label.
        pairs: labels of source and target.
        dataset: that all were trained on.
        options: of the attack.
        device: where to run.

    Yields:
        A row per target and image: the columns `COLUMNS`; source `NOBODY` and epsilon 0 are the clean images.

    Raises:
        StoreError: a record is damaged or has no weights.
    """
    radius = options.epsilon or headline_radius(dataset.info.epsilons)
    split = dataset.test.take(min(options.samples, len(dataset.test)))
    batches = list(split.batches(options.batch_size, device=device))
    clean = [batch.images for batch in batches]
    for source in dict.fromkeys(source for source, _ in pairs):
        with full_precision():
            attacked = list(_attacked(load_network(records[source], dataset, device), batches, radius, options.steps))
            for target in dict.fromkeys([source, *(target for chosen, target in pairs if chosen == source)]):
                trained = load_network(records[target], dataset, device)
                for shown, made_for, epsilon in ((clean, NOBODY, 0.0), (attacked, source, radius)):
                    for batch, images in zip(batches, shown, strict=True):
                        rows = _answers(trained, images).assign(
                            source=made_for,
                            target=target,
                            epsilon=epsilon,
                            index=batch.indices.cpu().numpy(),
                            label=batch.labels.cpu().numpy(),
                        )
                        yield rows[COLUMNS]


def _attacked(trained: TrainedNetwork, batches: Sequence[Batch], epsilon: float, steps: int) -> Iterator[Tensor]:
    """Adversarial images (N, C, H, W) of every batch, after all steps."""
    pgd = parse_attack("PGD", steps=steps, engine="foolbox")
    with trained.at(trained.settings[0]) as net, frozen(net):
        perturb = pgd.prepare(Target(net, trained.device))
        for number, batch in enumerate(batches):
            torch.manual_seed(derive_seed(trained.seed, "transfer", number))
            yield perturb(batch.images, batch.labels, epsilon)


def _answers(trained: TrainedNetwork, images: Tensor) -> pd.DataFrame:
    with trained.at(trained.settings[0]) as net, torch.inference_mode():
        out = net(images, compute="needed")
    return pd.DataFrame(
        {"prediction": out.logits.argmax(dim=1).cpu().numpy(), "macs": trained.ledger.routed(out.route).numpy()}
    )
