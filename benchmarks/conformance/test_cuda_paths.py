"""What networks do on a GPU, tried on a stand-in: the CPU's answers and weights, without waiting for the device."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

import zoo
from benchmarks.conformance.cases import DIGITS, TASK, Case, selectors, trained
from benchmarks.conformance.simulated_gpu import DEVICE, OnDevice, SimulatedGpu
from benchmarks.training.loop import make_optimizer, train_epoch
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import PhaseEpoch
from zoo.network import Forward, Phase, RoutedNet, Setting

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: tests/test_gpu.py asks it")
every_method = pytest.mark.parametrize("selector", selectors(), ids=str)

WAITS_PER_STEP = {("skipnet[tiny, gate=rnn, hybrid_norm=frozen]", "hybrid"): 5}
"""Phases whose training waits: here only open blocks run, and gates on the device say which samples those are."""


def recipe(**fields: object) -> Recipe:
    return Recipe.model_validate({"epochs": 2, "batch_size": 16, "lr": 0.01, "precision": "fp32", **fields})


def waits_of_an_epoch(gpu: SimulatedGpu, net: RoutedNet, steps: int, phase: Phase, how: Recipe) -> int:
    split, order = DIGITS.train.take(16 * steps), torch.Generator().manual_seed(1)
    optimizer = make_optimizer(net, how)
    gpu.waits.clear()
    train_epoch(net, split, optimizer, how, PhaseEpoch(phase, 0, 1), order, DEVICE)
    return len(gpu.waits)


@every_method
def test_no_step_of_training_waits_for_the_device(selector: zoo.Selector) -> None:
    torch.manual_seed(0)
    how = recipe(precision="bf16")
    with SimulatedGpu() as gpu:
        next(DIGITS.train.batches(1, device=DEVICE))  # takes the images there, once
        net = zoo.create(selector, TASK).to(DEVICE).to(memory_format=torch.channels_last)
        for phase in net.phases():
            net.begin(phase.name)
            one, two = (waits_of_an_epoch(gpu, net, steps, phase, how) for steps in (1, 2))
            assert one - WAITS_PER_STEP.get((str(selector), phase.name), 0) == 3, "order, mean loss and accuracy"
            assert two - one == WAITS_PER_STEP.get((str(selector), phase.name), 0)


def step(net: RoutedNet, images: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradients of a training step."""
    torch.manual_seed(1)
    net.zero_grad(set_to_none=True)
    loss = net.loss(net(images), labels)
    loss.backward()
    return loss.detach(), {name: p.grad for name, p in net.named_parameters() if p.grad is not None}


@every_method
def test_a_step_of_training_gives_the_gradients_of_the_cpu(selector: zoo.Selector) -> None:
    torch.manual_seed(0)
    net = zoo.create(selector, TASK).to(memory_format=torch.channels_last).train()
    images, labels, _ = next(DIGITS.train.batches(16, channels_last=True))
    with SimulatedGpu():
        other = copy.deepcopy(net).to(DEVICE)
        for phase in net.phases():
            for one in (net, other):
                one.begin(phase.name)
                one.train()
            loss, expected = step(net, images, labels)
            found_loss, found = step(other, images.to(DEVICE), labels.to(DEVICE))
            torch.testing.assert_close(found_loss.cpu(), loss)
            assert set(found) == set(expected)
            for name, gradient in found.items():
                tolerance = 1e-4 * float(expected[name].abs().max())
                torch.testing.assert_close(gradient.cpu(), expected[name], atol=tolerance, rtol=0)


def ends(case: Case) -> list[Setting]:
    """The first and the last setting: the others take the same paths with other thresholds."""
    return [case.settings[0], *case.settings[1:][-1:]]


def on_device(case: Case) -> RoutedNet:
    return copy.deepcopy(case.net).eval().to(DEVICE)


def assert_agree(found: Forward, expected: Forward) -> None:
    assert isinstance(found.logits, OnDevice)
    assert isinstance(found.route, OnDevice)
    assert torch.equal(found.route.cpu(), expected.route)
    torch.testing.assert_close(found.logits.cpu(), expected.logits, atol=1e-4, rtol=0)


def decisions(net: RoutedNet, selector: zoo.Selector, forward: Forward) -> int:
    """How many gates or early exits decide about an image."""
    family = zoo.method(selector.name).family
    if family == "skips layers":
        assert forward.gate_probs is not None
        return forward.gate_probs.shape[1]
    return len(forward.exit_logits) - 1 if family == "exits early" else 0


@every_method
@pytest.mark.parametrize(("serve", "size"), [(False, 16), (True, 1)], ids=["network", "served, one image"])
def test_answers_are_those_of_the_cpu_and_wait_once_per_decision_at_most(
    selector: zoo.Selector, size: int, serve: bool
) -> None:
    case = trained(str(selector))
    reference = copy.deepcopy(case.net).eval()
    with SimulatedGpu() as gpu, torch.no_grad():
        net = on_device(case)
        asked = zoo.optimize_for_inference(net) if serve else net
        images = case.images[:size].to(DEVICE)
        for setting in ends(case):
            asked.use(setting)
            reference.use(setting)
            expected = reference(case.images[:size])
            gpu.waits.clear()
            everything = asked(images, compute="all")
            assert gpu.waits == []
            needed = asked(images, compute="needed")
            assert len(gpu.waits) <= decisions(net, selector, expected)
            assert_agree(everything, expected)
            assert_agree(needed, expected)


@every_method
def test_batches_that_are_masked_are_served_without_waiting(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    reference = copy.deepcopy(case.net).eval()
    with SimulatedGpu() as gpu, torch.no_grad():
        served = zoo.optimize_for_inference(on_device(case), masked_up_to=16)
        images = case.images.to(DEVICE)
        for setting in ends(case):
            served.use(setting)
            reference.use(setting)
            gpu.waits.clear()
            answers = [served(images[:size]) for size in (2, 16)]
            assert gpu.waits == []
            for answer, size in zip(answers, (2, 16), strict=True):
                assert_agree(answer, reference(case.images[:size]))


@every_method
def test_decisions_are_sampled_alike_from_a_generator_of_the_host(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    with torch.no_grad():
        expected = case.net(case.images, generator=torch.Generator().manual_seed(3))
        with SimulatedGpu():
            found = on_device(case)(case.images.to(DEVICE), generator=torch.Generator().manual_seed(3))
            assert_agree(found, expected)
