"""The race of PGD's engines, in small."""

from __future__ import annotations

import math

import pytest

from benchmarks.data import Batch
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks import Target
from benchmarks.measuring.attacks.contract import frozen
from benchmarks.measuring.attacks.pgd import PGD
from benchmarks.speed.attacks import STEPS, Aim, compared, find_epsilon, measure, robust_accuracy

COLUMNS = ["what", "configuration", "ratio", "low", "high", "turns", "target"]


def batches(trained: TrainedNetwork, count: int) -> list[Batch]:
    return list(trained.dataset.test.take(count).batches(50))


def test_the_epsilon_that_is_found_leaves_the_robust_accuracy_that_was_asked_for(resnet: TrainedNetwork) -> None:
    images = batches(resnet, 100)
    with frozen(resnet.net):
        epsilon = find_epsilon(resnet.net, images, 0.5)
        attack = PGD(steps=STEPS).prepare(Target(resnet.net, resnet.device))
        assert robust_accuracy(resnet.net, attack, epsilon, images) == pytest.approx(0.5, abs=0.05)


def test_a_row_says_both_robust_accuracies_and_the_bar(resnet: TrainedNetwork) -> None:
    with frozen(resnet.net):
        row = compared(resnet.net, batches(resnet, 10), Aim("low", 0.2, 2.0), 0.0)
    assert list(row) == COLUMNS
    assert row["target"] == 2.0
    assert "robust accuracy 0." in str(row["configuration"])
    assert "foolbox's 0." in str(row["configuration"])


@pytest.mark.long
def test_robust_accuracy_is_foolboxs_and_is_found_faster() -> None:
    table = measure(1)
    assert list(table) == COLUMNS
    for row in table.itertuples():
        ours, reference = str(row.configuration).split("robust accuracy ")[1].split(", foolbox's ")
        assert ours == reference
        assert float(str(row.ratio)) > 1
        assert not math.isnan(float(str(row.target)))
