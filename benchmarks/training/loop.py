"""The one training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Protocol

import pandas as pd
import torch
from torch import Tensor
from torch.optim import Optimizer

from benchmarks.data import Dataset, Split
from benchmarks.training.adversary import Adversary
from benchmarks.training.averaging import Average
from benchmarks.training.numerics import autocast
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import PhaseEpoch, epochs_of_phases, learning_rate
from benchmarks.training.seeds import derive_seed
from zoo.network import Forward, Phase, RoutedNet

EVALUATION_BATCH = 500

Answer = Callable[[Tensor], Forward]
"""A function from images (N, C, H, W) to the network's output."""


class TrainingDiverged(RuntimeError):
    """The loss is no longer a finite number."""


class Checkpoint(Protocol):
    """Where the training state is kept between epochs; `benchmarks.records.checkpoint` keeps it in a file."""

    def read(self) -> Mapping[str, Any] | None:
        """The state that was written last, with its tensors on the CPU; None if there is none.

        Adam keeps its step counters on the CPU. If they were read to a GPU, every step would wait for them.
        """

    def write(self, state: Mapping[str, Any]) -> None:
        """Replace the stored state."""


class NoCheckpoint:
    """Keeps nothing: a training that is killed starts from the beginning."""

    def read(self) -> None:
        """There is never a state."""

    def write(self, state: Mapping[str, Any]) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Epoch:
    """One row of the history: what was trained in an epoch, and the result.

    `first_step` is the wall-clock time of the first step in seconds; compilation happens in it. `rates` has of every
    unit the share of validation images that used it, in the order of the route's columns.
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
    rates: list[float] = field(default_factory=list)


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
    """Train a network, or continue from its checkpoint.

    On one machine, the same arguments give the same weights byte for byte, however often the run was killed: every
    epoch sets its own seed, and the learning rate is a function of the step. On a GPU this holds only for kernels that
    are deterministic; some add in no fixed order.

    With `adversarial`, every step trains on images that `benchmarks.training.adversary` makes for it, and the history's
    training accuracy is that on them; validation images are never changed.

    With `ema_decay`, validation looks at the averaged weights, and they are what the network has in the end; training
    goes on from the raw ones, and a checkpoint holds both.

    Args:
        net: moved to the device and trained in place.
        dataset: images; the test split is not used.
        recipe: how to train.
        seed: of this run.
        device: to train on.
        checkpoint: read at the start, written after every epoch.
        on_epoch: called with every epoch's row when the epoch ends.

    Returns:
        One row per epoch, the fields of `Epoch`.

    Raises:
        TrainingDiverged: a loss that is not finite, or with `gradient_clip` a gradient.
        ValueError: the network smooths labels by a share of its own, and the recipe by another.
    """
    net.smooth_labels(recipe.label_smoothing)
    net.to(device).to(memory_format=torch.channels_last if recipe.channels_last else torch.contiguous_format)
    saved = checkpoint.read()
    if saved:
        net.load_state_dict(saved["net"])
    average = Average(net, recipe.ema_decay) if recipe.ema_decay else None
    if saved and average:
        average.restore(saved["average"])
    history: list[dict[str, Any]] = saved["history"] if saved else []
    phase: Phase | None = None
    answer: Answer = torch.compile(net) if recipe.compile else net

    for epoch, place in enumerate(epochs_of_phases(net.phases(), recipe.epochs)):
        if place.phase != phase:
            phase = place.phase
            net.begin(phase.name)
            if average:
                average.net.begin(phase.name)
            optimizer = make_optimizer(net, recipe)
            adversary = Adversary(net, recipe) if recipe.adversarial else None
        if epoch < len(history):
            continue
        if saved and epoch == len(history) and phase.name == history[-1]["phase"]:
            optimizer.load_state_dict(saved["optimizer"])
        saved = None
        row = _run_epoch(
            net,
            dataset,
            optimizer,
            recipe,
            place,
            epoch,
            seed=seed,
            device=device,
            answer=answer,
            average=average,
            adversary=adversary,
        )
        history.append(asdict(row))
        state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "history": history}
        checkpoint.write(state | ({"average": average.state()} if average else {}))
        on_epoch(row)
    if average:
        net.load_state_dict(average.state())
    net.eval()
    return pd.DataFrame(history)


def _run_epoch(
    net: RoutedNet,
    dataset: Dataset,
    optimizer: Optimizer,
    recipe: Recipe,
    place: PhaseEpoch,
    epoch: int,
    *,
    seed: int,
    device: torch.device,
    answer: Answer,
    average: Average | None,
    adversary: Adversary | None,
) -> Epoch:
    """Train for epoch number `epoch`, from 0, with random numbers of its own, and measure validation accuracy."""
    started = time.perf_counter()
    torch.manual_seed(derive_seed(seed, "epoch", epoch))
    order = torch.Generator().manual_seed(derive_seed(seed, "order", epoch))
    means = train_epoch(
        net,
        dataset.train,
        optimizer,
        recipe,
        place,
        order,
        device,
        answer=answer,
        average=average,
        adversary=adversary,
    )
    if not math.isfinite(means.loss):
        raise TrainingDiverged(
            f"loss is {means.loss} in epoch {epoch + 1} ({place.phase.name}); lower the learning rate"
        )
    validation = validate(average.net if average else net, dataset.validation, device)
    return Epoch(
        epoch=epoch + 1,
        epochs=recipe.epochs,
        phase=place.phase.name,
        lr=optimizer.param_groups[0]["lr"],
        loss=means.loss,
        train_accuracy=means.accuracy,
        validation_accuracy=validation.accuracy,
        seconds=time.perf_counter() - started,
        first_step=means.first_step,
        rates=validation.rates,
    )


class EpochMeans(NamedTuple):
    """Mean loss and accuracy over an epoch, measured on each batch as it was trained on.

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
    place: PhaseEpoch,
    order: torch.Generator,
    device: torch.device,
    *,
    answer: Answer | None = None,
    average: Average | None = None,
    adversary: Adversary | None = None,
) -> EpochMeans:
    """Train on every batch of a split once; no step waits for the device.

    `answer` is the compiled network; None means the network itself. `average` follows the network's weights, and
    `adversary` changes the images.
    """
    answer = net if answer is None else answer
    first_step = 0.0
    started = time.perf_counter()
    net.train()
    if adversary:
        adversary.start_epoch()
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
        progress = (place.epoch + step / steps) / place.epochs
        lr = learning_rate(recipe, place.phase, progress, steps=steps * place.epochs)
        for group in optimizer.param_groups:
            group["lr"] = lr * group["lr_scale"]
        images = batch.images
        if adversary:
            done = (place.before + place.epoch + step / steps) / recipe.epochs
            images = adversary.images(images, batch.labels, done)
        with autocast(recipe.precision, device):
            out = answer(images)
        loss = net.loss(out, batch.labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if recipe.idle_updates:
            fill_idle(optimizer)
        losses += loss.detach()
        if recipe.gradient_clip is not None:
            losses += 0 * clip_gradient(optimizer, recipe.gradient_clip)  # NaN where the norm is not finite
        optimizer.step()
        if average:
            average.update(net)
        correct += (out.logits.detach().argmax(dim=1) == batch.labels).sum()
        first_step = first_step or time.perf_counter() - started
    return EpochMeans(losses.item() / steps, correct.item() / (steps * size), first_step)


def make_optimizer(net: RoutedNet, recipe: Recipe) -> Optimizer:
    """The recipe's optimizer, with the parameter groups of the network's current phase."""
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
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.lr)
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.nesterov)


