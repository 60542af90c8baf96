"""What every attack must satisfy: it stays in its ball and among images, and finds nothing in a ball without room."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from benchmarks.conformance.cases import CPU, chosen, trained
from benchmarks.measuring.attacks.contract import Attack, Target, frozen
from benchmarks.measuring.attacks.registry import ATTACKS
from zoo.network import RoutedNet

every_attack = pytest.mark.parametrize("attack", chosen("attack", ("FGSM",)))
IMAGES = 16


def attacked(attack: Attack, net: RoutedNet, epsilon: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) before and after the attack."""
    case = trained("resnet[tiny]")
    images, labels = case.images[:IMAGES], case.labels[:IMAGES]
    torch.manual_seed(seed)
    with frozen(net):
        found = attack.prepare(Target(net, CPU))(images.clone(), labels, epsilon)
    return images, found.detach()


@pytest.fixture
def net() -> RoutedNet:
    """A static network, in eval mode."""
    return copy.deepcopy(trained("resnet[tiny]").net).eval()


@every_attack
@pytest.mark.parametrize("epsilon", [0.05, 0.3])
def test_images_stay_in_the_ball_and_in_the_range_of_pixels(attack: str, epsilon: float, net: RoutedNet) -> None:
    images, found = attacked(ATTACKS[attack](), net, epsilon)
    assert found.shape == images.shape, "an attack returns as many images, of the same shape"
    assert found.dtype == images.dtype, "images stay in single precision"
    assert found.min() >= 0, "pixels stay at or above 0"
    assert found.max() <= 1, "pixels stay at or below 1"
    assert (found - images).abs().max() <= epsilon + 1e-6, "no pixel changes by more than epsilon"


@every_attack
def test_a_ball_without_room_leaves_images_as_they_are(attack: str, net: RoutedNet) -> None:
    images, found = attacked(ATTACKS[attack](), net, 0.0)
    torch.testing.assert_close(found, images, atol=1e-6, rtol=0, msg="at epsilon 0 nothing may change")


@every_attack
def test_equal_seeds_give_equal_images(attack: str, net: RoutedNet) -> None:
    first, second = (attacked(ATTACKS[attack](), net, 0.1, seed=3)[1] for _ in range(2))
    assert torch.equal(first, second), "random numbers come from torch's global generator, which is seeded before"


@every_attack
def test_the_network_is_left_as_it_was(attack: str, net: RoutedNet) -> None:
    before = {name: value.clone() for name, value in net.state_dict().items()}
    attacked(ATTACKS[attack](), net, 0.1)
    assert not net.training, "the network stays in eval mode"
    assert all(parameter.grad is None for parameter in net.parameters()), "parameters get no gradient"
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items()), "weights stay"


@every_attack
def test_its_strength_is_a_number_of_steps(attack: str) -> None:
    made = ATTACKS[attack]()
    assert isinstance(made.strength(), int)
    assert made.strength() >= 0
    assert made.label(), "its label names it in tables"
