"""Adversarial training: what the attack does to images, what it leaves alone, and that it is worth its time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.data import Dataset
from benchmarks.measuring.attacks.balls import Ball
from benchmarks.measuring.attacks.pgd import pgd
from benchmarks.measuring.logits_only import LogitsOnly
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.record import digest
from benchmarks.training.adversary import Adversary
from benchmarks.training.loop import NoCheckpoint, train
from benchmarks.training.numerics import single_threaded
from tests.benchmarks.training.test_loop import (
    CPU,
    TASK,
    Linear,
    fit_killed_after_every_epoch,
    fresh,
    recipe,
    without_times,
)
from zoo import RoutedNet, create
from zoo.methods.branchynet import BranchyNet
from zoo.methods.fractalnet import FractalNet

PGD: dict[str, Any] = {"attack": "pgd", "epsilon": 0.1, "steps": 3}
FAST: dict[str, Any] = {"attack": "fgsm", "epsilon": 0.1}
ROUNDING = 1e-6


@pytest.fixture(scope="module")
def handful(few_digits: Dataset) -> Dataset:
    """128 training and 50 validation digits."""
    return replace(few_digits, train=few_digits.train.take(128), validation=few_digits.validation.take(50))


def batch_of(dataset: Dataset, size: int = 64) -> tuple[Tensor, Tensor]:
    images, labels, _ = next(dataset.train.batches(size))
    return images, labels


def attacked(net: RoutedNet, dataset: Dataset, done: float = 1.0, **options: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Images, the adversarial ones and the labels."""
    torch.manual_seed(2)
    images, labels = batch_of(dataset)
    return images, Adversary(net.train(), recipe(adversarial=options)).images(images, labels, done), labels


@pytest.mark.parametrize("options", [PGD, FAST, PGD | {"step_size": 0.3}], ids=["pgd", "fgsm", "long steps"])
@pytest.mark.parametrize("method", ["resnet", "adanet", "branchynet"])
def test_images_stay_in_the_ball_and_are_images(method: str, options: dict[str, Any], handful: Dataset) -> None:
    images, changed, _ = attacked(fresh(method), handful, **options)
    assert (changed - images).abs().max() <= 0.1 + ROUNDING
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert (changed - images).abs().max() > 0.09
    assert not changed.requires_grad


@pytest.mark.parametrize("options", [PGD, FAST], ids=["pgd", "fgsm"])
def test_every_loss_is_raised_and_more_than_by_noise(options: dict[str, Any], handful: Dataset) -> None:
    net = Linear()
    train(net, handful, recipe(lr=0.05), seed=1, device=CPU, checkpoint=NoCheckpoint())
    images, changed, labels = attacked(net, handful, **options)
    noisy = (images + 0.1 * torch.randn_like(images).sign()).clamp(0, 1)
    clean, noise, adversarial = (
        net.cross_entropy(net(x).logits, labels, reduction="none") for x in (images, noisy, changed)
    )
    assert (adversarial > clean).all()
    assert (adversarial - clean).mean() > 3 * (noise - clean).abs().mean()


def test_steps_of_two_and_a_half_radii_end_where_a_linear_network_is_worst(handful: Dataset) -> None:
    # two classes: the gradient of the loss has the same signs everywhere, so the worst image is a corner of the ball
    net = Linear()
    with torch.no_grad():
        net.matrix.weight[0] = torch.linspace(-0.01, 0.01, 784)
    images, _ = batch_of(handful)
    labels = torch.zeros(64, dtype=torch.int64)
    found = Adversary(net, recipe(adversarial=PGD)).images(images, labels, 1.0)
    corner = (images - 0.1 * net.matrix.weight[0].sign().view(1, 1, 28, 28)).clamp(0, 1)
    torch.testing.assert_close(found.detach(), corner, atol=ROUNDING, rtol=0)


def test_the_radius_grows_with_the_training(handful: Dataset) -> None:
    for done, radius in ((0.0, 0.0), (0.1, 0.05), (0.2, 0.1), (0.7, 0.1)):
        images, changed, _ = attacked(fresh("resnet"), handful, done, **PGD, warmup=0.2)
        assert (changed - images).abs().max().item() == pytest.approx(radius, abs=0.002)


def test_the_radius_goes_on_growing_where_the_next_phase_begins(handful: Dataset, monkeypatch: Any) -> None:
    seen: list[float] = []

    def watched(self: Adversary, images: Tensor, labels: Tensor, done: float) -> Tensor:
        seen.append(done)
        return images

    monkeypatch.setattr(Adversary, "images", watched)
    how = recipe(epochs=4, adversarial=PGD)  # two epochs of each of two phases, four steps each
    train(fresh("branchynet"), handful, how, seed=5, device=CPU, checkpoint=NoCheckpoint())
    assert seen == [step / 16 for step in range(16)]


