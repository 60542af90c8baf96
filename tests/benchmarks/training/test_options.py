"""AdamW, clipped gradients and averaged weights: what they compute, and that being killed changes nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.data import Dataset
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.record import digest
from benchmarks.training.averaging import Average
from benchmarks.training.fitting import fit
from benchmarks.training.loop import TrainingDiverged, accuracy, clip_gradient, make_optimizer, train, train_epoch
from benchmarks.training.schedule import PhaseEpoch
from tests.benchmarks.training.test_loop import (
    CPU,
    ONE_PHASE,
    Linear,
    TwoRates,
    fit_killed_after_every_epoch,
    fresh,
    recipe,
    without_times,
)
from zoo import Forward, parse


@pytest.fixture(scope="module")
def handful(few_digits: Dataset) -> Dataset:
    """128 training and 50 validation digits."""
    return replace(few_digits, train=few_digits.train.take(128), validation=few_digits.validation.take(50))


def trained(net: Linear, dataset: Dataset, folder: Path, **fields: Any) -> Linear:
    how = recipe(**fields)
    train(net, dataset, how, seed=5, device=CPU, checkpoint=FileCheckpoint(folder / "checkpoint.pt"))
    return net


def test_adamw_takes_the_decay_off_the_weights_and_not_into_the_gradient() -> None:
    # without a gradient, a step of AdamW multiplies by 1 - lr * decay; groups scale the decay
    net = TwoRates()
    torch.nn.init.ones_(net.matrix.weight)
    torch.nn.init.ones_(net.matrix.bias)
    optimizer = make_optimizer(net, recipe(optimizer="adamw", lr=0.5, weight_decay=0.1))
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    torch.testing.assert_close(net.matrix.weight.detach(), torch.full((10, 784), 0.95))
    assert torch.equal(net.matrix.bias.detach(), torch.ones(10))


def test_a_gradient_is_clipped_to_the_norm_of_all_parameters_together() -> None:
    net = Linear()
    optimizer = make_optimizer(net, recipe())
    net.matrix.weight.grad = torch.zeros(10, 784)
    net.matrix.weight.grad[0, 0] = 3.0
    net.matrix.bias.grad = torch.zeros(10)
    net.matrix.bias.grad[0] = 4.0
    assert clip_gradient(optimizer, 2.5).item() == pytest.approx(5)
    assert net.matrix.weight.grad[0, 0].item() == pytest.approx(1.5, rel=1e-5)
    assert net.matrix.bias.grad[0].item() == pytest.approx(2, rel=1e-5)


def test_a_limit_above_every_norm_changes_no_weight(handful: Dataset, tmp_path: Path) -> None:
    plain = trained(Linear(), handful, tmp_path / "plain")
    limited = trained(Linear(), handful, tmp_path / "limited", gradient_clip=1e9)
    assert digest(limited.state_dict()) == digest(plain.state_dict())


class Cliff(Linear):
    """The last of an epoch's steps has a finite loss, and a gradient that is not."""

    steps = 0

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        self.steps += 1
        edge = (forward.logits[0, 0] - forward.logits[0, 0].detach()).abs().sqrt()  # 0, with an infinite slope
        return super().loss(forward, labels) + (edge if self.steps == 4 else 0)


def test_a_gradient_that_is_not_finite_is_no_longer_clipped_in_silence(handful: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged, match=r"loss is nan in epoch 1 \(train\)"):
        trained(Cliff(), handful, tmp_path, gradient_clip=1.0, epochs=1, batch_size=32)


def test_an_average_begins_with_the_first_step_and_mixes_the_next_ones() -> None:
    net = Linear()
    average = Average(net, 0.75)
    for value in (8.0, 4.0, 12.0):
        torch.nn.init.constant_(net.matrix.bias, value)
        average.update(net)
    # 8, then .75 * 8 + .25 * 4 = 7, then .75 * 7 + .25 * 12 = 8.25
    assert average.net.state_dict()["matrix.bias"].tolist() == [8.25] * 10
    assert net.matrix.bias.tolist() == [12.0] * 10


def test_running_means_are_averaged_and_counters_are_copied() -> None:
    net = fresh("resnet")
    average = Average(net, 0.5)
    norm = next(name.removesuffix(".running_mean") for name in net.state_dict() if name.endswith("running_mean"))
    for value, count in ((2.0, 1), (4.0, 2)):
        state = net.state_dict()
        state[f"{norm}.running_mean"].fill_(value)
        state[f"{norm}.num_batches_tracked"].fill_(count)
        average.update(net)
    averaged = average.state()
    assert set(averaged[f"{norm}.running_mean"].tolist()) == {3.0}
    assert averaged[f"{norm}.num_batches_tracked"].item() == 2


def test_the_averaged_weights_are_validated_and_kept(handful: Dataset, tmp_path: Path) -> None:
    net, raw = Linear(), Linear()
    how = recipe(ema_decay=0.9, epochs=2)
    history = train(net, handful, how, seed=5, device=CPU, checkpoint=FileCheckpoint(tmp_path / "a.pt"))
    trained(raw, handful, tmp_path, epochs=2)
    assert history["validation_accuracy"].iloc[-1] == accuracy(net, handful.validation, CPU)
    assert digest(net.state_dict()) != digest(raw.state_dict())


def test_averaging_does_not_change_what_is_trained(handful: Dataset) -> None:
    nets = [Linear(), Linear()]
    for net, average in zip(nets, (None, Average(nets[1], 0.9)), strict=True):
        how, order = recipe(), torch.Generator().manual_seed(0)
        place = PhaseEpoch(ONE_PHASE, 0, 1)
        train_epoch(net, handful.train, make_optimizer(net, how), how, place, order, CPU, average=average)
    assert digest(nets[0].state_dict()) == digest(nets[1].state_dict())


@pytest.mark.parametrize("method", ["resnet", "skipnet"])
def test_killed_after_every_epoch_and_resumed_is_uninterrupted(method: str, handful: Dataset, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "optimizer": "adamw",
        "lr": 1e-3,
        "ema_decay": 0.8,
        "gradient_clip": 0.5,
        "label_smoothing": 0.1,
    }
    whole = fresh(method)
    how = recipe(**options)
    history = train(whole, handful, how, seed=5, device=CPU, checkpoint=FileCheckpoint(tmp_path / "whole.pt"))
    net, pieces, deaths = fit_killed_after_every_epoch(
        lambda: fresh(method), handful, tmp_path / "pieces.pt", **options
    )
    assert deaths == 3
    assert digest(net.state_dict()) == digest(whole.state_dict())
    assert without_times(pieces).equals(without_times(history))


def test_settings_are_proposed_by_the_averaged_network(handful: Dataset, tmp_path: Path) -> None:
    fitted = fit(
        parse("skipnet[tiny, policy_temperature=0.5]"),
        handful,
        recipe(ema_decay=0.5, epochs=2, precision="fp32"),
        seed=1,
        device=CPU,
        checkpoint=FileCheckpoint(tmp_path / "checkpoint.pt"),
    )
    assert fitted.settings[0].name == "default"
    assert all(math.isfinite(value) for value in fitted.history["loss"])
    assert fitted.net.state_dict()["gates.sharpened"].item() == 1
