"""The training loop: its schedules, and that being killed changes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from benchmarks.data import Dataset
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.record import digest
from benchmarks.training.loop import Epoch, TrainingDiverged, accuracy, make_optimizer, train, train_epoch
from benchmarks.training.numerics import autocast
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import PhaseEpoch, epochs_of_phases, learning_rate
from tests.benchmarks.cases import METHODS, RECIPE, Unseen
from zoo import ParamGroup, Phase, RoutedNet, Task, create
from zoo.network import Compute, Forward

CPU = torch.device("cpu")
ONE_PHASE = Phase(name="train")
TASK = Task(shape=(1, 28, 28), classes=10)


class Killed(Exception):
    """Stands for whatever ends a training early."""


class Linear(RoutedNet):
    """One matrix, the smallest network that learns digits, with groups that a test may choose."""

    def __init__(self, task: Task = TASK) -> None:
        super().__init__(task)
        self.units = ("matrix",)
        self.matrix = nn.Linear(784, 10)
        nn.init.zeros_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        return Forward(logits=self.matrix(x.flatten(1)), route=self.all_units(len(x), x.device))

    def unit_modules(self) -> dict[str, Sequence[nn.Module]]:
        return {"matrix": (self.matrix,)}


class TwoRates(Linear):
    """Learns its bias ten times slower than its matrix, and without weight decay."""

    def param_groups(self) -> list[ParamGroup]:
        weight, bias = self.matrix.parameters()
        slow = ParamGroup(parameters=[bias], lr_scale=0.1, weight_decay_scale=0.0)
        return [ParamGroup(parameters=[weight]), slow]


@pytest.fixture(scope="module")
def handful(few_digits: Dataset) -> Dataset:
    """128 training and 50 validation digits."""
    return replace(few_digits, train=few_digits.train.take(128), validation=few_digits.validation.take(50))


def recipe(**fields: Any) -> Recipe:
    return Recipe(**{**RECIPE, **fields})


def fresh(method: str) -> RoutedNet:
    """An untrained network, always the same."""
    torch.manual_seed(1)
    return create(f"{method}[tiny]", TASK)


def fit(
    net: RoutedNet,
    dataset: Dataset,
    checkpoint: Path,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    **options: Any,
) -> pd.DataFrame:
    return train(
        net, dataset, recipe(**options), seed=5, device=CPU, checkpoint=FileCheckpoint(checkpoint), on_epoch=on_epoch
    )


def kill(epoch: Epoch) -> None:
    raise Killed


def fit_killed_after_every_epoch(
    make: Callable[[], RoutedNet], dataset: Dataset, checkpoint: Path, **options: Any
) -> tuple[RoutedNet, pd.DataFrame, int]:
    """Train, dying whenever an epoch ends; the network, its history and the number of deaths."""
    deaths = 0
    while True:
        net = make()
        torch.manual_seed(1_000 + deaths)
        try:
            return net, fit(net, dataset, checkpoint, kill, **options), deaths
        except Killed:
            deaths += 1


def without_times(history: pd.DataFrame) -> pd.DataFrame:
    return history.drop(columns=["seconds", "first_step"])


def rates(phase: Phase = ONE_PHASE, **options: Any) -> Callable[[float], float]:
    return lambda progress: learning_rate(Recipe(**options), phase, progress)


def test_a_constant_rate_is_the_peak_throughout() -> None:
    rate = rates(lr=0.3, schedule="constant")
    assert [rate(progress) for progress in (0, 0.5, 0.999)] == [0.3, 0.3, 0.3]


@pytest.mark.parametrize(
    ("progress", "share"),
    [(0, 1), (1 / 3, 3 / 4), (1 / 2, 1 / 2), (2 / 3, 1 / 4), (1, 0)],
    ids=["start", "cos 60 degrees", "cos 90 degrees", "cos 120 degrees", "end"],
)
def test_a_cosine_falls_from_the_peak_to_zero(progress: float, share: float) -> None:
    assert rates(lr=0.8, schedule="cosine")(progress) == pytest.approx(0.8 * share)


@pytest.mark.parametrize(
    ("progress", "rate"), [(0, 0.2), (0.49, 0.2), (0.5, 0.02), (0.74, 0.02), (0.75, 0.002), (0.99, 0.002)]
)
def test_steps_divide_by_ten_at_every_milestone(progress: float, rate: float) -> None:
    assert rates(lr=0.2, schedule="step", milestones=(0.5, 0.75))(progress) == pytest.approx(rate)


@pytest.mark.parametrize(("progress", "rate"), [(0.05, 0.2), (0.1, 0.4), (0.15, 0.6)])
def test_a_warmup_rises_in_proportion(progress: float, rate: float) -> None:
    assert rates(lr=0.8, warmup=0.2)(progress) == pytest.approx(rate)


def test_a_warmup_starts_at_four_percent_rather_than_at_nothing() -> None:
    assert rates(lr=0.5, warmup=0.2)(0) == pytest.approx(0.02)


@pytest.mark.parametrize(("progress", "share"), [(0.2, 1), (0.6, 1 / 2), (1, 0)])
def test_after_a_warmup_the_cosine_takes_what_is_left(progress: float, share: float) -> None:
    assert rates(lr=0.8, warmup=0.2, schedule="cosine")(progress) == pytest.approx(0.8 * share)


@pytest.mark.parametrize("schedule", ["cosine", "step", "constant"])
def test_a_phase_scales_the_rate(schedule: str) -> None:
    plain = rates(lr=0.4, warmup=0.2, schedule=schedule)
    scaled = rates(Phase(name="fine", lr_scale=0.25), lr=0.4, warmup=0.2, schedule=schedule)
    for progress in (0, 0.1, 0.3, 0.6, 0.9):
        assert scaled(progress) == pytest.approx(plain(progress) / 4)


def lengths(shares: Sequence[float], epochs: int) -> list[int]:
    """Epochs of each phase."""
    turns = epochs_of_phases([Phase(name=str(number), share=share) for number, share in enumerate(shares)], epochs)
    return [sum(turn.phase.name == str(number) for turn in turns) for number in range(len(shares))]


@pytest.mark.parametrize(
    ("shares", "epochs", "expected"),
    [
        ([1], 3, [3]),
        ([0.5, 0.5], 10, [5, 5]),
        ([1 / 3, 2 / 3], 150, [50, 100]),
        ([0.9, 0.1], 2, [1, 1]),
        ([0.01, 0.99], 3, [1, 2]),
        ([0.98, 0.01, 0.01], 3, [1, 1, 1]),
        ([0.98, 0.01, 0.01], 10, [8, 1, 1]),
    ],
)
def test_phases_take_their_share_of_epochs_and_at_least_one(
    shares: Sequence[float], epochs: int, expected: list[int]
) -> None:
    assert lengths(shares, epochs) == expected


def test_phases_always_fill_all_epochs() -> None:
    for shares in ([1.0], [0.5, 0.5], [0.2, 0.8], [0.1, 0.1, 0.8], [0.97, 0.01, 0.02], [1 / 3, 1 / 3, 1 / 3]):
        for epochs in range(len(shares), 40):
            found = lengths(shares, epochs)
            assert sum(found) == epochs
            assert min(found) >= 1


def test_every_epoch_knows_its_place_in_its_phase() -> None:
    trunk, joint = Phase(name="trunk", share=0.4), Phase(name="joint", share=0.6)
    assert epochs_of_phases([trunk, joint], 5) == [
        PhaseEpoch(trunk, 0, 2),
        PhaseEpoch(trunk, 1, 2),
        PhaseEpoch(joint, 0, 3, before=2),
        PhaseEpoch(joint, 1, 3, before=2),
        PhaseEpoch(joint, 2, 3, before=2),
    ]


def test_fewer_epochs_than_phases_are_refused() -> None:
    with pytest.raises(ValueError, match="epochs must be at least 2, one per phase, not 1"):
        lengths([0.5, 0.5], 1)


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="do not add up to 1"):
        lengths([0.5, 0.4], 10)


def test_the_optimizer_scales_rate_and_decay_per_group() -> None:
    optimizer = make_optimizer(TwoRates(), recipe(lr=0.2, weight_decay=0.01))
    assert [group["lr_scale"] for group in optimizer.param_groups] == [1.0, 0.1]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.01, 0.0]


@pytest.mark.parametrize(("name", "kind"), [("sgd", torch.optim.SGD), ("adam", torch.optim.Adam)])
def test_the_recipe_chooses_the_optimizer(name: str, kind: type[torch.optim.Optimizer]) -> None:
    assert type(make_optimizer(Linear(), recipe(optimizer=name))) is kind


def test_the_first_step_of_sgd_is_the_rate_times_the_gradient_of_the_batch(few_digits: Dataset) -> None:
    # at zero weights every class has probability 1/10, so the gradient of class c's bias is 1/10 - share of c
    net = Linear()
    whole = recipe(batch_size=512, lr=0.5, momentum=0.0, nesterov=False, weight_decay=0.0, schedule="constant")
    whole = whole.model_copy(update={"warmup": 0.0, "augment": False})
    optimizer = make_optimizer(net, whole)
    loss, correct, _ = train_epoch(net, few_digits.train, optimizer, whole, PhaseEpoch(ONE_PHASE, 0, 1), _order(), CPU)
    shares = torch.bincount(few_digits.train.labels, minlength=10) / 512
    torch.testing.assert_close(net.matrix.bias.detach(), 0.5 * (shares - 0.1))
    assert loss == pytest.approx(math.log(10))
    assert correct == pytest.approx(shares[0].item())


def test_a_group_learns_at_its_own_rate(few_digits: Dataset) -> None:
    net, options = TwoRates(), recipe(lr=0.2, schedule="constant", warmup=0.0)
    optimizer = make_optimizer(net, options)
    train_epoch(net, few_digits.train, optimizer, options, PhaseEpoch(ONE_PHASE, 0, 1), _order(), CPU)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.2, 0.02])


def test_the_rate_follows_the_step_within_the_phase(few_digits: Dataset) -> None:
    # second of four epochs, 16 batches of 32: the last step begins at (1 + 15/16) / 4 of the phase
    options = recipe(lr=0.2, schedule="cosine", warmup=0.0)
    net = Linear()
    optimizer = make_optimizer(net, options)
    train_epoch(net, few_digits.train, optimizer, options, PhaseEpoch(ONE_PHASE, 1, 4), _order(), CPU)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * (1 + math.cos(math.pi * 31 / 64)))


def test_a_batch_larger_than_the_split_is_the_whole_split(few_digits: Dataset) -> None:
    net, options = Linear(), recipe(batch_size=1_000)
    loss, _, _ = train_epoch(
        net, few_digits.train, make_optimizer(net, options), options, PhaseEpoch(ONE_PHASE, 0, 1), _order(), CPU
    )
    assert loss == pytest.approx(math.log(10))


def test_the_history_has_a_row_per_epoch(handful: Dataset, tmp_path: Path) -> None:
    history = fit(Linear(), handful, tmp_path / "checkpoint.pt")
    assert list(history) == [field.name for field in fields(Epoch)]
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history["epochs"].tolist() == [3, 3, 3]


def test_every_epoch_is_announced_with_its_row(handful: Dataset, tmp_path: Path) -> None:
    announced: list[Epoch] = []
    history = fit(Linear(), handful, tmp_path / "checkpoint.pt", announced.append)
    assert pd.DataFrame(announced).equals(history)


def test_digits_are_learnt(few_digits: Dataset, tmp_path: Path) -> None:
    history = fit(Linear(), few_digits, tmp_path / "checkpoint.pt", lr=0.02, augment=False)
    assert history["loss"].is_monotonic_decreasing
    assert history["validation_accuracy"].iloc[-1] > 0.6


def test_the_history_tells_phases_apart(handful: Dataset, tmp_path: Path) -> None:
    history = fit(fresh("branchynet"), handful, tmp_path / "checkpoint.pt")
    assert history["phase"].tolist() == ["trunk", "trunk", "joint"]


def test_a_trained_network_is_in_eval_mode(handful: Dataset, tmp_path: Path) -> None:
    net = Linear()
    fit(net, handful, tmp_path / "checkpoint.pt", epochs=1)
    assert not net.training


def test_nothing_is_compiled_unless_the_recipe_says_so(
    handful: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[nn.Module] = []

    def slow(net: nn.Module) -> Callable[[Tensor], Forward]:
        def answer(images: Tensor) -> Forward:
            time.sleep(0.02)
            out: Forward = net(images)
            return out

        compiled.append(net)
        return answer

    monkeypatch.setattr(torch, "compile", slow)
    plain, net = Linear(), Linear()
    history = fit(plain, handful, tmp_path / "plain.pt")
    assert not compiled
    assert (history["first_step"] < history["seconds"]).all()
    history = fit(net, handful, tmp_path / "compiled.pt", compile=True)
    assert compiled == [net]
    assert (history["first_step"] >= 0.02).all()
    assert digest(net.state_dict()) == digest(plain.state_dict())


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # of the compiler's own
@pytest.mark.parametrize("method", ["adanet", "branchynet"])  # gates; and phases, on the blocks of a static network
def test_compiled_training_learns_the_same_and_says_what_its_start_cost(
    method: str, handful: Dataset, tmp_path: Path
) -> None:
    plain = fit(fresh(method), handful, tmp_path / "plain.pt")
    compiled = fit(fresh(method), handful, tmp_path / "compiled.pt", compile=True)
    np.testing.assert_allclose(compiled["loss"], plain["loss"], rtol=0.05)
    assert compiled["first_step"].iloc[0] > 10 * plain["first_step"].iloc[0]


def test_the_test_split_is_not_looked_at(handful: Dataset, tmp_path: Path) -> None:
    blind = replace(handful, test=Unseen())
    assert len(fit(Linear(), blind, tmp_path / "checkpoint.pt", epochs=1)) == 1


def test_the_validation_accuracy_is_the_share_that_is_right(few_digits: Dataset) -> None:
    # at zero weights the answer is always class 0, and 50 of the 500 validation digits are zeros
    assert accuracy(Linear(), few_digits.validation, CPU) == pytest.approx(0.1)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_arguments_give_the_same_weights(method: str, handful: Dataset, tmp_path: Path) -> None:
    nets = [fresh(method), fresh(method)]
    for number, net in enumerate(nets):
        torch.manual_seed(number)
        fit(net, handful, tmp_path / f"{number}.pt", epochs=2)
    assert digest(nets[0].state_dict()) == digest(nets[1].state_dict())


def test_another_seed_gives_other_weights(handful: Dataset, tmp_path: Path) -> None:
    nets = [fresh("resnet"), fresh("resnet")]
    for seed, net in enumerate(nets):
        options = recipe(epochs=1)
        train(net, handful, options, seed=seed, device=CPU, checkpoint=FileCheckpoint(tmp_path / f"{seed}.pt"))
    assert digest(nets[0].state_dict()) != digest(nets[1].state_dict())


@pytest.mark.parametrize("method", METHODS)
def test_killed_after_every_epoch_and_resumed_is_uninterrupted(method: str, handful: Dataset, tmp_path: Path) -> None:
    whole = fresh(method)
    history = fit(whole, handful, tmp_path / "whole.pt")
    net, pieces, deaths = fit_killed_after_every_epoch(lambda: fresh(method), handful, tmp_path / "pieces.pt")
    assert deaths == 3
    assert digest(net.state_dict()) == digest(whole.state_dict())
    pd.testing.assert_frame_equal(without_times(pieces), without_times(history), check_exact=True)


def test_resuming_restores_the_moments_of_adam(handful: Dataset, tmp_path: Path) -> None:
    whole = fresh("resnet")
    fit(whole, handful, tmp_path / "whole.pt", optimizer="adam", lr=1e-3)
    net, _, _ = fit_killed_after_every_epoch(
        lambda: fresh("resnet"), handful, tmp_path / "pieces.pt", optimizer="adam", lr=1e-3
    )
    assert digest(net.state_dict()) == digest(whole.state_dict())


def test_resuming_does_not_depend_on_the_networks_first_weights(handful: Dataset, tmp_path: Path) -> None:
    whole = fresh("adanet")
    fit(whole, handful, tmp_path / "whole.pt")
    with pytest.raises(Killed):
        fit(fresh("adanet"), handful, tmp_path / "pieces.pt", kill)
    other = create("adanet[tiny]", TASK)
    fit(other, handful, tmp_path / "pieces.pt")
    assert digest(other.state_dict()) == digest(whole.state_dict())


def test_a_finished_checkpoint_is_only_read(handful: Dataset, tmp_path: Path) -> None:
    net, again = fresh("resnet"), fresh("resnet")
    history = fit(net, handful, tmp_path / "checkpoint.pt", epochs=1)
    repeated = fit(again, handful, tmp_path / "checkpoint.pt", kill, epochs=1)
    assert repeated.equals(history)
    assert digest(again.state_dict()) == digest(net.state_dict())


def test_no_half_of_a_checkpoint_is_ever_seen(
    handful: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.write_bytes

    def die_after_some_bytes(path: Path, content: bytes) -> int:
        real(path, content[:2])
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", die_after_some_bytes)
        with pytest.raises(Killed):
            fit(Linear(), handful, tmp_path / "checkpoint.pt")
    assert not (tmp_path / "checkpoint.pt").exists()
    assert len(fit(Linear(), handful, tmp_path / "checkpoint.pt")) == 3


def test_a_loss_that_is_no_number_is_an_error_that_says_where_and_what_to_do(handful: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged, match=r"loss is (nan|inf) in epoch 1 \(train\); lower the learning rate"):
        fit(fresh("resnet"), handful, tmp_path / "checkpoint.pt", lr=1e30, warmup=0.0)


def test_a_diverged_epoch_leaves_no_checkpoint(handful: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged):
        fit(fresh("resnet"), handful, tmp_path / "checkpoint.pt", lr=1e30, warmup=0.0)
    assert not (tmp_path / "checkpoint.pt").exists()


@pytest.mark.parametrize(
    ("precision", "native", "expected"),
    [
        ("fp32", True, torch.float32),
        ("bf16", False, torch.bfloat16),
        ("auto", True, torch.bfloat16),
        ("auto", False, torch.float32),
    ],
)
def test_precision_is_what_the_recipe_and_the_device_say(
    precision: str, native: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.training.numerics.computes_bf16", lambda device: native)
    with autocast(precision, CPU):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == expected


def _order() -> torch.Generator:
    return torch.Generator().manual_seed(0)
