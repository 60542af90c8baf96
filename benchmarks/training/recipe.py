"""The training recipe, as checked values."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from benchmarks.strict import Strict

__all__ = ["Recipe", "Strict"]


class Recipe(Strict):
    """How networks are trained.

    Attributes:
        optimizer: `sgd`, `adam` (decay is part of the gradient) or `adamw` (decay is apart from it: decoupled).
        lr: peak learning rate.
        momentum: of SGD.
        nesterov: of SGD; needs a momentum above 0.
        weight_decay: L2, on all parameters unless a network's parameter groups scale it.
        label_smoothing: share of a label that is spread evenly over all classes, in every cross-entropy of a network's
            loss; 0 keeps the network's own, if it has a parameter for it.
        gradient_clip: greatest norm of the gradient of all parameters together; a longer one is scaled down. None for
            no limit.
        ema_decay: of an exponential moving average of the weights over the steps, which is then what is validated,
            measured and stored; see `benchmarks.training.averaging`. 0 for none.
        batch_size: images per step.
        epochs: of all phases together, at most 100,000.
        schedule: `cosine` (to zero), `step` (multiplied at the milestones) or `constant`, in every phase.
        warmup: fraction of a phase over which the rate rises linearly to its peak.
        milestones: of `step`, as fractions of the phase: increasing, in (0, 1).
        step_factor: of `step`, by which the rate is multiplied at each milestone.
        precision: of training; `auto` is bf16 autocast if the device computes bf16 natively, else fp32.
        channels_last: memory format of activations and weights.
        augment: random crops and flips as the data set defines them.
        compile: train with `torch.compile`, which takes tens of seconds on a CPU (`first_step` in the history).
    """

    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: float = Field(0.1, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    nesterov: bool = True
    weight_decay: float = Field(5e-4, ge=0)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    gradient_clip: float | None = Field(None, gt=0)
    ema_decay: float = Field(0.0, ge=0, lt=1)
    batch_size: int = Field(128, ge=2)
    epochs: int = Field(30, ge=1, le=100_000)
    schedule: Literal["cosine", "step", "constant"] = "cosine"
    warmup: float = Field(0.0, ge=0, lt=1)
    milestones: tuple[float, ...] = (0.5, 0.75)
    step_factor: float = Field(0.1, gt=0, lt=1)
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    channels_last: bool = True
    augment: bool = True
    compile: bool = False

    def differences(self, other: Recipe) -> dict[str, Any]:
        """The fields in which this recipe is not the other, with its own values."""
        mine, theirs = self.model_dump(), other.model_dump()
        return {name: value for name, value in mine.items() if value != theirs[name]}

    @field_validator("milestones")
    @classmethod
    def _increasing(cls, milestones: tuple[float, ...]) -> tuple[float, ...]:
        places = (0.0, *milestones, 1.0)
        if any(before >= after for before, after in pairwise(places)):
            raise ValueError("milestones must be increasing fractions of a phase, above 0 and below 1")
        return milestones

    @model_validator(mode="after")
    def _momentum(self) -> Recipe:
        if self.optimizer == "sgd" and self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0; write nesterov: false")
        return self
