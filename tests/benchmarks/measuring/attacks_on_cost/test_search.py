"""The search for dear images: what it finds where the dearest route is known, and what it never does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks_on_cost.ascent import ascend
from benchmarks.measuring.attacks_on_cost.goals import COST, GOALS, KEPT, LOST, Dearest, Outcome
from benchmarks.measuring.attacks_on_cost.objective import dear, decides
from benchmarks.measuring.attacks_on_cost.search import Attacked, by_ascent, by_noise
from tests.benchmarks.measuring.attacks_on_cost.planted import EXITS, GATED, OPENS_AT, Exits, Lights, pixels
from zoo.network import Forward, RoutedNet
from zoo.sizing.unit_costs import Ledger

CPU = torch.device("cpu")
ROUNDING = 1e-6


def attack(
    net: RoutedNet, ledger: Ledger, images: Tensor, labels: Tensor, *epsilons: float
) -> list[dict[str, Outcome]]:
    """What was found by 24 steps and a start for each goal, epsilon after epsilon."""
    torch.manual_seed(0)
    attacked = Attacked(net.eval(), ledger, CPU)
    clean = attacked.deployed(images)
    every = by_ascent(attacked, clean, labels, epsilons, steps=24, restarts=1, also=(KEPT, LOST))
    everything = torch.arange(len(images))
    return [{name: dearest.found.at(everything) for name, dearest in found.items()} for _, found in every]


def zeros(count: int) -> Tensor:
    return torch.zeros(count, dtype=torch.int64)


def test_gates_are_opened_as_far_as_the_ball_allows() -> None:
    # from 0.5, all gates shut, cost 30: a radius of 0.1 opens the first, 0.2 the second, 0.5 the third
    found = attack(Lights(), GATED, pixels(0.5), zeros(1), 0.1, 0.2, 0.5)
    assert [step["cost"].macs.item() for step in found] == [40, 60, 100]


def test_the_dearest_image_with_the_same_answer_stays_below_the_one_without() -> None:
    # the answer turns at 0.6: only the first gate opens before
    (found,) = attack(Lights(), GATED, pixels(0.5), zeros(1), 0.2)
    assert (found["kept"].macs.item(), found["kept"].answers.item()) == (40, 0)
    assert (found["lost"].macs.item(), found["lost"].answers.item()) == (60, 1)


def test_where_no_wrong_answer_is_found_the_clean_image_stands() -> None:
    (found,) = attack(Lights(), GATED, pixels(0.5), zeros(1), 0.08)
    assert (found["cost"].macs.item(), found["lost"].macs.item()) == (40, 30)
    assert found["lost"].images.item() == 0.5


def test_a_wrong_answer_that_is_cheaper_than_the_clean_image_is_not_what_is_sought() -> None:
    # label 1, pixel 0.7: two gates open; below 0.6 the answer is wrong and only one gate is open
    (found,) = attack(Lights(), GATED, pixels(0.7), zeros(1) + 1, 0.15)
    assert (found["lost"].macs.item(), found["lost"].answers.item()) == (60, 1)


def test_sure_images_are_kept_from_leaving() -> None:
    # the first exit is unsure near 0.6 only, which 0.5 reaches and 0.1 does not
    found = attack(Exits(), EXITS, pixels(0.5, 0.1), zeros(2), 0.2)
    assert found[0]["cost"].macs.tolist() == [50, 15]


def test_an_exit_that_is_switched_off_is_not_attacked() -> None:
    net = Exits()
    net.thresholds = (None,)
    out = net.eval()(pixels(0.5).requires_grad_())
    assert dear(net)(out, zeros(1)).tolist() == [0.0]


def test_a_saturated_gate_has_a_finite_objective_and_gradient() -> None:
    x = pixels(0.0, 1.0).requires_grad_()
    net = Lights(opens_at=(-9.0, 9.0, 90.0)).eval()
    total = dear(net)(net(x), zeros(2)).sum()
    (gradient,) = torch.autograd.grad(total, x)
    assert torch.isfinite(total)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize(("net", "ledger"), [(Lights(), GATED), (Exits(), EXITS)])
def test_images_stay_in_the_ball_and_in_the_range_of_pixels(net: RoutedNet, ledger: Ledger) -> None:
    images = pixels(0.0, 0.02, 0.5, 0.9, 1.0)
    for epsilon, found in zip((0.1, 0.3), attack(net, ledger, images, zeros(5), 0.1, 0.3), strict=True):
        for outcome in found.values():
            assert ((outcome.images - images).abs() <= epsilon + ROUNDING).all()
            assert ((outcome.images >= 0) & (outcome.images <= 1)).all()


@pytest.mark.parametrize(("net", "ledger"), [(Lights(), GATED), (Exits(), EXITS)])
def test_cost_never_falls_with_epsilon_nor_below_the_clean_cost(net: RoutedNet, ledger: Ledger) -> None:
    images = torch.linspace(0, 1, 21).view(-1, 1, 1, 1)
    clean = Attacked(net.eval(), ledger, CPU).deployed(images).macs
    for name in ("cost", "kept", "lost"):
        before = clean
        for found in attack(net, ledger, images, zeros(21), 0.02, 0.05, 0.1, 0.4):
            assert (found[name].macs >= before).all()
            before = found[name].macs


def test_noise_finds_what_lies_within_reach_of_its_draws() -> None:
    torch.manual_seed(0)
    attacked = Attacked(Lights().eval(), GATED, CPU)
    clean = attacked.deployed(pixels(0.5))
    found = [step["cost"].worth.item() for _, step in by_noise(attacked, clean, zeros(1), (0.04, 0.1), tries=50)]
    assert found == [30, 40]  # 0.55 is out of reach of 0.04; of 50 draws within 0.1 one in four is beyond it


def test_an_image_of_nominal_cost_is_left_alone() -> None:
    seen: list[int] = []

    class Counted(Lights):
        def run(self, x: Tensor, **how: object) -> Forward:
            seen.append(len(x))
            return super().run(x, compute="all", generator=None)

    attack(Counted(), GATED, pixels(0.99, 0.99), zeros(2), 0.1, 0.2)  # and the answer, 1, is wrong already
    assert seen == [2]


@pytest.mark.parametrize("method", ["adanet", "branchynet"])
def test_leaving_the_batch_changes_no_image_that_stays(
    method: str, network_of: Callable[[str], TrainedNetwork]
) -> None:
    trained = network_of(method)
    attacked = Attacked(trained.net, trained.ledger, CPU)
    batch = next(iter(trained.dataset.test.take(24).batches(24, device=CPU)))
    clean = attacked.deployed(batch.images)
    rows = torch.arange(24)
    found = {}
    for leave in (True, False):
        dearest = Dearest(COST, clean, batch.labels)

        def seen(rows: Tensor, x: Tensor, out: Forward, dearest: Dearest = dearest) -> Tensor:
            dearest.offer(rows, attacked.outcome(x, out))
            return dearest.worth[rows] < attacked.nominal

        ascend(
            attacked.folded,
            dear(trained.net),
            seen,
            batch.images,
            batch.images,
            batch.labels,
            rows,
            epsilon=0.2,
            steps=6,
            leave=leave,
        )
        found[leave] = dearest.worth
    # rounding differs between sizes of batches, and a decision may turn on it
    assert (found[True] == found[False]).float().mean() >= 0.9
    assert (found[True] > clean.macs).any()


def test_a_goal_judges_answers_by_the_clean_one_or_by_the_label() -> None:
    answers, clean, labels = torch.tensor([0, 1, 0]), torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    allowed = {goal.name: goal.allows(answers, clean, labels).tolist() for goal in GOALS}
    assert allowed == {"cost": [True] * 3, "kept": [True, False, False], "lost": [False, False, True]}


def test_only_decisions_of_gates_and_exits_can_be_attacked(resnet: TrainedNetwork) -> None:
    assert decides(Lights(), Lights().eval()(pixels(0.5)))
    assert decides(Exits(), Exits().eval()(pixels(0.5)))
    digit = torch.zeros(1, 1, 28, 28)
    assert not decides(resnet.net, resnet.net(digit))
    assert len(OPENS_AT) == len(GATED.units)
