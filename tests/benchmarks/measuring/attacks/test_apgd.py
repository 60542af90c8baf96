"""Auto-PGD: published checkpoints, losses by hand, and what it finds on trained networks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks import Target
from benchmarks.measuring.attacks.apgd import APGD, State, apgd, checkpoints
from benchmarks.measuring.attacks.balls import Ball, Norm
from benchmarks.measuring.attacks.contract import frozen
from benchmarks.measuring.attacks.losses import Loss, cross_entropy, dlr, likeliest_others, targeted_dlr
from benchmarks.measuring.attacks.pgd import pgd
from benchmarks.measuring.attacks.surrogates import surrogates
from benchmarks.measuring.logits_only import LogitsOnly

CPU = torch.device("cpu")


class Scaled(nn.Module):
    """Logits times a factor: the softmax is 0 or 1, and its gradient 0."""

    def __init__(self, model: nn.Module, factor: float) -> None:
        super().__init__()
        self.model, self.factor = model, factor

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.model(images)
        return logits * self.factor


def first_images(trained: TrainedNetwork, count: int = 60) -> tuple[Tensor, Tensor]:
    batch = next(iter(trained.dataset.test.batches(count)))
    return batch.images, batch.labels


def left(model: nn.Module, images: Tensor, labels: Tensor) -> int:
    with torch.no_grad():
        return int((model(images).argmax(dim=1) == labels).sum())


def found(model: nn.Module, images: Tensor, labels: Tensor, loss: Loss, *, epsilon: float = 0.1) -> Tensor:
    torch.manual_seed(0)
    return apgd(model, images, labels, Ball("Linf", epsilon), loss=loss, steps=20)


def test_checkpoints_are_those_of_the_paper() -> None:
    assert checkpoints(100) == [0, 22, 41, 57, 70, 80, 87, 93, 99]


def test_losses_by_hand() -> None:
    logits, labels, aims = torch.tensor([[4.0, 3.0, 1.0, 0.0]]), torch.tensor([0]), torch.tensor([1])
    assert dlr(logits, labels, labels).item() == pytest.approx(-1 / 3)
    assert dlr(logits, torch.tensor([2]), labels).item() == pytest.approx(3 / 3)
    assert targeted_dlr(logits, labels, aims).item() == pytest.approx(-1 / 3.5)
    assert cross_entropy(logits[:, :2], labels, labels).item() == pytest.approx(torch.tensor(-1.0).exp().log1p().item())


def test_with_too_few_classes_for_a_ratio_the_difference_is_left() -> None:
    two, three = torch.tensor([[2.0, 5.0]]), torch.tensor([[2.0, 5.0, 0.0]])
    assert dlr(two, torch.tensor([1]), torch.tensor([1])).item() == -3
    assert targeted_dlr(three, torch.tensor([1]), torch.tensor([0])).item() == -3


def test_the_likeliest_others_leave_out_the_label() -> None:
    logits = torch.tensor([[1.0, 9.0, 5.0], [7.0, 0.0, 3.0]])
    assert likeliest_others(logits, torch.tensor([1, 1])).tolist() == [[2, 0], [0, 2]]


def test_a_step_is_halved_where_fewer_than_three_in_four_raised_the_loss() -> None:
    image, losses = torch.zeros(3, 1, 1, 1), torch.tensor([1.0, 1.0, 1.0])
    best = torch.ones(3, 1, 1, 1)
    raised = torch.tensor([8.0, 7.0, 9.0])
    state = State(
        *(image, torch.zeros(3), torch.zeros(3), image, image, losses, image),
        *(best, torch.tensor([2.0, 2.0, 1.0]), best, torch.full((3,), 0.2), raised),
        *(losses.clone(), torch.zeros(3, dtype=torch.bool)),
    )
    state.check(10)
    torch.testing.assert_close(state.step, torch.tensor([0.2, 0.1, 0.1]))  # the third: nothing better, no step halved
    assert state.x.flatten().tolist() == [0.0, 1.0, 1.0]
    assert state.losses.tolist() == [1.0, 2.0, 1.0]


@pytest.mark.parametrize("loss", [cross_entropy, dlr])
def test_images_stay_images_within_the_ball_and_few_are_left(loss: Loss, resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet, 100)
    model = LogitsOnly(resnet.net).eval()
    with frozen(model):
        adversarial = found(model, images, labels, loss, epsilon=0.06)
        torch.manual_seed(0)
        by_pgd = pgd(model, images, labels, Ball("Linf", 0.06), steps=3, rel_stepsize=2.5 / 3)
    assert (adversarial - images).abs().max() <= 0.06 + 1e-6
    assert 0 <= adversarial.min() <= adversarial.max() <= 1
    assert left(model, adversarial, labels) <= left(model, by_pgd, labels) + 3
    assert left(model, adversarial, labels) < left(model, images, labels)


def test_scaled_logits_hide_the_gradient_of_cross_entropy_and_not_that_of_dlr(resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet)
    model = LogitsOnly(resnet.net).eval()
    hiding = Scaled(model, 1e4)
    with frozen(model):
        open_ = left(model, found(model, images, labels, dlr), labels)
        assert abs(left(model, found(hiding, images, labels, dlr), labels) - open_) <= 2
        assert left(model, found(hiding, images, labels, cross_entropy), labels) > open_ + 10


def test_targets_and_restarts_only_ever_fool_more(resnet: TrainedNetwork) -> None:
    images, labels = first_images(resnet)
    counts = []
    with frozen(resnet.net):
        target = Target(resnet.net, CPU)
        for targets in (1, 9):
            torch.manual_seed(0)
            attack = APGD(loss="targeted", targets=targets, steps=10)
            counts.append(int(target.right(attack.prepare(target)(images, labels, 0.07), labels).sum()))
    assert counts[1] <= counts[0] < left(target.model, images, labels)


@pytest.mark.parametrize("norm", ["Linf", "L2"])
def test_nothing_changes_where_no_step_is_better(norm: Norm) -> None:
    """A network that says the same of all images has no gradient; every image is left, and stays in its ball."""

    class Constant(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return torch.tensor([1.0, 0.0, 0.0]) + 0 * images.flatten(1).sum(dim=1, keepdim=True)

    images, labels = torch.rand(5, 1, 4, 4), torch.zeros(5, dtype=torch.int64)
    adversarial = apgd(Constant(), images, labels, Ball(norm, 0.2), loss=cross_entropy, steps=10)
    assert left(Constant(), adversarial, labels) == 5


def test_labels_say_what_differs() -> None:
    kinds = [APGD(), APGD(loss="targeted"), APGD(loss="dlr", through="gates cut", norm="L2"), APGD(restarts=2)]
    assert [kind.label() for kind in kinds] == [
        "APGD-CE-50",
        "APGD-T3-50",
        "APGD-DLR-50 (gates cut) L2",
        "APGD-CE-50x2",
    ]


def test_attacks_through_gates_and_exits_are_for_networks_that_have_them(
    network_of: Callable[[str], TrainedNetwork],
) -> None:
    gates, exits = APGD(through="gates cut"), APGD(through="each exit")
    targets = [Target(trained.net, CPU) for trained in map(network_of, ("resnet", "adanet", "branchynet"))]
    assert [gates.applies(target) for target in targets] == [False, True, False]
    assert [exits.applies(target) for target in targets] == [False, False, True]


def test_gates_that_are_cut_are_constants(network_of: Callable[[str], TrainedNetwork]) -> None:
    """A change of a gate's weights changes the gradient of the images, unless decisions are constants."""
    adanet = network_of("adanet")
    images, _ = first_images(adanet, 8)
    gradients = {}
    for kind in ("deployed", "gates cut", "gates soft"):
        (model,) = surrogates(adanet.net, kind)
        images.requires_grad_()
        gate = next(p for name, p in adanet.net.named_parameters() if "gate" in name)
        logits = model(images)
        gradients[kind] = torch.autograd.grad(logits.sum(), gate, allow_unused=True)[0]
    assert gradients["gates cut"] is None
    assert gradients["deployed"] is not None
    assert gradients["deployed"].abs().sum() > 0
    assert gradients["gates soft"] is not None


def test_stand_ins_that_are_exact_answer_as_the_network(network_of: Callable[[str], TrainedNetwork]) -> None:
    adanet, branchynet = network_of("adanet"), network_of("branchynet")
    images, _ = first_images(adanet, 8)
    with torch.no_grad():
        (cut,) = surrogates(adanet.net, "gates cut")
        torch.testing.assert_close(cut(images), adanet.net(images).logits)
        exits = [model(images) for model in surrogates(branchynet.net, "each exit")]
        for own, expected in zip(exits, branchynet.net(images).exit_logits, strict=True):
            torch.testing.assert_close(own, expected)


def test_a_soft_cascade_gives_probabilities(network_of: Callable[[str], TrainedNetwork]) -> None:
    branchynet = network_of("branchynet")
    images, _ = first_images(branchynet, 8)
    (model,) = surrogates(branchynet.net, "soft cascade")
    with torch.no_grad():
        torch.testing.assert_close(model(images).exp().sum(dim=1), torch.ones(8))
