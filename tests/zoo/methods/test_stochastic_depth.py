"""Stochastic Depth: what is drawn, what is saved, and what the trained network endures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import zoo
from benchmarks import data
from benchmarks.conformance.cases import nominal_macs
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.training.loop import accuracy, train
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo.methods.stochastic_depth import StochasticDepth
from zoo.sizing.unit_costs import MacCounter, measure_ledger

DIGITS = data.load("mnist5k", train=1000, test=400)
CPU = torch.device("cpu")


HALF = "stochastic_depth[last_survival=0.5]"
"""`tiny` with the survival probability of the paper; its own is higher, for six blocks trained for a minute."""


def stochastic_depth(selector: str = HALF) -> StochasticDepth:
    torch.manual_seed(0)
    net = zoo.create(selector, task_of(DIGITS.info))
    assert isinstance(net, StochasticDepth)
    return net


def batch_norms(module: nn.Module) -> list[int]:
    return [int(m.num_batches_tracked) for m in module.modules() if isinstance(m, nn.BatchNorm2d)]  # type: ignore[arg-type]


# --- draws


def test_survival_falls_linearly_over_the_54_blocks_of_resnet_110() -> None:
    with torch.device("meta"):
        net = zoo.create("stochastic_depth[stochastic-depth-110]")
    assert isinstance(net, StochasticDepth)
    survival = net.drop.survival
    assert len(survival) == 54
    assert survival[0] == pytest.approx(0.991, abs=0.0005)
    assert survival[-1] == 0.5
    assert sum(survival) == pytest.approx((3 * 54 - 1) / 4)  # 40.25 blocks expected


def test_blocks_survive_as_often_as_scheduled() -> None:
    net = stochastic_depth("stochastic_depth[last_survival=0.2]")
    torch.manual_seed(0)
    draws = torch.cat([net.drop.draw(1) for _ in range(4000)]).float().mean(dim=0)
    assert draws.tolist() == pytest.approx([1 - layer / 6 * 0.8 for layer in range(1, 7)], abs=0.025)


def test_a_mini_batch_shares_its_draw_and_rows_do_not() -> None:
    images = next(DIGITS.train.batches(100)).images
    together = stochastic_depth().train()(images).route
    apart = stochastic_depth("stochastic_depth[last_survival=0.5, mode=row]").train()(images).route
    assert (together == together[0]).all()
    assert len(apart.unique(dim=0)) > 1


# --- savings


@pytest.mark.parametrize("mode", ["batch", "row"])
def test_training_runs_what_its_route_says_and_no_more(mode: str) -> None:
    net = stochastic_depth(f"stochastic_depth[last_survival=0.5, mode={mode}]")
    ledger = measure_ledger(net)
    net.train()
    for batch in list(DIGITS.train.batches(32))[:5]:
        with MacCounter() as counter:
            out = net(batch.images)
        assert counter.macs == ledger.routed(out.route).sum()


def test_training_a_deep_network_saves_a_quarter() -> None:
    net = stochastic_depth("stochastic_depth[small, blocks=(6, 6, 6), widths=(4, 8, 16), stem_kind=strided]")
    full = nominal_macs(net)
    net.train()
    images = next(DIGITS.train.batches(2)).images
    torch.manual_seed(0)
    with MacCounter() as counter, torch.no_grad():
        for _ in range(40):
            net(images)
    assert counter.macs / (40 * 2 * full) == pytest.approx((3 * 18 - 1) / 4 / 18, abs=0.04)


def test_a_dropped_block_gets_no_gradient_and_no_batch_statistics() -> None:
    net = stochastic_depth("stochastic_depth[last_survival=0.3]").train()
    batch = next(DIGITS.train.batches(50))
    out = net(batch.images)
    net.loss(out, batch.labels).backward()
    ran = out.route[0].tolist()
    assert True in ran
    assert False in ran
    for kept, block in zip(ran, net.backbone.blocks, strict=True):
        assert batch_norms(block.branch) == [int(kept)] * 2
        assert all((p.grad is not None) == kept for p in block.branch.parameters())
        assert all(p.grad is not None for p in block.shortcut.parameters())


# --- scaling


def test_evaluation_scales_every_branch_by_its_survival_probability() -> None:
    net = stochastic_depth().eval()
    images = next(DIGITS.test.batches(8)).images
    with torch.no_grad():
        x = net.backbone.stem(net.normalize(images))
        for twelfths, block in zip([11, 10, 9, 8, 7, 6], net.backbone.blocks, strict=True):
            x = torch.relu(block.shortcut(x) + twelfths / 12 * block.branch(x))
        torch.testing.assert_close(net(images).logits, net.backbone.head(x))


def test_rescaling_in_training_leaves_evaluation_alone() -> None:
    net = stochastic_depth("stochastic_depth[last_survival=0.5, rescale=train]").eval()
    images = next(DIGITS.test.batches(8)).images
    plain = zoo.create("resnet", task_of(DIGITS.info)).eval()
    plain.load_state_dict(net.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(net(images).logits, plain(images).logits)


def test_with_certain_survival_it_is_a_resnet() -> None:
    net = stochastic_depth("stochastic_depth[last_survival=1.0]").train()
    plain = zoo.create("resnet", task_of(DIGITS.info)).train()
    plain.load_state_dict(net.state_dict())
    images = next(DIGITS.train.batches(20)).images
    torch.testing.assert_close(net(images).logits, plain(images).logits)


# --- settings


def test_settings_keep_the_blocks_that_survive_most_often() -> None:
    net = stochastic_depth().eval()
    net.use(zoo.Setting(name="4 blocks", values={"blocks": 4}))
    images = next(DIGITS.test.batches(3)).images
    with torch.no_grad():
        assert net(images).route.tolist() == [[True] * 4 + [False] * 2] * 3


def test_fewer_blocks_cost_less() -> None:
    net = stochastic_depth().eval()
    ledger = measure_ledger(net)
    images = next(DIGITS.test.batches(4)).images
    macs = []
    for blocks in range(7):
        net.use(zoo.Setting(name=str(blocks), values={"blocks": blocks}))
        with torch.no_grad(), MacCounter() as counter:
            net(images, compute="needed")
        macs.append(counter.macs)
    assert macs == sorted(macs)
    assert macs[0] == 4 * ledger.fixed_macs
    assert macs[-1] == 4 * ledger.nominal


def left_without(blocks: int, last_survival: float, folder: Path) -> float:
    """Share of the full network's accuracy that a briefly trained one keeps when it loses that many blocks."""
    net = stochastic_depth(f"stochastic_depth[last_survival={last_survival}, widths=(8, 16, 32)]")
    recipe = Recipe(epochs=10, batch_size=25, lr=0.1, warmup=0.25)
    train(net, DIGITS, recipe, seed=0, device=CPU, checkpoint=FileCheckpoint(folder / f"{last_survival}.pt"))
    full = accuracy(net, DIGITS.test, CPU)
    assert full > 0.9
    net.use(zoo.Setting(name="fewer", values={"blocks": len(net.units) - blocks}))
    return accuracy(net, DIGITS.test, CPU) / full


