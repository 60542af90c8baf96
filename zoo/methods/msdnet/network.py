"""MSDNet: a dense network over several scales at once, made for early exits; sure samples leave.

Facts that re-implementations miss: the official PyTorch code computes every scale up to each exit (here only what the
exit needs, the paper's lazy evaluation; `lazy=False` is the code's way), and its layers do not count the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.thresholds import OperatingPoint, doubt, geometric_points
from zoo.methods.msdnet.trunk import CellGrid, Spacing, StemKind, exit_layers, segments_and_heads
from zoo.network import Compute, Forward, Task
from zoo.papers.msdnet import PAPER
from zoo.registry import register


@register("msdnet", PAPER)
class MSDNet(EarlyExitNet):
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
        spacing: `even`, or `linear` for classifiers at growing distances (step + 1, 2 step + 1, ...).
        scales: S, each half as fine as the one before.
        channels: of the finest scale after the stem, times the growth factor on coarser scales.
        growth: features that a layer adds to the finest scale, likewise.
        growth_factors: one per scale.
        bottleneck_factors: channels of the 1x1 convolutions in front of the 3x3, in units of their output, one per
            scale that is read; None for no bottlenecks.
        reduction: part of the channels that survives a transition; 0 for no transitions.
        head_width: channels in the classifiers; None for as many as they read.
        stem_kind: see `zoo.layers.stem`.
        stem_bias: a bias in the stem's convolution, as the official code has it on ImageNet.
        lazy: whether a segment computes only what its exit needs, or whole layers.

    Attributes:
        grid: which cells there are.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its scales.
    """

    default_threshold = 0.1
    everyone_leaves = 1.0

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
        stem_bias: bool = False,
        lazy: bool = True,
    ) -> None:
        if scales < 1 or min(channels, growth) < 1:
            raise ValueError(f"scales, channels and growth must be at least 1, not {scales}, {channels} and {growth}")
        if not 0 <= reduction <= 1:
            raise ValueError(f"reduction must lie between 0 and 1, not {reduction}")
        grid = CellGrid(exits=exit_layers(exits, base, step, spacing), scales=scales, reduction=reduction)
        segments, heads = segments_and_heads(
            task,
            grid,
            channels=channels,
            growth=growth,
            growth_factors=growth_factors,
            bottleneck_factors=bottleneck_factors,
            head_width=head_width,
            stem_kind=stem_kind,
            stem_bias=stem_bias,
            lazy=lazy,
        )
        super().__init__(task, segments, heads)
        self.grid = grid

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; training computes every exit."""
        return super().run(x, compute="all" if self.training else compute, generator=generator)

    def uncertainty(self, logits: Tensor) -> Tensor:
        """Doubt: one minus the greatest softmax probability, (N, K) to (N,)."""
        return doubt(logits)

    def search(self, scores: Tensor, correct: Tensor, cumulative_macs: Sequence[float]) -> list[OperatingPoint]:
        """Budgeted batch classification (paper, section 4): the same share of those who arrive leaves at every exit."""
        return geometric_points(scores, correct, cumulative_macs)

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """Sum of the exits' cross-entropies."""
        return torch.stack([self.cross_entropy(logits, labels) for logits in forward.exit_logits]).sum()
