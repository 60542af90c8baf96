"""BranchyNet: classifiers along the trunk; a sample leaves at the first whose entropy is below a threshold.

Facts that comparisons miss: the official timer leaves out the side branches, softmax and entropy, and thresholds were
swept on the test set. Here heads are units like any other, and thresholds come from validation data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import torch
from torch import Tensor

from zoo.backbone import TRUNK_OPTIONS, TrunkOptions
from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.thresholds import OperatingPoint, entropy, operating_points
from zoo.layers import set_norms
from zoo.methods.branchynet.trunks import BranchyTrunk, b_alexnet, b_lenet, b_resnet_110, branchy_resnet
from zoo.network import Compute, Forward, ParamGroup, Phase, Task
from zoo.papers.branchynet import PAPER
from zoo.registry import register


@register("branchynet", PAPER)
class BranchyNet(EarlyExitNet):
    """Early exits on a trunk (Teerapittayanon et al. 2016).

    Evaluation (in `EarlyExitNet`): for each segment, run it on the samples that are left, classify them, and let those
    leave whose entropy, in nats, lies below the exit's threshold; the last exit takes the rest.

    Training has the paper's two phases: the trunk with its final exit alone, then everything jointly from those
    weights with a weighted sum of the exits' cross-entropies.

    Args:
        task: what to build for; the published trunks fit their own shapes only.
        trunk: `resnet` (the suite's own, with an exit after every stage), `b-lenet`, `b-alexnet`, `b-resnet-110`.
        exit_weights: one per exit; all 1 in the official code, earlier exits heavier in the paper.
        trunk_share: part of the epochs in the first phase; 0 trains jointly from the start.
        norm_epsilon: added to the variance by batch norms; chainer's 2e-5 in the official code.
        threshold_grid: thresholds to try at every early exit, as the official code sweeps fixed ones; without them,
            quantiles of the entropies on validation data.
        trunk_options: of the `resnet` trunk: blocks, widths, block, stem_kind and shortcut_kind of
            `zoo.backbone.Backbone`.

    Raises:
        ValueError: an unknown trunk, a shape it does not fit, weights that do not match the exits, or thresholds or an
            epsilon that are not positive.
    """

    shared_parameters = TRUNK_OPTIONS
    default_threshold = 0.5
    everyone_leaves = 1e9

    def __init__(
        self,
        task: Task,
        *,
        trunk: Literal["resnet", "b-lenet", "b-alexnet", "b-resnet-110"] = "resnet",
        exit_weights: Sequence[float] | None = None,
        trunk_share: float = 0.5,
        norm_epsilon: float = 1e-5,
        threshold_grid: Sequence[float] | None = None,
        **trunk_options: Unpack[TrunkOptions],
    ) -> None:
        parts = branchy_resnet(task, **trunk_options) if trunk == "resnet" else _published(trunk, task)
        if not 0 <= trunk_share < 1:
            raise ValueError(f"trunk_share must be at least 0 and below 1, not {trunk_share}")
        super().__init__(task, parts.segments, parts.heads)
        set_norms(self, norm_epsilon)
        self.plain = parts.plain
        exits = len(parts.heads)
        self.exit_weights = tuple(exit_weights or (1.0,) * exits)
        if len(self.exit_weights) != exits or min(self.exit_weights) < 0:
            raise ValueError(f"exit_weights must be {exits} numbers of at least 0, not {list(self.exit_weights)}")
        if threshold_grid is not None and (not threshold_grid or min(threshold_grid) <= 0):
            raise ValueError(f"threshold_grid must be positive numbers, not {list(threshold_grid)}")
        self.trunk_share = trunk_share
        self.threshold_grid = threshold_grid
        self.phase = "joint"

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; training computes every exit of the phase."""
        if not self.training:
            return super().run(x, compute=compute, generator=generator)
        jointly = self.phase == "joint"
        enabled = [jointly] * len(self.thresholds)  # the phase `trunk` computes no early exit
        return self.run_exits(x, "all" if jointly else "needed", enabled)

    def uncertainty(self, logits: Tensor) -> Tensor:
        """Entropy of the softmax in nats, (N, K) to (N,)."""
        return entropy(logits)

    def search(self, scores: Tensor, correct: Tensor, cumulative_macs: Sequence[float]) -> list[OperatingPoint]:
        """A grid over the thresholds of all exits."""
        return operating_points(scores, correct, cumulative_macs, self.threshold_grid)

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """Cross-entropy of the final exit in the first phase, the weighted sum over all exits in the second."""
        if self.phase == "trunk":
            return self.cross_entropy(forward.logits, labels)
        losses = [self.cross_entropy(logits, labels) for logits in forward.exit_logits]
        return torch.stack([w * loss for w, loss in zip(self.exit_weights, losses, strict=True)]).sum()

    def phases(self) -> tuple[Phase, ...]:
        """The trunk, then everything (paper)."""
        joint = Phase(name="joint", share=1 - self.trunk_share)
        return (Phase(name="trunk", share=self.trunk_share), joint) if self.trunk_share else (joint,)

    def begin(self, phase: str) -> None:
        """Enter `trunk` or `joint`.

        Raises:
            ValueError: another name.
        """
        if phase not in ("trunk", "joint"):
            raise ValueError(f"branchynet trains in the phases 'trunk' and 'joint', not {phase!r}")
        self.phase = phase

    def param_groups(self) -> list[ParamGroup]:
        """Everything, or in the first phase all but the early exits."""
        modules = [*self.segments, self.heads[-1]] if self.phase == "trunk" else [self]
        return [ParamGroup(parameters=[p for module in modules for p in module.parameters()])]

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet without exits; none for a trunk that is not a ResNet."""
        return self.plain


def _published(trunk: str, task: Task) -> BranchyTrunk:
    builders = {"b-lenet": b_lenet, "b-alexnet": b_alexnet, "b-resnet-110": b_resnet_110}
    if trunk not in builders:
        raise ValueError(f"trunk must be one of resnet, {', '.join(builders)}, not {trunk!r}")
    return builders[trunk](task)
