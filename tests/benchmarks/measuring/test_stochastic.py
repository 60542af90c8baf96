"""Sampling left on: who samples, how passes become an answer, and an attack on the expectation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

import zoo
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.stochastic import Drawn, StochasticOptions, samples_decisions, stochastic

FEW = StochasticOptions(samples=12, passes=5, draws=2, steps=3)
TASK = zoo.Task(shape=(1, 28, 28), classes=10)
SAMPLERS = {"adanet", "skipnet", "stochastic_depth"}


def test_networks_that_draw_in_training_can_go_on_drawing() -> None:
    torch.manual_seed(0)
    found = set()
    for name in ("resnet", "adanet", "skipnet", "stochastic_depth", "msdnet"):
        net = zoo.create(name, TASK).eval()
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.ones_(module.weight)  # a branch that starts at zero cannot be missed
        if samples_decisions(net, torch.rand(8, *TASK.shape)):
            found.add(name)
    assert found == SAMPLERS


def test_a_network_that_samples_is_answered_in_several_passes(network_of: Callable[[str], TrainedNetwork]) -> None:
    table = stochastic(network_of("adanet"), FEW)
    groups = table.groupby(["rule", "attack"], sort=False)["index"].agg(list)
    assert groups.to_dict() == {
        ("deterministic", "none"): list(range(12)),
        ("mean", "none"): list(range(12)),
        ("majority", "none"): list(range(12)),
        ("mean", "EOT-PGD-3"): list(range(12)),
        ("majority", "EOT-PGD-3"): list(range(12)),
    }
    majority = table[table["rule"] == "majority"]
    assert (majority["agree"] * 5).round(9).isin([1, 2, 3, 4, 5]).all()
    assert table["macs"].gt(0).all()


def test_one_that_does_not_is_answered_once(network_of: Callable[[str], TrainedNetwork]) -> None:
    table = stochastic(network_of("branchynet"), FEW)
    assert set(table["rule"]) == {"deterministic"}


def test_the_same_seed_draws_the_same(network_of: Callable[[str], TrainedNetwork]) -> None:
    assert stochastic(network_of("adanet"), FEW).equals(stochastic(network_of("adanet"), FEW))


def test_the_mean_over_draws_is_that_of_single_passes(network_of: Callable[[str], TrainedNetwork]) -> None:
    trained = network_of("adanet")
    images = next(iter(trained.dataset.test.batches(4))).images
    with torch.no_grad():
        torch.manual_seed(0)
        together = Drawn(trained.net, 3)(images)
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(int(torch.randint(2**31, ())))
        logits = trained.net(images.repeat(3, 1, 1, 1), generator=generator).logits
    torch.testing.assert_close(together, sum(logits[4 * k : 4 * k + 4] for k in range(3)) / 3)