def test_it_endures_the_removal_of_half_its_blocks_better_than_a_plain_resnet(tmp_path: Path) -> None:
    """The plain ResNet is the same network with certain survival.

    Over five seeds 76 to 93 % of the accuracy is left, of the plain ResNet's 23 to 35 %.
    """
    assert left_without(3, 0.5, tmp_path) > left_without(3, 1.0, tmp_path) + 0.3


@pytest.mark.parametrize(
    ("values", "message"), [({"blocks": 7}, "blocks must lie between 0 and 6, not 7"), ({"depth": 3}, "depth")]
)
def test_settings_out_of_range_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stochastic_depth().use(zoo.Setting(name="bad", values=values))


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("stochastic_depth[last_survival=0]", "above 0 and at most 1, not 0"),
        ("stochastic_depth[schedule=cosine]", "'linear' or 'uniform', not 'cosine'"),
        ("stochastic_depth[mode=pixel]", "'batch' or 'row', not 'pixel'"),
        ("stochastic_depth[rescale=never]", "'eval' or 'train', not 'never'"),
    ],
)
def test_bad_parameters_are_named(selector: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stochastic_depth(selector)


# --- sizes


def test_the_published_110_layers_have_the_official_parameters() -> None:
    net = zoo.create("stochastic_depth[stochastic-depth-110]")
    assert zoo.count_parameters(net) == 1_732_010
    assert nominal_macs(net) / 1e6 == pytest.approx(252.888, abs=0.0006)


@pytest.mark.parametrize(("preset", "blocks"), [("152", 75), ("1202", 600), ("imagenet-152", 50)])
def test_published_presets_have_the_papers_depth(preset: str, blocks: int) -> None:
    with torch.device("meta"):
        net = zoo.create(f"stochastic_depth[stochastic-depth-{preset}]")
    assert len(net.units) == blocks


def test_1202_layers_have_19_million_parameters() -> None:
    """19.4 M in He et al. 2016, Table 6, and a bias per output channel of every convolution."""
    with torch.device("meta"):
        net = zoo.create("stochastic_depth[stochastic-depth-1202]")
    biases = 16 + 2 * 200 * (16 + 32 + 64)
    assert (zoo.count_parameters(net) - biases) / 1e6 == pytest.approx(19.4, abs=0.05)
