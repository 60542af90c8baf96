"""MSDNet: a dense network over several scales at once, made for early exits; sure samples leave.

Facts that re-implementations miss: the official PyTorch code computes every scale up to each exit (here only what the
exit needs, the paper's lazy evaluation; `lazy=False` is the code's way), and its layers do not count the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.contract import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.exits import doubt, exit_settings, geometric_points, thresholds_of
from zoo.msdnet_nets import Plan, Spacing, StemKind, exit_layers, msdnet_parts
from zoo.registry import CIFAR10, CIFAR100, IMAGENET, Preset, Published, register
from zoo.routing import cascade

EVERYBODY = 1.0
"""Threshold below which every sample's doubt lies: all leave."""

HUANG_CIFAR = {
    "optimizer": "sgd",
    "lr": 0.1,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 64,
    "epochs": 300,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""Huang et al. 2018, section 5: divided by 10 after 150 and 225 epochs."""
HUANG_IMAGENET = HUANG_CIFAR | {"batch_size": 256, "epochs": 90, "milestones": [1 / 3, 2 / 3]}

BUDGETED: Mapping[str, Any] = {"base": 1, "step": 1, "spacing": "linear"}
"""Budgeted batch classification on CIFAR: the i-th classifier after 1 + 2 + ... + i layers (paper, appendix A)."""
TINY: Mapping[str, Any] = {
    "exits": 3,
    "base": 1,
    "step": 1,
    "growth": 16,
    "bottleneck_factors": None,
    "head_width": 64,
    "stem_kind": "strided",
}
"""Three scales of 14, 7 and 4 pixels for 28-pixel digits; few and wide convolutions, since each costs time."""


def _imagenet(base: int, step: int) -> Preset:
    parameters = {
        "base": base,
        "step": step,
        "scales": 4,
        "channels": 32,
        "growth": 16,
        "head_width": None,
        "stem_kind": "imagenet",
    }
    return Preset(parameters=parameters, task=IMAGENET, recipe=HUANG_IMAGENET)


def _curve(dataset: str, error: float, macs: float) -> Published:
    script = f"early_exit_plot_c{dataset.removeprefix('cifar')}.py"
    return Published(
        dataset=dataset,
        source=f"Huang et al. 2018, budgeted batch classification; figures of the official {script}",
        error=error,
        macs=macs,
        routed=True,
        note="mean cost under lazy evaluation; best of networks of several depths at that budget",
    )


def _budgeted_preset(exits: int, published: Sequence[Published] = ()) -> Preset:
    return Preset(parameters={**BUDGETED, "exits": exits}, task=CIFAR100, recipe=HUANG_CIFAR, published=published)


@register(
    "msdnet",
    title="MSDNet",
    family="exits early",
    varies="how deep a picture goes",
    citation="Huang, Chen, Li, Wu, van der Maaten, Weinberger: Multi-Scale Dense Networks for Resource Efficient "
    "Image Classification. ICLR 2018. arXiv:1703.09844",
    presets={
        "tiny": Preset(parameters=TINY),
        "small": Preset(parameters={**BUDGETED, "exits": 4}),
        "msdnet-24": Preset(
            parameters={"exits": 11, "base": 4, "step": 2},
            task=CIFAR10,
            recipe=HUANG_CIFAR,
            published=[
                Published(
                    dataset="cifar10",
                    source="siddsax/visualizemsdnet (README), a replication",
                    error=5.83,
                    note="anytime, last of 10 exits (22 layers); the first has 9.20",
                )
            ],
        ),
        "msdnet-10": _budgeted_preset(4),
        "msdnet-15": _budgeted_preset(5),
        "msdnet-21": _budgeted_preset(6),
        "msdnet-28": _budgeted_preset(7),
        "msdnet-36": _budgeted_preset(
            8,
            [
                _curve("cifar100", 27.03, 25.0e6),
                _curve("cifar100", 24.17, 50.0e6),
                _curve("cifar100", 22.88, 149.8e6),
                _curve("cifar10", 7.21, 11.7e6),
                _curve("cifar10", 5.61, 53.8e6),
            ],
        ),
        "msdnet-k4": _imagenet(7, 4),
        "msdnet-k6": _imagenet(9, 6),
        "msdnet-k7": _imagenet(10, 7),
        "msdnet-step4": _imagenet(4, 4),
    },
    variants=[
        {"lazy": False, "exits": 5},
        {"bottleneck_factors": (1, 2), "spacing": "linear", "scales": 2, "reduction": 0, "head_width": None},
    ],
    scales={"width": ("channels", "growth", "head_width"), "depth": ("base", "step")},
)
class MSDNet(RoutedNet):
    """A multi-scale DenseNet with many exits (Huang et al. 2018).

    All exits are trained together, each cross-entropy with weight 1. A sample leaves at the first exit whose
    confidence, the greatest softmax probability, exceeds the exit's threshold; settings give thresholds of *doubt*,
    one minus it. The depth is cut into as many blocks as there are scales, and every block after the first drops the
    finest scale and halves the channels (network reduction). The presets for ImageNet have their classifiers at layers
    k i + 3 as the paper; `msdnet-step4` has them at 4, 8, ... 20 as the official code's example.

    Args:
        task: what to build for.
        exits: number of classifiers E.
        base: layer of the first one; the stem is layer 0, as in the official code.
        step: layers between two classifiers.
        spacing: `even`, or `linear` for classifiers ever farther apart (step + 1, 2 step + 1, ...).
        scales: S, each half as fine as the one before.
        channels: of the finest scale after the stem, times the growth factor on coarser scales.
        growth: features that a layer adds to the finest scale, likewise.
        growth_factors: one per scale.
        bottleneck_factors: channels of the 1x1 convolutions in front of the 3x3, in units of their output, one per
            scale that is read; None for no bottlenecks.
        reduction: part of the channels that survives a transition; 0 for no transitions.
        head_width: channels in the classifiers; None for as many as they read.
        stem_kind: see `zoo.layers.stem`.
        lazy: whether a segment computes only what its exit needs, or whole layers.

    Attributes:
        plan: which cells there are.

    Raises:
        ValueError: parameters that do not describe a network, or pictures too small for its scales.
    """

    def __init__(
        self,
        task: Task,
        *,
        exits: int = 5,
        base: int = 4,
        step: int = 2,
        spacing: Spacing = "even",
        scales: int = 3,
        channels: int = 16,
        growth: int = 6,
        growth_factors: Sequence[int] = (1, 2, 4, 4),
        bottleneck_factors: Sequence[int] | None = (1, 2, 4, 4),
        reduction: float = 0.5,
        head_width: int | None = 128,
        stem_kind: StemKind = "cifar",
        lazy: bool = True,
    ) -> None:
        super().__init__(task)
        if scales < 1 or min(channels, growth) < 1:
            raise ValueError(f"scales, channels and growth must be at least 1, not {scales}, {channels} and {growth}")
        if not 0 <= reduction <= 1:
            raise ValueError(f"reduction must lie between 0 and 1, not {reduction}")
        self.plan = plan = Plan(exits=exit_layers(exits, base, step, spacing), scales=scales, reduction=reduction)
        parts = msdnet_parts(
            task,
            plan,
            channels=channels,
            growth=growth,
            growth_factors=growth_factors,
            bottleneck_factors=bottleneck_factors,
            head_width=head_width,
            stem_kind=stem_kind,
            lazy=lazy,
        )
        self.segments = nn.ModuleList(parts.segments)
        self.heads = nn.ModuleList(parts.heads)
        self.units = tuple(name for e in range(1, exits + 1) for name in (f"segment{e}", f"exit{e}"))
        self.thresholds: tuple[float | None, ...] = (0.1,) * (exits - 1)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; training computes every exit."""
        if self.training:
            compute = "all"
        enabled = [t is not None for t in self.thresholds] + [True]
        out = cascade(list(self.segments), list(self.heads), self._leaves, enabled, x, compute)
        return Forward(logits=out.logits, route=out.route, exit_logits=out.exit_logits)

    def _leaves(self, exit_index: int, logits: Tensor) -> Tensor:
        threshold = self.thresholds[exit_index]
        assert threshold is not None
        return doubt(logits) < threshold

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """Sum of the exits' cross-entropies."""
        return torch.stack([functional.cross_entropy(logits.float(), labels) for logits in forward.exit_logits]).sum()

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """Segments and heads, alternating."""
        pairs = zip(self.segments, self.heads, strict=True)
        return dict(zip(self.units, [(module,) for pair in pairs for module in pair], strict=True))

    def settings(self, validation: Validation) -> list[Setting]:
        """Budgeted batch classification (the knee, then budgets), and anytime prediction: every exit alone."""
        exit_logits = validation.forward.exit_logits
        doubts = torch.stack([doubt(logits) for logits in exit_logits[:-1]], dim=1)
        correct = torch.stack([logits.argmax(1) == validation.labels for logits in exit_logits], dim=1)
        per_exit = validation.unit_macs.view(-1, 2).sum(dim=1).cumsum(0) + validation.fixed_macs
        front = geometric_points(doubts, correct, per_exit.tolist())
        return exit_settings(front, float(per_exit[-1]), EVERYBODY)

    def use(self, setting: Setting) -> None:
        """Take `thresholds`: one of doubt per early exit, or None where the exit is switched off.

        Raises:
            ValueError: other values, or a wrong number of thresholds.
        """
        default = (0.1,) * len(self.thresholds)
        self.thresholds, self.setting = thresholds_of(setting, default, "msdnet"), setting
