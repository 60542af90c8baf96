"""What every network of the zoo promises.

A network returns logits *and* the route: which of its named units each sample used. Costs, execution rates, budget
curves and compute under attack all follow from the route and a table of unit costs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.layers import Normalize

Compute = Literal["all", "needed"]
"""Two ways to compute the same output: every unit, masked; or only the units that the route asks for."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a network is built for: images of one shape, sorted into classes.

    Attributes:
        shape: (C, H, W) of an image.
        classes: number of classes K.
        mean: per channel, of pixels in [0, 1]; the network normalises with it, so that callers never do.
        std: per channel, likewise.
    """

    shape: tuple[int, int, int]
    classes: int
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Refuse impossible shapes.

        Raises:
            ValueError: a dimension below 1, fewer than two classes, or statistics that do not fit the channels.
        """
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"shape must be three positive numbers (channels, height, width), not {self.shape}")
        if self.classes < 2:
            raise ValueError(f"classes must be at least 2, not {self.classes}")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.shape[0]):
                raise ValueError(f"{name} has {len(values)} values for {self.shape[0]} channels")
        if min(self.std) <= 0:
            raise ValueError(f"std must be positive, not {self.std}")

    def require_size(self, stride: int, whose: str = "the network's") -> None:
        """Refuse a network that reduces the images to less than one pixel.

        Args:
            stride: of all its layers together.
            whose: what has that stride, for the message.

        Raises:
            ValueError: the smaller side of the images is below the stride.
        """
        if min(self.shape[1:]) < stride:
            height, width = self.shape[1:]
            raise ValueError(f"images of {height} x {width} pixels are smaller than {whose} stride {stride}")


@dataclass(frozen=True, kw_only=True)
class Forward:
    """Output of one forward pass over N samples of a network with U units.

    Attributes:
        logits: (N, K), after exits and gates have decided.
        route: (N, U) bool, the units that each sample used.
        exit_logits: one (N, K) per exit (of FractalNet, per column), in order, when every unit was computed; empty
            otherwise.
        gate_probs: (N, G) probability that each gate opens, or None without gates.
        penalties: auxiliary training losses by name, scalars.
    """

    logits: Tensor
    route: Tensor
    exit_logits: tuple[Tensor, ...] = ()
    gate_probs: Tensor | None = None
    penalties: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One point of the accuracy-compute curve that a trained network can serve without retraining.

    Attributes:
        name: unique among the settings of a network.
        values: what `RoutedNet.use` needs, as plain JSON values.
        note: how it was chosen, for readers of the report.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How the learning rate changes within a phase.

    Attributes:
        kind: `constant`, `cosine` (to zero) or `step` (multiplied at the milestones).
        milestones: of `step`, as fractions of the phase: increasing, in (0, 1).
        factor: of `step`, by which the rate is multiplied at each milestone.
    """

    kind: Literal["constant", "cosine", "step"]
    milestones: tuple[float, ...] = ()
    factor: float = 0.1

    def __post_init__(self) -> None:
        """Refuse milestones that are not increasing fractions.

        Raises:
            ValueError: they are not.
        """
        places = (0.0, *self.milestones, 1.0)
        if any(before >= after for before, after in pairwise(places)):
            raise ValueError(
                f"milestones must be increasing fractions of a phase, above 0 and below 1, not {list(self.milestones)}"
            )


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A stretch of training with its own parameters, loss and learning-rate schedule.

    Attributes:
        name: passed to `RoutedNet.begin` when the phase starts.
        share: part of all epochs, in (0, 1].
        lr_scale: multiplies the recipe's learning rate.
        schedule: of the rate; None for the recipe's schedule and its warm-up, which a schedule here replaces.
    """

    name: str
    share: float = 1.0
    lr_scale: float = 1.0
    schedule: Schedule | None = None


