"""The race of training loops, in small, and that both learn the same."""

from __future__ import annotations

import math

import pytest
import torch

from benchmarks import data
from benchmarks.data.contract import Augmentation
from benchmarks.speed.plain import Images, plain_training
from benchmarks.speed.setups import Setup, digits, resnet20, tiny
from benchmarks.speed.training import (
    CPU,
    against_plain,
    dropped_blocks,
    record_draws,
    routed_share,
    suite_training,
)
from benchmarks.training.loop import accuracy, make_optimizer, train_epoch
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import epochs_of_phases, learning_rate
from zoo.methods.stochastic_depth import StochasticDepth
from zoo.network import Phase

COLUMNS = ["what", "configuration", "ratio", "low", "high", "turns", "target"]


def few(batch_size: int = 8, selector: str = "resnet[tiny]") -> Setup:
    pixels, labels = digits(2 * batch_size)
    return Setup(selector, pixels, labels, Augmentation(crop_padding=2, flip=True), batch_size)


def test_setups_are_real_digits_in_the_shapes_they_say() -> None:
    assert tiny(2).pixels.shape == (128, 1, 28, 28)
    coloured = resnet20(1)
    assert coloured.pixels.shape == (128, 3, 32, 32)
    assert torch.equal(coloured.pixels[:, 1, 2:-2, 2:-2], digits(128)[0][:, 0])
    assert str(coloured) == "resnet[small], batches of 128, 32 x 32 x 3 pixels"


def test_the_plain_loop_sees_moved_images_of_the_same_digits() -> None:
    setup = few()
    images = Images(setup)
    image, label = images[3]
    assert len(images) == 16
    assert label == setup.labels[3]
    assert image.shape == (1, 28, 28)
    assert image.max() == setup.pixels[3].max() / 255
    assert image.sum().item() == pytest.approx(setup.pixels[3].sum().item() / 255, rel=0.05)


def test_both_loops_take_a_step_per_whole_batch() -> None:
    setup = few()
    nets = setup.net(), setup.net()
    plain_training(setup, nets[0], lambda progress: 0.1)()
    suite_training(setup, nets[1])()
    for net in nets:
        norm = next(module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d))
        assert norm.num_batches_tracked == 2


def test_the_plain_loop_follows_the_rate() -> None:
    asked: list[float] = []

    def rate(progress: float) -> float:
        asked.append(progress)
        return 0.0

    setup = few()
    net = setup.net()
    before = [parameter.clone() for parameter in net.parameters()]
    plain_training(setup, net, rate, epochs=2)()
    assert asked == [0, 0.25, 0.5, 0.75]
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_a_comparison_is_a_row() -> None:
    row = against_plain(few(), 0.0, 1.8)
    assert list(row) == COLUMNS
    assert row["target"] == 1.8
    assert "images/s" in row["configuration"]


def test_dropped_blocks_are_compared_with_the_draws_of_the_same_turns() -> None:
    rows = dropped_blocks(few(selector="resnet[small]"), 0.0, "fp32", 0.9)
    assert [list(row) for row in rows] == [COLUMNS, COLUMNS]
    assert rows[0]["ratio"] > 0
    assert rows[0]["target"] == 0.9
    assert math.isnan(rows[1]["target"])
    assert ", fp32; " in rows[0]["configuration"]


def test_every_step_is_recorded_with_the_blocks_that_ran() -> None:
    setup = few()
    net = setup.net("stochastic_depth[small]")
    assert isinstance(net, StochasticDepth)
    drawn = record_draws(net)
    suite_training(setup, net)()
    assert [kept.shape for kept in drawn] == [(1, 9), (1, 9)]
    ran = torch.cat(drawn).sum(dim=0)
    counts = [block.branch[1].num_batches_tracked.item() for block in net.backbone.blocks]  # type: ignore[index]
    assert ran.tolist() == counts


def test_all_blocks_are_all_of_the_cost() -> None:
    net = few().net("stochastic_depth[small]")
    every = torch.ones(1, 9, dtype=torch.bool)
    assert routed_share(net, every) == 1
    assert 0 < routed_share(net, ~every) < 0.05


@pytest.mark.long
def test_the_suites_training_learns_what_the_plain_loop_learns() -> None:
    dataset = data.load("mnist5k")
    pixels, labels = digits(len(dataset.train))
    setup = Setup("resnet[tiny]", pixels, labels, dataset.info.augmentation, 64)
    recipe = Recipe(batch_size=64, epochs=5, warmup=0.25)
    torch.manual_seed(0)
    plain, suite = setup.net(), setup.net().to(memory_format=torch.channels_last)
    plain_training(setup, plain, lambda progress: learning_rate(recipe, Phase(name="train"), progress), epochs=5)()
    optimizer, order = make_optimizer(suite, recipe), torch.Generator().manual_seed(0)
    for place in epochs_of_phases(suite.phases(), recipe.epochs):
        train_epoch(suite, dataset.train, optimizer, recipe, place, order, CPU)
    right = [accuracy(net, dataset.test, CPU) for net in (plain, suite)]
    share = sum(right) / 2
    standard_error = math.sqrt(2 * share * (1 - share) / len(dataset.test))
    assert share > 0.95
    assert abs(right[0] - right[1]) <= 2 * standard_error
