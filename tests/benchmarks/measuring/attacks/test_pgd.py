"""PGD that lets fooled images go, beside foolbox's, on trained networks and real digits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foolbox.attacks import LinfPGD
from foolbox.models import PyTorchModel
from torch import Tensor, nn

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks import Target
from benchmarks.measuring.attacks.balls import Ball
from benchmarks.measuring.attacks.contract import frozen
from benchmarks.measuring.attacks.leaving import GRAIN
from benchmarks.measuring.attacks.pgd import PGD, pgd
from benchmarks.measuring.logits_only import LogitsOnly
from tests.benchmarks.cases import METHODS

STEPS, REACH = 10, 2.5
ROUNDING = 1e-6
EPSILONS = (0.02, 0.05, 0.1, 0.3)


class Watched(nn.Module):
    """Counts the images of every batch that it answers, and keeps them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.sizes: list[int] = []
        self.seen: list[Tensor] = []

    def forward(self, images: Tensor) -> Tensor:
        self.sizes.append(len(images))
        self.seen.append(images.detach().clone())
        logits: Tensor = self.model(images)
        return logits


class Brightness(nn.Module):
    """Two classes by one pixel: its value against 1/2."""

    def forward(self, images: Tensor) -> Tensor:
        value = images.flatten(1)
        return torch.cat([0.5 - value, value - 0.5], dim=1)


def first_images(trained: TrainedNetwork, count: int = 60) -> tuple[Tensor, Tensor]:
    batch = next(iter(trained.dataset.test.batches(count)))
    return batch.images, batch.labels


def ours(model: nn.Module, images: Tensor, labels: Tensor, epsilon: float, *, early_stop: bool = True) -> Tensor:
    torch.manual_seed(4)
    ball = Ball("Linf", epsilon)
    return pgd(model, images, labels, ball, steps=STEPS, rel_stepsize=REACH / STEPS, early_stop=early_stop)


def foolbox(model: nn.Module, images: Tensor, labels: Tensor, epsilon: float, *, steps: int = STEPS) -> Tensor:
    """The iterate that foolbox ends with after some of the steps."""
    torch.manual_seed(4)
    attack = LinfPGD(rel_stepsize=REACH / STEPS, steps=steps)
    (found,), _, _ = attack(PyTorchModel(model, bounds=(0, 1), device="cpu"), images, labels, epsilons=[epsilon])
    assert isinstance(found, Tensor)
    return found


def right(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        answers: Tensor = model(images).argmax(dim=1) == labels
    return answers


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("method", METHODS)
def test_without_early_stop_the_images_are_foolboxs_bit_for_bit(
    method: str, epsilon: float, network_of: Callable[[str], TrainedNetwork]
) -> None:
    trained = network_of(method)
    images, labels = first_images(trained)
    model = LogitsOnly(trained.net).eval()
    with frozen(model):
        found = ours(model, images, labels, epsilon, early_stop=False)
        assert torch.equal(found, foolbox(model, images, labels, epsilon))


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("method", METHODS)
def test_of_foolboxs_iterates_the_first_that_is_misclassified_is_kept(
    method: str, epsilon: float, network_of: Callable[[str], TrainedNetwork]
) -> None:
    trained = network_of(method)
    images, labels = first_images(trained)
    model = LogitsOnly(trained.net).eval()
    with frozen(model):
        watched = Watched(model).eval()
        last = foolbox(watched, images, labels, epsilon)
        iterates = [*watched.seen[:STEPS], last]  # a step begins with the answer to the iterate before it
        assert torch.equal(iterates[3], foolbox(model, images, labels, epsilon, steps=3))
        robust = torch.stack([right(model, iterate, labels) for iterate in iterates])
        found = ours(model, images, labels, epsilon)
    survives = robust.all(dim=0)
    first = torch.where(survives, STEPS, robust.int().argmin(dim=0))
    expected = torch.stack(iterates)[first, torch.arange(len(labels))]
    assert torch.equal(right(model, found, labels), survives)
    torch.testing.assert_close(found, expected, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_images_stay_images_within_the_ball(epsilon: float, resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet)
    with frozen(resnet.net):
        found = ours(LogitsOnly(resnet.net).eval(), images, labels, epsilon)
    assert (found - images).abs().max() <= epsilon + ROUNDING
    assert found.min() >= 0
    assert found.max() <= 1


def test_batches_shrink_as_images_are_fooled_and_never_grow(resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet, 100)
    model = Watched(LogitsOnly(resnet.net).eval())
    with frozen(model):
        ours(model, images, labels, 0.1)
    assert model.sizes[0] == 100
    assert model.sizes[-1] < 60
    assert model.sizes == sorted(model.sizes, reverse=True)
    assert all(size % GRAIN == 0 for size in model.sizes[1:] if size < 100)


def test_nothing_is_computed_once_all_are_fooled(resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet)
    model = Watched(LogitsOnly(resnet.net).eval())
    with frozen(model):
        ours(model, images, (labels + 1) % 10, 0.02)
    assert len(model.sizes) < STEPS


def test_padding_does_not_go_on_moving() -> None:
    # pixels at .45 (class 0) cross 1/2 within .1; those at .3 do not: the fooled one stops where it first crossed
    images = torch.tensor([0.45] + [0.3] * 7).view(8, 1, 1, 1)
    labels = torch.zeros(8, dtype=torch.int64)
    found = ours(Brightness(), images, labels, 0.1).flatten()
    step = 0.1 * REACH / STEPS
    assert 0.5 < found[0] <= 0.5 + step + ROUNDING
    torch.testing.assert_close(found[1:], torch.full((7,), 0.4))


def test_an_image_that_is_fooled_from_the_start_keeps_its_start() -> None:
    images, labels = torch.full((1, 1, 1, 1), 0.8), torch.zeros(1, dtype=torch.int64)
    found = ours(Brightness(), images, labels, 0.1)
    torch.manual_seed(4)
    assert found.item() == pytest.approx(0.8 + 0.2 * torch.rand(1).item() - 0.1)


def test_the_argument_is_not_changed(resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet, 20)
    before = images.clone(), labels.clone()
    with frozen(resnet.net):
        ours(LogitsOnly(resnet.net).eval(), images, labels, 0.1)
    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])


def test_no_image_survives_more_restarts_that_falls_to_fewer(resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet)
    left = []
    with frozen(resnet.net):
        target = Target(resnet.net, torch.device("cpu"))
        for restarts in (1, 3):
            torch.manual_seed(4)
            found = PGD(steps=3, restarts=restarts).prepare(target)(images, labels, 0.08)
            left.append(target.right(found, labels))
    assert (left[1] <= left[0]).all()


def test_in_l2_images_stay_images_within_the_ball(resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet)
    with frozen(resnet.net):
        found = PGD(steps=5, norm="L2").prepare(Target(resnet.net, torch.device("cpu")))(images, labels, 1.0)
    assert (found - images).flatten(1).norm(dim=1).max() <= 1 + 1e-4
    assert 0 <= found.min() <= found.max() <= 1
    assert right(LogitsOnly(resnet.net).eval(), found, labels).sum() < len(labels)


def test_labels_say_what_differs() -> None:
    assert [PGD().label(), PGD(steps=5, restarts=2).label(), PGD(norm="L2").label()] == [
        "PGD-20",
        "PGD-5x2",
        "PGD-20 L2",
    ]
