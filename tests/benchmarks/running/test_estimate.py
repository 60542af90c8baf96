"""How long training will take, with a clock that ticks once whenever it is read."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.optim import Optimizer

import zoo
from benchmarks.data import Dataset
from benchmarks.running.estimate import STEPS, estimate_training
from benchmarks.training.loop import make_optimizer
from tests.benchmarks.cases import models, small_study
from zoo.network import Forward, RoutedNet

CPU = torch.device("cpu")
STEPS_PER_EPOCH = 512 // 32


@pytest.fixture(autouse=True)
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setattr("benchmarks.running.estimate.time.perf_counter", lambda: float(next(ticks)))


def seconds(dataset: Dataset, method: str, epochs: int) -> float:
    (spec,) = models(small_study(method, recipe={"epochs": epochs}))
    return estimate_training(spec, dataset, CPU)


def test_all_epochs_take_as_long_per_step_as_the_timed_ones(few_digits: Dataset) -> None:
    assert seconds(few_digits, "resnet", 6) == pytest.approx(6 * STEPS_PER_EPOCH * 1 / STEPS)


def test_every_phase_is_timed_for_itself(few_digits: Dataset) -> None:
    assert seconds(few_digits, "branchynet", 4) == pytest.approx((2 + 2) * STEPS_PER_EPOCH * 1 / STEPS)


@pytest.mark.parametrize("method", ["resnet", "branchynet"])
@pytest.mark.parametrize(("options", "passes"), [({}, 7), ({"steps": 3}, 3), ({"attack": "fgsm"}, 1)])
def test_a_step_of_adversarial_training_is_timed_with_its_attack(
    method: str, options: dict[str, Any], passes: int, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, sizes = zoo.method(method).network, list[int]()
    run = network.run

    def watched(self: RoutedNet, x: Tensor, **arguments: Any) -> Forward:
        sizes.append(len(x))
        return run(self, x, **arguments)

    monkeypatch.setattr(network, "run", watched)
    (spec,) = models(small_study(method, recipe={"adversarial": {"epsilon": 0.1, **options}}))
    estimate_training(spec, few_digits, CPU)
    phases = {"resnet": 1, "branchynet": 2}[method]
    assert sizes == [32] * (phases * (STEPS + 1) * (passes + 1))


@pytest.mark.parametrize(("method", "phases"), [("resnet", 1), ("branchynet", 2)])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_optimizer_steps_as_often_as_in_training(
    method: str, phases: int, optimizer: str, few_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[Optimizer] = []

    def watched(*arguments: Any) -> Optimizer:
        made = make_optimizer(*arguments)
        made.register_step_post_hook(lambda stepped, *_: steps.append(stepped))
        return made

    monkeypatch.setattr("benchmarks.running.estimate.make_optimizer", watched)
    (spec,) = models(small_study(method, recipe={"optimizer": optimizer}))
    estimate_training(spec, few_digits, CPU)
    assert [steps.count(one) for one in dict.fromkeys(steps)] == [STEPS + 1] * phases


def test_random_numbers_go_on_as_if_nothing_had_been_estimated(few_digits: Dataset) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    seconds(few_digits, "adanet", 3)
    assert torch.equal(torch.rand(3), expected)


def test_images_and_threads_are_as_before(few_digits: Dataset) -> None:
    before, threads = next(few_digits.train.batches(512)), torch.get_num_threads()
    seconds(few_digits, "resnet", 3)
    after = next(few_digits.train.batches(512))
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert torch.get_num_threads() == threads
