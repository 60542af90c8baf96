"""Training and attacks on a GPU, tried on a stand-in: once for all methods."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

import zoo
from benchmarks.conformance.cases import CPU, DIGITS, TASK, trained
from benchmarks.conformance.simulated_gpu import DEVICE, SimulatedGpu
from benchmarks.conformance.test_cuda_paths import on_device, recipe
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.record import digest
from benchmarks.training.adversary import Adversary
from benchmarks.training.averaging import Average
from benchmarks.training.loop import make_optimizer, train, train_epoch
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import PhaseEpoch
from zoo.network import Phase

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: tests/test_gpu.py asks it")
ATTACKED = {"adversarial": {"epsilon": 0.1, "steps": 2}}


FEW = replace(DIGITS, train=DIGITS.train.take(48), validation=DIGITS.validation.take(20))


def trained_there(how: Recipe, folder: Path, on_epoch: Callable[[object], None] = lambda epoch: None) -> str:
    torch.manual_seed(0)
    net = zoo.create("resnet[tiny]", TASK)
    train(net, FEW, how, seed=0, device=DEVICE, checkpoint=FileCheckpoint(folder / "checkpoint.pt"), on_epoch=on_epoch)
    return digest(net.state_dict())


class Killed(Exception):
    """Stands for whatever ends a training early."""


def test_clipping_and_averaging_do_not_wait_for_the_device() -> None:
    with SimulatedGpu() as gpu:
        next(DIGITS.train.batches(1, device=DEVICE))
        net = zoo.create("adanet[tiny]", TASK).to(DEVICE)
        how, order = recipe(gradient_clip=0.1, label_smoothing=0.1), torch.Generator().manual_seed(1)
        average = Average(net, 0.9)
        for steps in (1, 3):
            optimizer = make_optimizer(net, how)
            gpu.waits.clear()
            place = PhaseEpoch(Phase(name="train"), 0, 1)
            train_epoch(net, DIGITS.train.take(16 * steps), optimizer, how, place, order, DEVICE, average=average)
            assert len(gpu.waits) == 3, "order, mean loss and accuracy"


@pytest.mark.parametrize("method", ["resnet", "adanet", "branchynet", "fractalnet"])
def test_attacks_of_adversarial_training_do_not_wait_for_the_device(method: str) -> None:
    how = recipe(adversarial={"epsilon": 0.1, "steps": 2, "warmup": 0.5, "clean": 0.25}, precision="bf16")
    with SimulatedGpu() as gpu:
        next(DIGITS.train.batches(1, device=DEVICE))
        net = zoo.create(f"{method}[tiny]", TASK).to(DEVICE)
        for phase in net.phases():
            net.begin(phase.name)
            adversary = Adversary(net, how)
            for steps in (1, 3):
                optimizer, order = make_optimizer(net, how), torch.Generator().manual_seed(1)
                gpu.waits.clear()
                split, place = DIGITS.train.take(16 * steps), PhaseEpoch(phase, 0, 1)
                train_epoch(net, split, optimizer, how, place, order, DEVICE, adversary=adversary)
                assert len(gpu.waits) == 3, "order, mean loss and accuracy"


def test_an_attack_on_the_device_is_that_of_the_cpu() -> None:
    how = recipe(adversarial={"epsilon": 0.1, "steps": 1, "step_size": 0.2})
    torch.manual_seed(0)
    net = zoo.create("resnet[tiny]", TASK).train()
    images, labels, _ = next(DIGITS.train.batches(16))
    with SimulatedGpu():
        found = []
        for device in (CPU, DEVICE):
            torch.manual_seed(1)
            adversary = Adversary(copy.deepcopy(net).to(device), how)
            found.append(adversary.images(images.to(device), labels.to(device), 1.0).cpu())
    assert ((found[0] - found[1]).abs() < 1e-5).float().mean() > 0.99  # a slope that is nearly 0 may have either sign


def test_the_device_gets_the_bytes_of_the_cpu() -> None:
    def epoch(place: torch.device) -> list[Tensor]:
        order = torch.Generator().manual_seed(3)
        batches = FEW.train.batches(16, device=place, generator=order, augment=True, channels_last=True)
        return [tensor.cpu() for batch in batches for tensor in batch]

    with SimulatedGpu():
        found = epoch(DEVICE)
    assert all(torch.equal(a, b) for a, b in zip(found, epoch(CPU), strict=True))


@pytest.mark.parametrize(
    "fields",
    [{}, {"optimizer": "adam"}, {"optimizer": "adamw", "gradient_clip": 0.5}, {"ema_decay": 0.9}, ATTACKED],
    ids=["sgd", "adam", "adamw, clipped", "averaged", "attacked"],
)
def test_a_resumed_training_gives_the_same_weights_and_waits_for_nothing_new(
    fields: dict[str, object], tmp_path: Path
) -> None:
    how = recipe(**fields)

    def kill(epoch: object) -> None:
        raise Killed

    with SimulatedGpu() as gpu:
        expected = trained_there(how, tmp_path / "whole")
        with pytest.raises(Killed):
            trained_there(how, tmp_path / "killed", kill)
        gpu.waits.clear()
        assert trained_there(how, tmp_path / "killed") == expected
        answers = gpu.waits.count("aten._local_scalar_dense.default")
    assert answers == 3, "mean loss and accuracy of the second epoch, and accuracy on validation"


@pytest.mark.parametrize(("size", "waits"), [(1, True), (2, False), (16, False), (17, True)])
@pytest.mark.parametrize("method", ["adanet", "branchynet", "skipnet"])
def test_only_batches_of_two_to_so_many_are_masked(method: str, size: int, waits: bool) -> None:
    case = trained(str(zoo.Selector(method, "tiny")))
    with SimulatedGpu() as gpu:
        served = zoo.optimize_for_inference(on_device(case), masked_up_to=16)
        images = case.images[:size].to(DEVICE)
        gpu.waits.clear()
        served(images)
        assert bool(gpu.waits) == waits
