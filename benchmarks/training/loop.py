"""The one training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol

import pandas as pd
import torch
from torch import Tensor
from torch.optim import Optimizer

from benchmarks.data import Dataset, Split
from benchmarks.training.recipe import Recipe
from benchmarks.training.seeds import derive_seed
from zoo.network import Forward, Phase, RoutedNet

EVALUATION_BATCH = 500

Answer = Callable[[Tensor], Forward]
"""Images (N, C, H, W) to the network's answer."""


class TrainingDiverged(RuntimeError):
    """The loss is no number any more."""


class Checkpoint(Protocol):
    """Where the state of a training is kept between epochs; `benchmarks.records.checkpoint` keeps it in a file."""

    def read(self) -> Mapping[str, Any] | None:
        """The state that was written last, its tensors on the CPU; None where there is none.

        Adam counts its steps on the host: read to a GPU, every count would be waited for in every step.
        """

    def write(self, state: Mapping[str, Any]) -> None:
        """Keep a state in place of the last one."""


class NoCheckpoint:
    """Keeps nothing: a training that dies begins anew."""

    def read(self) -> None:
        """Nothing."""

    def write(self, state: Mapping[str, Any]) -> None:
        """Nothing is kept."""


@dataclass(frozen=True)
class Epoch:
    """One row of the history: what an epoch did and where it led.

    `first_step` is what the process spent on the first step, in seconds of wall-clock: where networks are compiled.
    """

    epoch: int
    epochs: int
    phase: str
    lr: float
    loss: float
    train_accuracy: float
    validation_accuracy: float
    seconds: float
    first_step: float = 0.0


def train(
    net: RoutedNet,
    dataset: Dataset,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> pd.DataFrame:
    """Train a network, or go on where its checkpoint stands.

    The same arguments give the same weights, byte for byte on one machine, however often the run was killed: every
    epoch seeds itself, and the learning rate is a function of the step. On a GPU that is as far as its kernels repeat
    themselves: some add in no fixed order.

    Args:
        net: moved to the device and trained in place.
        dataset: images; the test split is not looked at.
        recipe: how.
        seed: of this run.
        device: where.
        checkpoint: is written after every epoch, and read first.
        on_epoch: told about every epoch as it ends.

    Returns:
        One row per epoch, the fields of `Epoch`.

    Raises:
        TrainingDiverged: a loss that is not finite.
    """
    net.to(device).to(memory_format=torch.channels_last if recipe.channels_last else torch.contiguous_format)
    saved = checkpoint.read()
    if saved:
        net.load_state_dict(saved["net"])
    history: list[dict[str, Any]] = saved["history"] if saved else []
    phase: Phase | None = None
    answer: Answer = torch.compile(net) if recipe.compile else net

    for epoch, turn in enumerate(epochs_of_phases(net.phases(), recipe.epochs)):
        if turn.phase != phase:
            phase = turn.phase
            net.begin(phase.name)
            optimizer = make_optimizer(net, recipe)
        if epoch < len(history):
            continue
        if saved and epoch == len(history) and phase.name == history[-1]["phase"]:
            optimizer.load_state_dict(saved["optimizer"])
        saved = None

        started = time.perf_counter()
        torch.manual_seed(derive_seed(seed, "epoch", epoch))
        order = torch.Generator().manual_seed(derive_seed(seed, "order", epoch))
        trained = train_epoch(net, dataset.train, optimizer, recipe, turn, order, device, answer=answer)
        if not math.isfinite(trained.loss):
            raise TrainingDiverged(
                f"loss is {trained.loss} in epoch {epoch + 1} ({phase.name}); lower the learning rate"
            )
        row = Epoch(
            epoch=epoch + 1,
            epochs=recipe.epochs,
            phase=phase.name,
            lr=optimizer.param_groups[0]["lr"],
            loss=trained.loss,
            train_accuracy=trained.accuracy,
            validation_accuracy=accuracy(net, dataset.validation, device),
            seconds=time.perf_counter() - started,
            first_step=trained.first_step,
        )
        history.append(asdict(row))
        state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "history": history}
        checkpoint.write(state)
        on_epoch(row)
    net.eval()
    return pd.DataFrame(history)


class EpochMeans(NamedTuple):
    """What a turn through a split gave: mean loss and accuracy of the batches as they were trained on.

    `first_step` is as in `Epoch`.
    """

    loss: float
    accuracy: float
    first_step: float


