"""What a step does to parameters that got no gradient, such as blocks that were dropped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmarks.data import Dataset
from benchmarks.records.record import digest
from benchmarks.training.loop import fill_idle, make_optimizer, train_epoch
from benchmarks.training.schedule import PhaseEpoch
from tests.benchmarks.training.test_loop import (
    CPU,
    ONE_PHASE,
    Linear,
    fit_killed_after_every_epoch,
    fresh,
    recipe,
)
from zoo.methods.stochastic_depth import StochasticDepth
from zoo.network import Compute, Forward

PLAIN: dict[str, Any] = {"nesterov": False, "schedule": "constant", "warmup": 0.0}


@pytest.fixture(scope="module")
def handful(few_digits: Dataset) -> Dataset:
    """128 training and 50 validation digits."""
    return replace(few_digits, train=few_digits.train.take(128), validation=few_digits.validation.take(50))


class SometimesUsed(Linear):
    """A second bias that every second step uses, at a gradient that does not depend on the images."""

    def __init__(self) -> None:
        super().__init__()
        self.extra = nn.Parameter(torch.ones(()))
        self.fixed = nn.Parameter(torch.ones(()), requires_grad=False)
        self.step = 0

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        self.step += 1
        penalties = {"extra": self.extra} if self.step % 2 else {}
        return replace(super().run(x, compute=compute, generator=generator), penalties=penalties)


def after_two_steps(handful: Dataset, idle_updates: bool) -> SometimesUsed:
    """The extra bias gets the gradient 1 in the first step and none in the second."""
    net = SometimesUsed()
    how = recipe(**PLAIN, idle_updates=idle_updates, lr=0.1, momentum=0.5, weight_decay=0.2, batch_size=64)
    place, order = PhaseEpoch(ONE_PHASE, 0, 1), torch.Generator().manual_seed(0)
    train_epoch(net, handful.train, make_optimizer(net, how), how, place, order, CPU)
    assert net.step == 2
    return net


def test_idle_parameters_rest(handful: Dataset) -> None:
    # momentum 1 + .2 * 1 = 1.2, and 1 - .1 * 1.2 = .88
    assert after_two_steps(handful, idle_updates=False).extra.item() == pytest.approx(0.88)


def test_idle_parameters_go_on_with_momentum_and_decay_as_in_torch7(handful: Dataset) -> None:
    # then momentum .5 * 1.2 + .2 * .88 = .776, and .88 - .1 * .776 = .8024
    assert after_two_steps(handful, idle_updates=True).extra.item() == pytest.approx(0.8024)


def test_parameters_that_do_not_learn_stay_what_they_are(handful: Dataset) -> None:
    assert after_two_steps(handful, idle_updates=True).fixed.item() == 1


def test_a_gradient_that_is_there_is_kept() -> None:
    net = Linear()
    net.matrix.bias.grad = torch.full((10,), 3.0)
    fill_idle(make_optimizer(net, recipe()))
    assert net.matrix.bias.grad.tolist() == [3.0] * 10
    assert net.matrix.weight.grad is not None
    assert not net.matrix.weight.grad.any()


def test_a_dropped_block_decays(handful: Dataset) -> None:
    """Every block of the network drops out of the step, and only the option moves their weights."""
    moved = {}
    for idle_updates in (False, True):
        net = fresh("stochastic_depth")
        assert isinstance(net, StochasticDepth)
        net.drop.survival = (1e-12,) * len(net.units)
        before = {name: value.detach().clone() for name, value in net.named_parameters()}
        how = recipe(**PLAIN, idle_updates=idle_updates, lr=0.5, momentum=0.0, weight_decay=0.1, batch_size=128)
        place, order = PhaseEpoch(ONE_PHASE, 0, 1), torch.Generator().manual_seed(0)
        train_epoch(net, handful.train, make_optimizer(net, how), how, place, order, CPU)
        inside = [name for name in before if ".branch." in name]
        moved[idle_updates] = {name: (net.get_parameter(name).detach(), before[name]) for name in inside}
    assert all(torch.equal(after, start) for after, start in moved[False].values())
    for after, start in moved[True].values():
        torch.testing.assert_close(after, start * (1 - 0.5 * 0.1))


def test_killed_after_every_epoch_and_resumed_is_uninterrupted(handful: Dataset, tmp_path: Path) -> None:
    results = []
    for name in ("one", "other"):
        net, _, deaths = fit_killed_after_every_epoch(
            lambda: fresh("stochastic_depth"), handful, tmp_path / f"{name}.pt", idle_updates=True
        )
        assert deaths == 3
        results.append(digest(net.state_dict()))
    assert results[0] == results[1]
