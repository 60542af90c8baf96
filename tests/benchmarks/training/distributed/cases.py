"""Small trainings that one process and two do alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

import zoo
from benchmarks.data import Dataset
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.running.jobs import load_dataset
from benchmarks.training.distributed.fitting import train_jointly
from benchmarks.training.distributed.peers import Peers
from benchmarks.training.loop import Checkpoint, NoCheckpoint, train
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from tests.benchmarks.cases import DATASET, RECIPE
from zoo.network import RoutedNet

CPU = torch.device("cpu")
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "static": ("resnet[tiny]", {}),
    "gated, with a rate penalty": ("adanet[tiny, target_rate=0.5]", {}),
    "gated, by gradient and then by reward": ("skipnet[tiny, hybrid_share=0.5, hybrid_lr_scale=1]", {}),
    "frozen batch norms, only open blocks": ("skipnet[tiny, hybrid_share=0.5, hybrid_norm=frozen]", {}),
    "early exits in two phases": ("branchynet[tiny]", {}),
    "drop-path and a batch norm of its own": ("fractalnet[tiny]", {}),
    "blocks that drop out": ("stochastic_depth[tiny]", {}),
    "blocks that drop out and go on decaying": ("stochastic_depth[tiny]", {"idle_updates": True}),
    "edges that drop out": ("randwire[tiny, edge_drop=0.3, dropout=0.2]", {}),
    "dropout": ("wideresnet[tiny, dropout=0.3]", {}),
    "trained on attacked images": ("resnet[tiny]", {"adversarial": {"attack": "pgd", "epsilon": 0.1, "steps": 2}}),
    "averaged, clipped, smoothed": (
        "resnet[tiny]",
        {"ema_decay": 0.5, "gradient_clip": 0.5, "label_smoothing": 0.1, "optimizer": "adamw", "lr": 0.003},
    ),
}
"""By name, a network and what is special in its recipe."""
FP32_ONLY = ("edges that drop out", "deformable", "active_conv")
"""Networks with layers that compute in fp32 whatever comes in; a step of them is compared, more loosely."""
OTHERS = sorted({*zoo.list_methods()} - {network.partition("[")[0] for network, _ in CASES.values()})
"""Methods that are trained for a step only."""
CASES |= {name: (f"{name}[tiny]", {"epochs": 1}) for name in OTHERS}
RESUMED = "resumed"
Result = tuple[dict[str, Tensor], list[dict[str, Any]]]


def handful(images: int = 96) -> Dataset:
    """Few training and 50 validation digits."""
    whole = load_dataset(DATASET, None)
    return replace(whole, train=whole.train.take(images), validation=whole.validation.take(50))


def few(name: str) -> Dataset:
    """The digits of a case: three steps per epoch, or one."""
    return handful(32 if name in (*FP32_ONLY, *OTHERS) else 96)


def recipe_of(name: str, **fields: Any) -> Recipe:
    """A gentle recipe: rounding is not to grow."""
    return Recipe(
        **{**RECIPE, "lr": 0.02, "epochs": 1 if name in FP32_ONLY else 2, "augment": True, **CASES[name][1], **fields}
    )


@contextmanager
def wide(name: str) -> Iterator[None]:
    """Networks in fp64: what differs then is not rounding, which steps of training make hundreds of times larger."""
    torch.set_default_dtype(torch.float32 if name in FP32_ONLY else torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


def alone(name: str, data: Dataset, checkpoint: Checkpoint | None = None, **fields: Any) -> Result:
    """Weights and history of one process."""
    kept = checkpoint or NoCheckpoint()
    with wide(name):
        net = fresh(name)
        return _result(net, train(net, data, recipe_of(name, **fields), seed=3, device=CPU, checkpoint=kept))


def jointly(peers: Peers, name: str, data: Dataset, checkpoint: Checkpoint | None = None, **fields: Any) -> Result:
    """Weights and history of one of several processes."""
    kept = checkpoint or NoCheckpoint()
    recipe = recipe_of(name, **fields)
    with wide(name):
        net = fresh(name)
        return _result(net, train_jointly(net, data, recipe, seed=3, device=CPU, checkpoint=kept, peers=peers))


def fresh(name: str) -> RoutedNet:
    """An untrained network, always the same."""
    torch.manual_seed(1)
    return zoo.create(CASES[name][0], task_of(handful().info))


def every_case(peers: Peers, names: list[str], folder: str) -> dict[str, Result]:
    """All of them, one after another; and the last one once more, resumed."""
    found = {name: jointly(peers, name, few(name)) for name in names}
    return {**found, RESUMED: resumed(peers, names[-1], folder)}


class KeepsFirst(FileCheckpoint):
    """A checkpoint of a training that was killed in its second epoch."""

    def write(self, state: Mapping[str, Any]) -> None:
        """Keep the first epoch only."""
        if len(state["history"]) == 1:
            super().write(state)


def resumed(peers: Peers, name: str, folder: str) -> Result:
    """A training that goes on from what the first process kept of the first epoch; the other has nothing."""
    path = Path(folder) / "network" / "checkpoint.pt"
    jointly(peers, name, few(name), KeepsFirst(path))
    return jointly(peers, name, few(name), NoCheckpoint() if peers.rank else FileCheckpoint(path))


def _result(net: RoutedNet, history: pd.DataFrame) -> Result:
    rows = [{str(key): value for key, value in row.items()} for row in history.to_dict("records")]
    for row in rows:
        del row["seconds"], row["first_step"]
    return {name: values.clone() for name, values in net.state_dict().items()}, rows
