"""How much faster PGD is that lets fooled images go, at the same robust accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import torch

from benchmarks import data
from benchmarks.data import Batch, Dataset
from benchmarks.measuring.logits import LogitsOnly
from benchmarks.measuring.robustness import Attack, compacting_pgd, foolbox_attacks, frozen
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.loop import NoCheckpoint, train
from benchmarks.training.numerics import single_threaded
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo import RoutedNet, create

CPU = torch.device("cpu")
STEPS = 20
IMAGES, BATCH = 200, 100
RECIPE = Recipe(epochs=5, batch_size=64, warmup=0.25)
HALVINGS = 10
WIDEST = 0.3
"""Upper end of the search for an epsilon; no image survives it."""


class Aim(NamedTuple):
    """A robust accuracy to measure at, and the ratio that is promised there."""

    name: str
    accuracy: float
    target: float


AIMS = (Aim("high", 0.7, 1.3), Aim("low", 0.2, 2.0))


def measure(seconds: float) -> pd.DataFrame:
    """PGD-20 by foolbox over ours, in CPU time of one thread, on a ResNet-14 trained on digits.

    Foolbox attacks the same network, its parameters frozen, from the same random starts.

    Args:
        seconds: for the turns; training and the search for two epsilons take some 15 more.

    Returns:
        A row per robust accuracy, columns as `benchmarks.speed.table.row_of` says.
    """
    with single_threaded():
        dataset = data.load("mnist5k")
        net = trained(dataset)
        batches = list(dataset.test.take(IMAGES).batches(BATCH))
        with frozen(net):
            rows = [compared(net, batches, aim, seconds / len(AIMS)) for aim in AIMS]
    return pd.DataFrame(rows)


def trained(dataset: Dataset) -> RoutedNet:
    """A `resnet[tiny]` after a few epochs, in eval mode."""
    torch.manual_seed(0)
    net = create("resnet[tiny]", task_of(dataset.info))
    train(net, dataset, RECIPE, seed=0, device=CPU, checkpoint=NoCheckpoint())
    return net


def compared(net: RoutedNet, batches: list[Batch], aim: Aim, seconds: float) -> dict[str, object]:
    """The row of one robust accuracy."""
    epsilon = find_epsilon(net, batches, aim.accuracy)
    model = LogitsOnly(net).eval()
    calls = {
        "foolbox": foolbox_attacks(model, [epsilon], STEPS, CPU)[1],
        "ours": compacting_pgd(net, [epsilon], STEPS),
    }
    robust = {name: robust_accuracy(net, attack, batches) for name, attack in calls.items()}
    times = take_turns({name: turn(attack, batches) for name, attack in calls.items()}, seconds)
    configuration = (
        f"resnet[tiny], {IMAGES} digits, batches of {BATCH}, epsilon {epsilon:.3f}; "
        f"robust accuracy {robust['ours']:.3f}, foolbox's {robust['foolbox']:.3f}"
    )
    what = f"PGD-{STEPS} at {aim.name} robust accuracy, against foolbox"
    return row_of(what, configuration, ratio(times["foolbox"], times["ours"]), aim.target)


def find_epsilon(net: RoutedNet, batches: list[Batch], accuracy: float) -> float:
    """The radius at which about that share of the images survives."""
    low, high = 0.0, WIDEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        survivors = robust_accuracy(net, compacting_pgd(net, [middle], STEPS), batches)
        low, high = (middle, high) if survivors > accuracy else (low, middle)
    return (low + high) / 2


def turn(attack: Attack, batches: list[Batch]) -> Callable[[], list[torch.Tensor]]:
    """Attack every batch, from the same random starts each time."""

    def run() -> list[torch.Tensor]:
        torch.manual_seed(0)
        return [attack(batch.images, batch.labels)[0] for batch in batches]

    return run


def robust_accuracy(net: RoutedNet, attack: Attack, batches: list[Batch]) -> float:
    """Share of the images that the network itself gets right after the attack."""
    right = 0
    for adversarial, batch in zip(turn(attack, batches)(), batches, strict=True):
        with torch.inference_mode():
            right += int((net(adversarial, compute="needed").logits.argmax(dim=1) == batch.labels).sum())
    return right / sum(len(batch.labels) for batch in batches)
