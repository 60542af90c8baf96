"""Speed of PGD that drops fooled images from its batch, at the same robust accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import torch

from benchmarks import data
from benchmarks.data import Batch, Dataset
from benchmarks.measuring.attacks import Perturb, Target
from benchmarks.measuring.attacks.contract import frozen
from benchmarks.measuring.attacks.pgd import PGD
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
"""Largest epsilon of the search; every image is fooled at it."""


class Aim(NamedTuple):
    """A robust accuracy to measure at, and the target ratio."""

    name: str
    accuracy: float
    target: float


AIMS = (Aim("high", 0.7, 1.3), Aim("low", 0.2, 2.0))


def measure(seconds: float) -> pd.DataFrame:
    """Time of foolbox's PGD-20 over ours, in one-thread CPU time, on a ResNet-14 trained on digits.

    Foolbox attacks the same network, with frozen parameters, from the same random starts.

    Args:
        seconds: for the turns; training and the search for two epsilons take about 15 s more.

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
    target = Target(net, CPU)
    attacks = {
        "foolbox": PGD(steps=STEPS, engine="foolbox").prepare(target),
        "ours": PGD(steps=STEPS).prepare(target),
    }
    robust = {name: robust_accuracy(net, attack, epsilon, batches) for name, attack in attacks.items()}
    times = take_turns({name: attack_all(attack, epsilon, batches) for name, attack in attacks.items()}, seconds)
    configuration = (
        f"resnet[tiny], {IMAGES} digits, batches of {BATCH}, epsilon {epsilon:.3f}; "
        f"robust accuracy {robust['ours']:.3f}, foolbox's {robust['foolbox']:.3f}"
    )
    what = f"PGD-{STEPS} at {aim.name} robust accuracy, against foolbox"
    return row_of(what, configuration, ratio(times["foolbox"], times["ours"]), aim.target)


def find_epsilon(net: RoutedNet, batches: list[Batch], accuracy: float) -> float:
    """The epsilon at which robust accuracy is about `accuracy`."""
    low, high = 0.0, WIDEST
    attack = PGD(steps=STEPS).prepare(Target(net, CPU))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        survivors = robust_accuracy(net, attack, middle, batches)
        low, high = (middle, high) if survivors > accuracy else (low, middle)
    return (low + high) / 2


def attack_all(attack: Perturb, epsilon: float, batches: list[Batch]) -> Callable[[], list[torch.Tensor]]:
    """A function that attacks every batch, from the same random starts on each call."""

    def run() -> list[torch.Tensor]:
        torch.manual_seed(0)
        return [attack(batch.images, batch.labels, epsilon) for batch in batches]

    return run


def robust_accuracy(net: RoutedNet, attack: Perturb, epsilon: float, batches: list[Batch]) -> float:
    """Accuracy of the network on the attacked images."""
    right = 0
    for adversarial, batch in zip(attack_all(attack, epsilon, batches)(), batches, strict=True):
        with torch.inference_mode():
            right += int((net(adversarial, compute="needed").logits.argmax(dim=1) == batch.labels).sum())
    return right / sum(len(batch.labels) for batch in batches)
