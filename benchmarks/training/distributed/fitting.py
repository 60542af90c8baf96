"""Train one network by several processes; this module imports all code that its weights depend on besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import torch

import zoo
from benchmarks.data import Dataset
from benchmarks.training.distributed.batches import shared_out
from benchmarks.training.distributed.draws import JointDraws
from benchmarks.training.distributed.network import jointly
from benchmarks.training.distributed.peers import Peers
from benchmarks.training.fitting import Fitted, propose_settings
from benchmarks.training.loop import Checkpoint, Epoch, train
from benchmarks.training.numerics import single_threaded
from benchmarks.training.recipe import Recipe
from benchmarks.training.seeds import derive_seed
from benchmarks.training.tasks import task_of
from zoo.network import RoutedNet


class SharedCheckpoint:
    """The first process's checkpoint, which all processes start from.

    Args:
        own: of the first process; the others' is not used.
        peers: that start together.
    """

    def __init__(self, own: Checkpoint, peers: Peers) -> None:
        self._own, self._peers = own, peers

    def read(self) -> Mapping[str, Any] | None:
        """What the first process reads."""
        return self._peers.told(None if self._peers.rank else self._own.read())

    def write(self, state: Mapping[str, Any]) -> None:
        """Keep the state of the first process, which is that of all."""
        if not self._peers.rank:
            self._own.write(state)


@single_threaded()
def fit_jointly(
    selector: zoo.Selector,
    dataset: Dataset,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
    peers: Peers,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Fitted:
    """What `benchmarks.training.fitting.fit` does, by several processes that call this with the same arguments.

    The batches, their order and augmentation, random decisions and losses are those of one process, and weights differ
    from its own by rounding: sums are taken in another order.

    Args:
        selector: of the network.
        dataset: the test split is not used.
        recipe: how to train, with the precision resolved; the batch is that of all processes together.
        seed: of this network.
        device: of this process.
        checkpoint: read and written by the first process.
        peers: the processes.
        on_epoch: called on the first process with every epoch's row when the epoch ends.

    Returns:
        The network with its history; with its settings on the first process, and without on the others.

    Raises:
        benchmarks.training.loop.TrainingDiverged: a loss that is not finite.
        PeerLost: another process is gone.
    """
    torch.manual_seed(derive_seed(seed, "weights"))
    net = zoo.create(selector, task_of(dataset.info))
    history = train_jointly(
        net, dataset, recipe, seed=seed, device=device, checkpoint=checkpoint, peers=peers, on_epoch=on_epoch
    )
    settings = [] if peers.rank else propose_settings(net, dataset, device)
    return Fitted(net=net, history=history, settings=settings)


def train_jointly(
    net: RoutedNet,
    dataset: Dataset,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
    peers: Peers,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> pd.DataFrame:
    """What `benchmarks.training.loop.train` does, by several processes that call this with equal networks.

    Only the first process validates, and its history alone has meaning.
    """
    with jointly(net, peers), JointDraws(peers):
        return train(
            net,
            shared_out(dataset, peers),
            recipe,
            seed=seed,
            device=device,
            checkpoint=SharedCheckpoint(checkpoint, peers),
            on_epoch=(lambda epoch: None) if peers.rank else on_epoch,
        )