@dataclass(frozen=True, kw_only=True)
class ParamGroup:
    """Parameters that are optimised alike; the scales multiply the recipe's values."""

    parameters: Sequence[nn.Parameter]
    lr_scale: float = 1.0
    weight_decay_scale: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What a trained network may look at when it proposes its settings: held-out data, never test data.

    Attributes:
        labels: (V,) int64.
        forward: the network's output on all V samples with every unit computed, at its default setting.
        fixed_macs: multiply-accumulates that every sample costs on every route.
        unit_macs: (U,) int64, multiply-accumulates of each unit.
    """

    labels: Tensor
    forward: Forward
    fixed_macs: int
    unit_macs: Tensor


class RoutedNet(nn.Module, ABC):
    """A convnet whose route is first-class data.

    A subclass calls `super().__init__(task)`, fills `units` and implements `run` and `unit_modules`; the methods
    below them have defaults for a network that is trained in one phase with cross-entropy.

    Attributes:
        task: what the network was built for.
        units: names of the U units, in the order of the route's columns.
        shared_parameters: parameters, with their defaults, that the constructor takes by `**` and passes on.
        setting: the setting in use.
        label_smoothing: share of a label that `cross_entropy` spreads evenly over all classes; see `smooth_labels`.
    """

    units: tuple[str, ...]
    shared_parameters: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, task: Task, *, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.task = task
        self._own_smoothing = self.label_smoothing = label_smoothing
        self.setting = Setting(name="default")
        self.normalize = Normalize(task.mean, task.std)

    def forward(self, images: Tensor, *, compute: Compute = "all", generator: torch.Generator | None = None) -> Forward:
        """Run a batch of images.

        Args:
            images: (N, C, H, W), pixels in [0, 1].
            compute: in eval mode, compute every unit or only the needed ones; both give the same logits and
                route. In train mode each method does what its paper does.
            generator: in eval mode, sample the decisions with it instead of deciding deterministically.

        Raises:
            ValueError: the images do not have the task's shape.
        """
        if images.ndim != 4 or tuple(images.shape[1:]) != self.task.shape:
            wanted = ", ".join(map(str, self.task.shape))
            raise ValueError(
                f"{type(self).__name__} was built for images of shape (N, {wanted}), not {tuple(images.shape)}"
            )
        if compute not in ("all", "needed"):
            raise ValueError(f"compute must be 'all' or 'needed', not {compute!r}")
        return self.run(self.normalize(images), compute=compute, generator=generator)

    @abstractmethod
    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images (N, C, H, W); see `forward`."""

    @abstractmethod
    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The modules whose execution is a unit's cost, for every name in `units`; the rest is fixed cost."""

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """Parameters of the `resnet` whose blocks, widths, stem and shortcuts this network's trunk has; None without.

        They are blocks, widths, block, stem_kind and shortcut_kind of `zoo.backbone.Backbone`, as this network was
        built. The network is then compared with that ResNet, the same trunk without the method; see
        `zoo.sizing.baseline`.
        """
        return None

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """Training loss of a batch, a scalar: cross-entropy of the logits plus the penalties."""
        total = self.cross_entropy(forward.logits, labels)
        for penalty in forward.penalties.values():
            total = total + penalty
        return total

    def cross_entropy(self, logits: Tensor, labels: Tensor, *, reduction: Literal["mean", "none"] = "mean") -> Tensor:
        """Cross-entropy with the label smoothing in use, which every `loss` is made of.

        Args:
            logits: (N, K), of the answer or of an exit.
            labels: (N,) int64.
            reduction: `mean` for a scalar, `none` for (N,).
        """
        return functional.cross_entropy(
            logits.float(), labels, reduction=reduction, label_smoothing=self.label_smoothing
        )

    def smooth_labels(self, share: float) -> None:
        """Train with this share of each label spread evenly over all classes; 0 is what the network was built with.

        Raises:
            ValueError: the network was built with another share above 0. Two shares neither add up nor replace each
                other unnoticed.
        """
        own = self._own_smoothing
        if share and own and share != own:
            raise ValueError(
                f"label_smoothing is {own} in the network's parameters and {share} in the recipe; give one of them"
            )
        self.label_smoothing = share or own

    def phases(self) -> tuple[Phase, ...]:
        """The phases of training, in order; their shares add up to 1."""
        return (Phase(name="train"),)

    def begin(self, phase: str) -> None:
        """Enter the training phase of that name."""

    def param_groups(self) -> list[ParamGroup]:
        """Parameters to optimise in the current phase."""
        return [ParamGroup(parameters=list(self.parameters()))]

    def settings(self, validation: Validation) -> list[Setting]:
        """Propose settings from validation outputs; the first is the headline setting."""
        return [Setting(name="default")]

    def use(self, setting: Setting) -> None:
        """Serve at that setting from now on.

        Raises:
            ValueError: the setting has values this network does not know.
        """
        if setting.values:
            raise ValueError(f"{type(self).__name__} has no settings, but {setting.name!r} sets {list(setting.values)}")
        self.setting = setting

    def all_units(self, samples: int, device: torch.device) -> Tensor:
        """A route (samples, U) that uses every unit."""
        return torch.ones(samples, len(self.units), dtype=torch.bool, device=device)


def route_macs(route: Tensor, fixed_macs: int, unit_macs: Tensor) -> Tensor:
    """Multiply-accumulates that each sample's route asks for, (N,) int64.

    Args:
        route: (N, U) bool.
        fixed_macs: cost outside the units.
        unit_macs: (U,) int64.
    """
    return fixed_macs + torch.where(route, unit_macs, 0).sum(dim=1)


def count_parameters(modules: nn.Module | Iterable[nn.Module]) -> int:
    """Number of distinct learnable numbers in a module or several."""
    several = [modules] if isinstance(modules, nn.Module) else modules
    distinct = {id(p): p.numel() for module in several for p in module.parameters()}
    return sum(distinct.values())