def fill_idle(optimizer: Optimizer) -> None:
    """Give parameters without a gradient one of zeros, so that a step applies momentum and weight decay to them.

    `torch.optim` leaves out what has no gradient, such as a block that was dropped. Torch7 and Caffe, in which the
    networks with dropped parts were published, do not.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.requires_grad and parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)


def clip_gradient(optimizer: Optimizer, max_norm: float) -> Tensor:
    """Scale the gradient of all parameters down to a norm; the norm before that, a scalar on the device.

    A norm that is not finite leaves the weights without meaning: the caller has to look at it.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return torch.nn.utils.clip_grad_norm_(parameters, max_norm)


class Validation(NamedTuple):
    """Accuracy on a split, and of every unit the share of its images that used it."""

    accuracy: float
    rates: list[float]


def validate(net: RoutedNet, split: Split, device: torch.device) -> Validation:
    """Answer a split in eval mode, at the setting in use; nothing waits for the device before the end."""
    net.eval()
    correct = torch.zeros((), device=device)
    used = torch.zeros(len(net.units), device=device)
    with torch.no_grad():
        for batch in split.batches(EVALUATION_BATCH, device=device, channels_last=True):
            out = net(batch.images, compute="needed")
            correct += (out.logits.argmax(dim=1) == batch.labels).sum()
            used += out.route.sum(dim=0)
    return Validation(float(correct.item()) / len(split), [count / len(split) for count in used.tolist()])


def accuracy(net: RoutedNet, split: Split, device: torch.device) -> float:
    """Accuracy on a split in eval mode, at the setting in use."""
    return validate(net, split, device).accuracy
