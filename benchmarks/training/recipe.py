"""The training recipe, as checked values."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from benchmarks.strict import Strict

__all__ = ["Adversarial", "Recipe", "Strict"]

NEWER = ("adversarial", "warmup_steps", "warmup_lr", "idle_updates")
"""Fields of a recipe that is stored without them where they have their defaults."""
REACH = 2.5
"""What PGD's steps add up to, in epsilons (Madry et al. 2018)."""
FAST_REACH = 1.25
"""Length of the one step from a random start, in epsilons (Wong et al. 2020)."""


class Adversarial(Strict):
    """The images that a network is trained on instead of clean ones; `benchmarks.training.adversary` makes them.

    Attributes:
        attack: `pgd` (Madry et al. 2018), or `fgsm`: one step from a random start (Wong et al. 2020), which is cheaper
            and at large epsilons may learn to withstand nothing but itself.
        epsilon: radius of the L-infinity ball around each image, in units of [0, 1] pixels.
        steps: of `pgd`, each as dear as a step of ordinary training; None for 7. `fgsm` takes one.
        step_size: in units of [0, 1] pixels; None for 2.5 epsilon / steps, and for 1.25 epsilon of `fgsm`.
        warmup: fraction of all epochs over which the radius grows to epsilon, and every step with it; for large radii.
        clean: share of each batch that is left as it is.
    """

    attack: Literal["pgd", "fgsm"] = "pgd"
    epsilon: float = Field(gt=0, le=1)
    steps: int | None = Field(None, ge=1, le=1_000)
    step_size: float | None = Field(None, gt=0, le=1)
    warmup: float = Field(0.0, ge=0, le=1)
    clean: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _one_step(self) -> Adversarial:
        if self.attack == "fgsm" and self.steps not in (None, 1):
            raise ValueError(f"fgsm takes one step, not {self.steps}; write attack: pgd, or leave steps out")
        return self

    def __str__(self) -> str:
        """Every option that has a value, in one line."""
        return ", ".join(f"{name} {value}" for name, value in self.model_dump(exclude_none=True).items())

    @property
    def passes(self) -> int:
        """Steps along the gradient."""
        return self.steps or (1 if self.attack == "fgsm" else 7)

    @property
    def length(self) -> float:
        """Length of a step at the whole epsilon."""
        reach = FAST_REACH if self.attack == "fgsm" else REACH / self.passes
        return reach * self.epsilon if self.step_size is None else self.step_size

    def grown(self, done: float) -> float:
        """The share of epsilon, and of a step, that is in use after a part `done`, in [0, 1], of the training."""
        return min(1.0, done / self.warmup) if self.warmup else 1.0


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
        adversarial: train on images that are attacked while it learns; None for clean ones.
        batch_size: images per step.
        epochs: of all phases together, at most 100,000.
        schedule: `cosine` (to zero), `step` (multiplied at the milestones) or `constant`, in every phase that has
            none of its own (`zoo.network.Phase`).
        warmup: fraction of such a phase over which the rate rises linearly to its peak.
        warmup_steps: the same as a number of steps, in its place; 0 for none.
        warmup_lr: a constant rate during the warm-up, in the place of the rise; None for the rise.
        milestones: of `step`, as fractions of the phase: increasing, in (0, 1).
        step_factor: of `step`, by which the rate is multiplied at each milestone.
        idle_updates: in a step in which parameters get no gradient, as in blocks that were dropped, momentum and weight
            decay move them all the same, as in Torch7 and Caffe; else they rest.
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
    adversarial: Adversarial | None = None
    batch_size: int = Field(128, ge=2)
    epochs: int = Field(30, ge=1, le=100_000)
    schedule: Literal["cosine", "step", "constant"] = "cosine"
    warmup: float = Field(0.0, ge=0, lt=1)
    warmup_steps: int = Field(0, ge=0)
    warmup_lr: float | None = Field(None, gt=0)
    milestones: tuple[float, ...] = (0.5, 0.75)
    step_factor: float = Field(0.1, gt=0, lt=1)
    idle_updates: bool = False
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    channels_last: bool = True
    augment: bool = True
    compile: bool = False

    def differences(self, other: Recipe) -> dict[str, Any]:
        """The fields in which this recipe is not the other, with its own values."""
        return {name: value for name, value in self if value != getattr(other, name)}

    @model_serializer(mode="wrap")
    def _without_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out newer fields where they change nothing: recipes from before these fields keep their hash."""
        values: dict[str, Any] = handler(self)
        fields = type(self).model_fields
        unused = [name for name in NEWER if name in values and values[name] == fields[name].default]
        return {name: value for name, value in values.items() if name not in unused}

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

    @model_validator(mode="after")
    def _one_warmup(self) -> Recipe:
        if self.warmup and self.warmup_steps:
            raise ValueError(
                f"warmup {self.warmup:g} and warmup_steps {self.warmup_steps} are two lengths of one warm-up; "
                "write 0 for one of them"
            )
        return self