def train_epoch(
    net: RoutedNet,
    split: Split,
    optimizer: Optimizer,
    recipe: Recipe,
    turn: PhaseEpoch,
    order: torch.Generator,
    device: torch.device,
    *,
    answer: Answer | None = None,
) -> EpochMeans:
    """Go through a split once; nothing in a step waits for the device.

    `answer` is the network compiled, or the network itself where it is None.
    """
    answer = net if answer is None else answer
    first_step = 0.0
    started = time.perf_counter()
    net.train()
    size = min(recipe.batch_size, len(split))
    steps = len(split) // size
    losses = torch.zeros((), device=device)
    correct = torch.zeros((), device=device)
    batches = split.batches(
        size,
        device=device,
        generator=order,
        augment=recipe.augment,
        drop_last=True,
        channels_last=recipe.channels_last,
    )
    for step, batch in enumerate(batches):
        lr = learning_rate(recipe, turn.phase, (turn.epoch + step / steps) / turn.epochs)
        for group in optimizer.param_groups:
            group["lr"] = lr * group["lr_scale"]
        with autocast(recipe.precision, device):
            out = answer(batch.images)
        loss = net.loss(out, batch.labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses += loss.detach()
        correct += (out.logits.detach().argmax(dim=1) == batch.labels).sum()
        first_step = first_step or time.perf_counter() - started
    return EpochMeans(losses.item() / steps, correct.item() / (steps * size), first_step)


@dataclass(frozen=True)
class PhaseEpoch:
    """An epoch's place in its phase: it is number `epoch`, from 0, of `epochs`."""

    phase: Phase
    epoch: int
    epochs: int


def epochs_of_phases(phases: Sequence[Phase], epochs: int) -> list[PhaseEpoch]:
    """The turn of every epoch; shares are rounded so that each phase has at least one epoch.

    Raises:
        ValueError: fewer epochs than phases, or shares that do not add up to 1.
    """
    if not math.isclose(sum(phase.share for phase in phases), 1, abs_tol=1e-6):
        raise ValueError(f"the shares of phases {[phase.name for phase in phases]} do not add up to 1")
    if epochs < len(phases):
        raise ValueError(f"epochs must be at least {len(phases)}, one per phase, not {epochs}")
    turns: list[PhaseEpoch] = []
    share = 0.0
    for index, phase in enumerate(phases):
        share += phase.share
        phases_after = len(phases) - 1 - index
        end = min(max(round(share * epochs), len(turns) + 1), epochs - phases_after)
        length = end - len(turns)
        turns += [PhaseEpoch(phase, position, length) for position in range(length)]
    return turns


def learning_rate(recipe: Recipe, phase: Phase, progress: float) -> float:
    """Learning rate when `progress`, in [0, 1), of a phase is over."""
    peak = recipe.lr * phase.lr_scale
    if progress < recipe.warmup:
        return peak * max(progress / recipe.warmup, 0.04)
    if recipe.schedule == "cosine":
        after = (progress - recipe.warmup) / (1 - recipe.warmup)
        return peak * (1 + math.cos(math.pi * after)) / 2
    if recipe.schedule == "step":
        return float(peak * recipe.step_factor ** sum(progress >= milestone for milestone in recipe.milestones))
    return peak


def make_optimizer(net: RoutedNet, recipe: Recipe) -> Optimizer:
    """The recipe's optimizer over the parameter groups that the network asks for in its current phase."""
    groups: list[dict[str, Any]] = [
        {
            "params": list(group.parameters),
            "lr_scale": group.lr_scale,
            "weight_decay": recipe.weight_decay * group.weight_decay_scale,
        }
        for group in net.param_groups()
    ]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.lr)
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.nesterov)


def autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """bf16 autocast, or nothing; `auto` asks the device whether it computes bf16 natively."""
    enabled = precision == "bf16" or (precision == "auto" and computes_bf16(device))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)


def computes_bf16(device: torch.device) -> bool:
    """Whether a device gains from bf16: GPUs from Ampere on, CPUs with AVX512-BF16 or AMX."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def accuracy(net: RoutedNet, split: Split, device: torch.device) -> float:
    """Share of a split that a network gets right in eval mode, at its setting in use."""
    net.eval()
    correct = torch.zeros((), device=device)
    with torch.no_grad():
        for batch in split.batches(EVALUATION_BATCH, device=device, channels_last=True):
            correct += (net(batch.images, compute="needed").logits.argmax(dim=1) == batch.labels).sum()
    return float(correct.item()) / len(split)
