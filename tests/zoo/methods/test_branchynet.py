"""BranchyNet's phases, loss and settings."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch.nn import functional

import zoo
from benchmarks import data
from benchmarks.training.fitting import propose_settings
from benchmarks.training.loop import NoCheckpoint, accuracy, train
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo.execution.thresholds import entropy
from zoo.methods.branchynet.network import BranchyNet
from zoo.sizing.unit_costs import MacCounter, measure_ledger

DIGITS = data.load("mnist5k", train=1500, test=300)
CPU = torch.device("cpu")


def branchynet(selector: str = "branchynet") -> BranchyNet:
    torch.manual_seed(0)
    net = zoo.create(selector, task_of(DIGITS.info))
    assert isinstance(net, BranchyNet)
    return net


@pytest.fixture(scope="module")
def trained() -> BranchyNet:
    net = branchynet()
    recipe = Recipe(epochs=6, batch_size=50, lr=0.05, warmup=0.25)
    train(
        net,
        DIGITS,
        recipe,
        seed=0,
        device=CPU,
        checkpoint=NoCheckpoint(),
    )
    return net


def test_the_first_phase_trains_the_trunk_and_the_final_exit_only() -> None:
    net = branchynet().train()
    net.begin("trunk")
    optimised = {id(p) for group in net.param_groups() for p in group.parameters}
    early = {id(p) for head in list(net.heads)[:-1] for p in head.parameters()}
    assert optimised == {id(p) for p in net.parameters()} - early


def test_the_first_phase_does_not_compute_the_early_exits() -> None:
    net = branchynet().train()
    net.begin("trunk")
    ledger = measure_ledger(net)
    heads = ledger.unit_macs[1::2][:-1].sum().item()
    net.train()
    with torch.no_grad(), MacCounter() as counter:
        out = net(next(DIGITS.train.batches(2)).images)
    assert counter.macs == 2 * (ledger.nominal - heads)
    assert out.route[0].int().tolist() == [1, 0, 1, 0, 1, 1]


def test_the_joint_loss_weighs_the_exits() -> None:
    net = branchynet("branchynet[exit_weights=(1.0, 0.5, 0.25)]").train()
    net.begin("joint")
    batch = next(DIGITS.train.batches(20))
    out = net(batch.images)
    parts = [functional.cross_entropy(logits, batch.labels) for logits in out.exit_logits]
    assert net.loss(out, batch.labels).item() == pytest.approx((parts[0] + parts[1] / 2 + parts[2] / 4).item())


def test_pictures_leave_where_the_entropy_is_below_the_threshold(trained: BranchyNet) -> None:
    trained.use(zoo.Setting(name="t", values={"thresholds": [0.3, 0.3]}))
    with torch.no_grad():
        out = trained.eval()(next(DIGITS.test.batches(300)).images)
    first = entropy(out.exit_logits[0]) < 0.3
    second = ~first & (entropy(out.exit_logits[1]) < 0.3)
    assert torch.equal(out.route[:, 2], ~first)
    assert torch.equal(out.route[:, 4], ~first & ~second)
    assert torch.equal(out.logits[first], out.exit_logits[0][first])
    assert torch.equal(out.logits[second], out.exit_logits[1][second])


def test_budgets_hold_on_the_pictures_they_were_chosen_on(trained: BranchyNet) -> None:
    ledger = measure_ledger(trained)
    images = next(DIGITS.validation.batches(len(DIGITS.validation))).images
    budgets = [s for s in propose_settings(trained, DIGITS, CPU) if s.name.startswith("budget")]
    assert budgets
    for setting in budgets:
        trained.use(setting)
        with torch.no_grad():
            macs = ledger.routed(trained.eval()(images).route).double().mean().item()
        assert macs <= float(setting.name.removeprefix("budget ").rstrip("%")) / 100 * ledger.nominal + 1


def test_most_digits_leave_early_at_the_knee_for_at_most_a_point(trained: BranchyNet) -> None:
    settings = {setting.name: setting for setting in propose_settings(trained, DIGITS, CPU)}
    trained.use(settings["full"])
    full = accuracy(trained, DIGITS.validation, CPU)
    trained.use(settings["knee"])
    with torch.no_grad():
        route = trained.eval()(next(DIGITS.test.batches(300)).images).route
    assert (~route[:, -1]).float().mean().item() > 0.5
    assert accuracy(trained, DIGITS.validation, CPU) >= full - 0.01


def test_the_full_setting_runs_no_early_head(trained: BranchyNet) -> None:
    full = propose_settings(trained, DIGITS, CPU)[-1]
    trained.use(full)
    with torch.no_grad():
        route = trained.eval()(next(DIGITS.test.batches(50)).images, compute="needed").route
    assert route.unique(dim=0).int().tolist() == [[1, 0, 1, 0, 1, 1]]


@pytest.mark.parametrize(("name", "leaves"), [("exit 1", 0), ("exit 2", 1), ("full", 2)])
def test_every_exit_serves_alone_without_earlier_heads(trained: BranchyNet, name: str, leaves: int) -> None:
    (setting,) = (s for s in propose_settings(trained, DIGITS, CPU) if s.name == name)
    trained.use(setting)
    with torch.no_grad():
        out = trained.eval()(next(DIGITS.test.batches(20)).images)
    assert torch.equal(out.logits, out.exit_logits[leaves])
    segments, heads = out.route[:, 0::2].int().tolist(), out.route[:, 1::2].int().tolist()
    assert segments == [[1] * (leaves + 1) + [0] * (2 - leaves)] * 20
    assert heads == [[int(e == leaves) for e in range(3)]] * 20


@pytest.mark.parametrize(
    ("preset", "tried"), [("b-lenet-swept", 17), ("b-alexnet-swept", 11), ("b-resnet-110-swept", 17)]
)
def test_the_papers_rule_tries_the_thresholds_of_the_official_code(preset: str, tried: int) -> None:
    net = zoo.create(f"branchynet[{preset}]")
    assert isinstance(net, BranchyNet)
    assert net.threshold_grid is not None
    assert len(net.threshold_grid) == tried
    assert (min(net.threshold_grid), max(net.threshold_grid)) == (1e-4, 10.0)
    plain = zoo.create(f"branchynet[{preset.removesuffix('-swept')}]")
    assert zoo.count_parameters(net) == zoo.count_parameters(plain)


def test_the_papers_rule_serves_thresholds_that_were_tried_and_no_others(trained: BranchyNet) -> None:
    net = copy.deepcopy(trained)
    net.threshold_grid = (0.01, 0.3, 5.0)
    settings = [s for s in propose_settings(net, DIGITS, CPU) if s.name == "knee" or s.name.startswith("budget")]
    assert settings
    for setting in settings:
        assert set(setting.values["thresholds"]) <= set(net.threshold_grid)


@pytest.mark.parametrize("grid", ["()", "(0.5, 0.0)"])
def test_thresholds_to_try_are_positive(grid: str) -> None:
    with pytest.raises(ValueError, match="threshold_grid must be positive numbers"):
        branchynet(f"branchynet[threshold_grid={grid}]")


def test_an_unknown_phase_is_refused() -> None:
    with pytest.raises(ValueError, match="'trunk' and 'joint'"):
        branchynet().begin("train")


def test_thresholds_must_fit_the_exits(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 thresholds for 2 early exits"):
        branchynet().use(zoo.Setting(name="bad", values={"thresholds": [0.5]}))


def test_the_trunk_is_the_suites_own_resnet() -> None:
    static = zoo.create("resnet", task_of(DIGITS.info))
    net = branchynet()
    names = {tuple(p.shape) for p in static.parameters()}
    trunk = [*net.segments, net.heads[-1]]
    assert zoo.count_parameters(trunk) == zoo.count_parameters(static)
    assert {tuple(p.shape) for module in trunk for p in module.parameters()} == names


def test_b_resnet_has_chainers_epsilon_and_the_suites_network_torchs() -> None:
    for selector, epsilon in (("branchynet[b-resnet-110]", 2e-5), ("branchynet[tiny]", 1e-5)):
        with torch.device("meta"):
            net = zoo.create(selector)
        norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        assert {(norm.eps, norm.momentum) for norm in norms} == {(epsilon, 0.1)}
