"""MSDNet: a dense network over several scales at once, made for early exits; sure samples leave.

Facts that re-implementations miss: the official PyTorch code computes every scale up to each exit (here only what the
exit needs, the paper's lazy evaluation; `lazy=False` is the code's way), and its layers do not count the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.execution.cascade import cascade
from zoo.execution.thresholds import doubt, exit_settings, geometric_points, thresholds_of
from zoo.methods.msdnet.trunk import Plan, Spacing, StemKind, exit_layers, msdnet_parts
from zoo.network import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.papers.msdnet import PAPER
from zoo.registry import register

EVERYBODY = 1.0
"""Threshold below which every sample's doubt lies: all leave."""


@register("msdnet", PAPER)
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
