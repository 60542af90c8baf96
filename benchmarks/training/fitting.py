"""Train a network and propose its settings; this module imports all code that a record's weights depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import torch

import zoo
from benchmarks.data import Dataset
from benchmarks.training.loop import Checkpoint, Epoch, train
from benchmarks.training.numerics import computes_bf16, full_precision, single_threaded
from benchmarks.training.recipe import Recipe
from benchmarks.training.seeds import derive_seed
from benchmarks.training.tasks import task_of
from zoo.network import Forward, RoutedNet, Setting, Validation
from zoo.sizing.unit_costs import evaluating, measure_ledger


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The result of training.

    Attributes:
        net: on the device, in eval mode.
        history: one row per epoch.
        settings: that the network proposes; the first is the headline setting.
    """

    net: RoutedNet
    history: pd.DataFrame
    settings: list[Setting]


@single_threaded()
def fit(
    selector: zoo.Selector,
    dataset: Dataset,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Fitted:
    """Train a network from its seed or its checkpoint, and let it propose its settings.

    Args:
        selector: of the network.
        dataset: the test split is not used.
        recipe: how to train, with the precision resolved.
        seed: of this network.
        device: to train on.
        checkpoint: read at the start, written after every epoch.
        on_epoch: called with every epoch's row when the epoch ends.

    Raises:
        benchmarks.training.loop.TrainingDiverged: a loss that is not finite.
    """
    torch.manual_seed(derive_seed(seed, "weights"))
    net = zoo.create(selector, task_of(dataset.info))
    history = train(net, dataset, recipe, seed=seed, device=device, checkpoint=checkpoint, on_epoch=on_epoch)
    return Fitted(net=net, history=history, settings=propose_settings(net, dataset, device))


def resolved_precision(asked: str, device: torch.device) -> str:
    """`bf16` or `fp32`; `auto` is bf16 if the device computes it natively."""
    if asked != "auto":
        return asked
    return "bf16" if computes_bf16(device) else "fp32"


@full_precision()
def propose_settings(net: RoutedNet, dataset: Dataset, device: torch.device) -> list[Setting]:
    """The settings that the network proposes from its outputs on the validation split."""
    ledger = measure_ledger(net)
    with evaluating(net):
        batches = dataset.validation.batches(250, device=device, channels_last=True)
        outputs = [(net(batch.images, compute="all"), batch.labels) for batch in batches]
    return net.settings(
        Validation(
            labels=torch.cat([labels for _, labels in outputs]).cpu(),
            forward=_joined([out for out, _ in outputs]),
            fixed_macs=ledger.fixed_macs,
            unit_macs=ledger.unit_macs,
        )
    )


def _joined(parts: list[Forward]) -> Forward:
    probs = [out.gate_probs.cpu() for out in parts if out.gate_probs is not None]
    exits = zip(*(out.exit_logits for out in parts), strict=True)
    return Forward(
        logits=torch.cat([out.logits.cpu() for out in parts]),
        route=torch.cat([out.route.cpu() for out in parts]),
        exit_logits=tuple(torch.cat([logits.cpu() for logits in column]) for column in exits),
        gate_probs=torch.cat(probs) if probs else None,
    )
