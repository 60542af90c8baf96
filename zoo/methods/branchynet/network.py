"""BranchyNet: classifiers on the way; a sample leaves at the first whose entropy is below a threshold.

Facts that comparisons miss: the official timer leaves out the side branches, softmax and entropy, and thresholds were
swept on the test set. Here heads are units like any other, and thresholds come from validation data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.execution.cascade import cascade
from zoo.execution.thresholds import entropy, exit_settings, operating_points, thresholds_of
from zoo.layers import Shortcut
from zoo.methods.branchynet.trunks import Parts, b_alexnet, b_lenet, b_resnet_110, branchy_resnet
from zoo.network import Compute, Forward, ParamGroup, Phase, RoutedNet, Setting, Task, Validation
from zoo.papers.branchynet import PAPER
from zoo.registry import register

EVERYBODY = 1e9
"""Threshold below which every entropy lies: all leave."""


@register("branchynet", PAPER)
class BranchyNet(RoutedNet):
    """Early exits on a trunk (Teerapittayanon et al. 2016).

    Training has the paper's two phases: the trunk with its final exit alone, then everything jointly from those
    weights with a weighted sum of the exits' cross-entropies.

    Args:
        task: what to build for; the published trunks fit their own shapes only.
        trunk: `resnet` (the suite's own, with an exit after every stage), `b-lenet`, `b-alexnet`, `b-resnet-110`.
        exit_weights: one per exit; all 1 in the official code, earlier exits heavier in the paper.
        trunk_share: part of the epochs in the first phase; 0 trains jointly from the start.
        blocks: of the `resnet` trunk, see `zoo.backbone.Backbone`, as are widths, block, stem_kind and shortcut_kind.

    Raises:
        ValueError: an unknown trunk, a shape it does not fit, or weights that do not match the exits.
    """

    def __init__(
        self,
        task: Task,
        *,
        trunk: Literal["resnet", "b-lenet", "b-alexnet", "b-resnet-110"] = "resnet",
        exit_weights: Sequence[float] | None = None,
        trunk_share: float = 0.5,
        blocks: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] = (16, 32, 64),
        block: Literal["basic", "bottleneck"] = "basic",
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
        shortcut_kind: Shortcut = "B",
    ) -> None:
        super().__init__(task)
        if trunk == "resnet":
            parts = branchy_resnet(
                task, blocks=blocks, widths=widths, block=block, stem_kind=stem_kind, shortcut_kind=shortcut_kind
            )
        else:
            parts = _published(trunk, task)
        if not 0 <= trunk_share < 1:
            raise ValueError(f"trunk_share must be at least 0 and below 1, not {trunk_share}")
        self.segments = nn.ModuleList(parts.segments)
        self.heads = nn.ModuleList(parts.heads)
        self.plain = parts.plain
        exits = len(parts.heads)
        self.exit_weights = tuple(exit_weights or (1.0,) * exits)
        if len(self.exit_weights) != exits or min(self.exit_weights) < 0:
            raise ValueError(f"exit_weights must be {exits} numbers of at least 0, not {list(self.exit_weights)}")
        self.units = tuple(name for e in range(1, exits + 1) for name in (f"segment{e}", f"exit{e}"))
        self.trunk_share = trunk_share
        self.phase = "joint"
        self.thresholds: tuple[float | None, ...] = (0.5,) * (exits - 1)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; training computes every exit of the phase."""
        enabled = [t is not None for t in self.thresholds] + [True]
        if self.training:
            compute = "needed" if self.phase == "trunk" else "all"
            enabled = [self.phase == "joint"] * len(self.thresholds) + [True]
        out = cascade(list(self.segments), list(self.heads), self._leaves, enabled, x, compute)
        return Forward(logits=out.logits, route=out.route, exit_logits=out.exit_logits)

    def _leaves(self, exit_index: int, logits: Tensor) -> Tensor:
        threshold = self.thresholds[exit_index]
        assert threshold is not None
        return entropy(logits) < threshold

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """Cross-entropy of the final exit in the first phase, the weighted sum over all exits in the second."""
        if self.phase == "trunk":
            return functional.cross_entropy(forward.logits.float(), labels)
        losses = [functional.cross_entropy(logits.float(), labels) for logits in forward.exit_logits]
        return torch.stack([w * loss for w, loss in zip(self.exit_weights, losses, strict=True)]).sum()

    def phases(self) -> tuple[Phase, ...]:
        """The trunk, then everything (paper, section III-B)."""
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
        """The ResNet without exits; none for trunks that are none."""
        return self.plain

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """Segments and heads, alternating."""
        pairs = zip(self.segments, self.heads, strict=True)
        return dict(zip(self.units, [(module,) for pair in pairs for module in pair], strict=True))

    def settings(self, validation: Validation) -> list[Setting]:
        """The knee of the front, the best thresholds within budgets, and every exit alone."""
        exit_logits = validation.forward.exit_logits
        entropies = torch.stack([entropy(logits) for logits in exit_logits[:-1]], dim=1)
        correct = torch.stack([logits.argmax(1) == validation.labels for logits in exit_logits], dim=1)
        per_exit = validation.unit_macs.view(-1, 2).sum(dim=1).cumsum(0) + validation.fixed_macs
        front = operating_points(entropies, correct, per_exit.tolist())
        return exit_settings(front, float(per_exit[-1]), EVERYBODY)

    def use(self, setting: Setting) -> None:
        """Take `thresholds`: one entropy in nats per early exit, or None where the exit is switched off.

        Raises:
            ValueError: other values, or a wrong number of thresholds.
        """
        default = (0.5,) * len(self.thresholds)
        self.thresholds, self.setting = thresholds_of(setting, default, "branchynet"), setting


def _published(trunk: str, task: Task) -> Parts:
    builders = {"b-lenet": b_lenet, "b-alexnet": b_alexnet, "b-resnet-110": b_resnet_110}
    if trunk not in builders:
        raise ValueError(f"trunk must be one of resnet, {', '.join(builders)}, not {trunk!r}")
    return builders[trunk](task)
