"""Images that fool one network, shown to the others: the answer of whoever mistrusts a network's own gradients.

A network whose decisions hinder gradients looks robust to attacks that follow them. Images that were made for its
baseline, the static ResNet that was trained with the same recipe and seed, need none of its gradients: where they fool
it more often than its own attack does, its gradients are masked (Athalye et al. 2018).
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
from benchmarks.measuring.attacks.contract import frozen
from benchmarks.measuring.attacks.registry import parse_attack
from benchmarks.measuring.radii import headline_radius
from benchmarks.records.record import Record
from benchmarks.running.loaded import load_network
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


def baselines(records: Mapping[str, Record]) -> dict[str, str]:
    """The baseline of the same repetition, of every network that is not its own and whose baseline is there: labels."""
    places = {(str(record.spec.full_selector), record.spec.repetition): label for label, record in records.items()}
    wanted = {
        label: (record.config["baseline"]["network"], record.spec.repetition) for label, record in records.items()
    }
    return {label: places[place] for label, place in wanted.items() if places.get(place, label) != label}


def transfers(
    records: Mapping[str, Record],
    sources: Mapping[str, str],
    dataset: Dataset,
    options: TransferOptions,
    device: torch.device,
) -> pd.DataFrame:
    """What each network answers, as deployed at its headline setting, to images made for itself and for another.

    Columns: source, target, epsilon, index, label, prediction, macs (routed). Source `NOBODY`, at epsilon 0: the clean
    images.

    Args:
        records: by label.
        sources: of networks, by label, the label of the one whose images they are shown.
        dataset: that all were trained on.
        options: of the attack.
        device: where to run.

    Raises:
        StoreError: a record is damaged or has no weights.
    """
    radius = options.epsilon or headline_radius(dataset.info.epsilons)
    split = dataset.test.take(min(options.samples, len(dataset.test)))
    batches = list(split.batches(options.batch_size, device=device))
    tables = []
    with full_precision():
        for source in dict.fromkeys([*sources.values(), *sources]):
            trained = load_network(records[source], dataset, device)
            attacked = list(_attacked(trained, batches, radius, options.steps))
            clean = _answers(trained, batches, [batch.images for batch in batches])
            tables.append(clean.assign(source=NOBODY, target=source, epsilon=0.0))
            tables.append(_answers(trained, batches, attacked).assign(source=source, target=source, epsilon=radius))
            for target in (label for label, chosen in sources.items() if chosen == source):
                shown = _answers(load_network(records[target], dataset, device), batches, attacked)
                tables.append(shown.assign(source=source, target=target, epsilon=radius))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def _attacked(trained: TrainedNetwork, batches: Sequence[Batch], epsilon: float, steps: int) -> Iterator[Tensor]:
    """Adversarial images (N, C, H, W) of every batch, after all steps."""
    pgd = parse_attack("PGD", steps=steps, engine="foolbox")
    with trained.at(trained.settings[0]) as net, frozen(net):
        perturb = pgd.prepare(Target(net, trained.device))
        for number, batch in enumerate(batches):
            torch.manual_seed(derive_seed(trained.seed, "transfer", number))
            yield perturb(batch.images, batch.labels, epsilon)


def _answers(trained: TrainedNetwork, batches: Sequence[Batch], shown: Sequence[Tensor]) -> pd.DataFrame:
    """Answers to the images (N, C, H, W) that stand in place of each batch's."""
    tables = []
    with trained.at(trained.settings[0]) as net, torch.inference_mode():
        for batch, images in zip(batches, shown, strict=True):
            out = net(images, compute="needed")
            columns = {"index": batch.indices, "label": batch.labels, "prediction": out.logits.argmax(dim=1)}
            rows = pd.DataFrame({name: values.cpu().numpy() for name, values in columns.items()})
            tables.append(rows.assign(macs=trained.ledger.routed(out.route).numpy()))
    return pd.concat(tables, ignore_index=True)