@pytest.mark.parametrize(("share", "clean"), [(0.25, 16), (0.5, 32), (0.999, 64)])
def test_a_share_of_a_batch_can_stay_clean(share: float, clean: int, handful: Dataset) -> None:
    images, changed, _ = attacked(fresh("resnet"), handful, **PGD, clean=share)
    same = (images == changed).flatten(1).all(dim=1)
    assert same.tolist() == [True] * clean + [False] * (64 - clean)


def test_what_a_network_counts_in_training_is_its_own(handful: Dataset) -> None:
    # FractalNet takes every other turn with one column alone: 3 forward passes more per step would be 4, always global
    net = fresh("fractalnet")
    assert isinstance(net, FractalNet)
    adversary = Adversary(net.train(), recipe(adversarial=PGD))
    images, labels = batch_of(handful)
    for turn in (1, 2, 3):
        adversary.images(images, labels, 1.0)
        net(images)
        assert net.turn == turn


def test_the_attack_follows_the_weights_of_training(handful: Dataset) -> None:
    net = Linear()
    adversary = Adversary(net, recipe(adversarial=PGD))
    images, labels = batch_of(handful)
    with torch.no_grad():
        net.matrix.weight[0] = 0.01
    labels = torch.zeros_like(labels)
    found = adversary.images(images, labels, 1.0)
    torch.testing.assert_close(found, (images - 0.1).clamp(min=0), atol=ROUNDING, rtol=0)


def test_exits_that_a_phase_does_not_train_are_not_attacked(handful: Dataset) -> None:
    net = fresh("branchynet")
    assert isinstance(net, BranchyNet)
    images, labels = batch_of(handful)
    found = []
    for wreck in (False, True):
        net.begin("trunk")
        net.train()
        if wreck:
            torch.nn.init.constant_(next(net.heads[0].parameters()), 50.0)
        torch.manual_seed(4)
        found.append(Adversary(net, recipe(adversarial=PGD)).images(images, labels, 1.0))
    assert torch.equal(*found)


@pytest.mark.parametrize("method", ["resnet", "adanet", "skipnet", "fractalnet"])
def test_killed_after_every_epoch_and_resumed_is_uninterrupted(method: str, handful: Dataset, tmp_path: Path) -> None:
    options: dict[str, Any] = {"adversarial": PGD | {"steps": 2, "warmup": 0.5, "clean": 0.25}, "ema_decay": 0.8}
    whole = fresh(method)
    history = train(whole, handful, recipe(**options), seed=5, device=CPU, checkpoint=FileCheckpoint(tmp_path / "a.pt"))
    net, pieces, deaths = fit_killed_after_every_epoch(lambda: fresh(method), handful, tmp_path / "b.pt", **options)
    assert deaths == 3
    assert digest(net.state_dict()) == digest(whole.state_dict())
    assert without_times(pieces).equals(without_times(history))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_same_training_twice_gives_the_same_bytes(precision: str, handful: Dataset) -> None:
    nets = [fresh("adanet"), fresh("adanet")]
    how = recipe(epochs=1, adversarial=PGD, precision=precision)
    for net in nets:
        train(net, handful, how, seed=5, device=CPU, checkpoint=NoCheckpoint())
    assert digest(nets[0].state_dict()) == digest(nets[1].state_dict())


@single_threaded()
def accuracies(adversarial: dict[str, Any] | None, dataset: Dataset, seed: int) -> tuple[float, float]:
    """Clean, and under PGD-10 within .1: of 100 digits, after training on others."""
    torch.manual_seed(seed)
    net = create("resnet[tiny, widths=(8, 16, 32)]", TASK)
    how = recipe(epochs=8, augment=False, adversarial=adversarial)
    train(net, dataset, how, seed=seed, device=CPU, checkpoint=NoCheckpoint())
    images, labels, _ = next(dataset.test.batches(100))
    net.eval().requires_grad_(False)
    found = pgd(LogitsOnly(net), images, labels, Ball("Linf", 0.1), steps=10, rel_stepsize=0.25)
    clean, robust = ((net(x).logits.argmax(dim=1) == labels).float().mean().item() for x in (images, found))
    return clean, robust


def test_trained_on_attacked_images_a_network_withstands_what_it_else_does_not(few_digits: Dataset) -> None:
    ordinary, adversarial = (accuracies(how, few_digits, seed=1) for how in (None, FAST))
    assert min(ordinary[0], adversarial[0]) > 0.8
    assert adversarial[1] > ordinary[1] + 0.3
