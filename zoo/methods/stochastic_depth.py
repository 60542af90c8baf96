"""Stochastic Depth: every mini-batch trains a random part of the blocks, and the full network is served.

Facts that re-implementations miss: the survival probability is that of running, where torchvision's `p` is that of
dropping; a dropped block must not be computed, or no time is saved; and the served network costs what a ResNet costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.backbone import Backbone
from zoo.execution.block_drop import BlockDrop, survival_schedule
from zoo.execution.gated_block import gated_residual
from zoo.layers import Shortcut
from zoo.network import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.papers.stochastic_depth import PAPER
from zoo.registry import register


@register("stochastic_depth", PAPER)
class StochasticDepth(RoutedNet):
    """A ResNet that drops blocks in training (Huang et al. 2016).

    A block whose draw says so is left out for the whole mini-batch: no forward, no backward, no update of its batch
    norms; its shortcut stays, at stage transitions too. The served network runs every block, its branch multiplied by
    its survival probability, or the `blocks` that survive most often, unscaled as they were trained.

    Args:
        task: what to build for.
        last_survival: p_L, probability of the last block to run in a training step; 0.8 in `tiny`, whose six blocks
            have a few hundred steps.
        schedule: `linear`, p_l = 1 - l / L * (1 - p_L), or `uniform`, p_L for every block.
        mode: see `zoo.execution.block_drop.BlockDrop`: per mini-batch (`batch`) or per sample (`row`).
        rescale: see `zoo.execution.block_drop.BlockDrop`: at `eval` as in the paper, or in `train` as torchvision does.
        blocks: see `zoo.backbone.Backbone`, as are widths, block, stem_kind, shortcut_kind and conv_bias; the official
            code has shortcut `A-pool` and biases.

    Raises:
        ValueError: an unknown schedule, mode or rescale, or a probability out of range.
    """

    def __init__(
        self,
        task: Task,
        *,
        last_survival: float = 0.5,
        schedule: Literal["linear", "uniform"] = "linear",
        mode: Literal["batch", "row"] = "batch",
        rescale: Literal["eval", "train"] = "eval",
        blocks: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] = (16, 32, 64),
        block: Literal["basic", "bottleneck"] = "basic",
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
        shortcut_kind: Shortcut = "B",
        conv_bias: bool = False,
    ) -> None:
        super().__init__(task)
        self.backbone = Backbone(
            task,
            blocks=blocks,
            widths=widths,
            block=block,
            stem_kind=stem_kind,
            shortcut_kind=shortcut_kind,
            conv_bias=conv_bias,
        )
        self.units = tuple(self.backbone.names)
        self.drop = BlockDrop(survival_schedule(len(self.units), last_survival, schedule), mode, rescale)
        self.served: int | None = None

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; training, and evaluation with a generator, draw which blocks run."""
        kept = self._kept(len(x), generator)
        route = self.all_units(len(x), x.device) if kept is None else kept.to(x.device, non_blocking=True)
        x = self.backbone.stem(x)
        for index, block in enumerate(self.backbone.blocks):
            if self.training or compute == "needed":
                x = self.drop.residual(index, block, x, kept, activated=True)
            else:
                x = gated_residual(block, x, self.drop.weights(index, x, kept), "all")
        return Forward(logits=self.backbone.head(x), route=route)

    def _kept(self, samples: int, generator: torch.Generator | None) -> Tensor | None:
        if self.training or generator is not None:
            return self.drop.draw(samples, generator)
        if self.served is None:
            return None
        return self.drop.most_likely(self.served).expand(samples, -1)

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet that every block is trained of."""
        return self.backbone.described

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches."""
        return self.backbone.unit_modules()

    def settings(self, validation: Validation) -> list[Setting]:
        """The full network, then five sixths, two thirds and half of its blocks."""
        total = len(self.units)
        settings = [Setting(name="full", note="every block runs, scaled by its survival probability")]
        for blocks in dict.fromkeys(round(share * total) for share in (5 / 6, 2 / 3, 1 / 2)):
            if 0 < blocks < total:
                note = "those that survive most often in training, unscaled as they were trained"
                settings.append(Setting(name=f"{blocks} of {total} blocks", values={"blocks": blocks}, note=note))
        return settings

    def use(self, setting: Setting) -> None:
        """Take `blocks`: how many run, those of highest survival probability; None or nothing for the full network.

        Raises:
            ValueError: other values, or a number out of range.
        """
        values: dict[str, Any] = dict(setting.values)
        blocks = values.pop("blocks", None)
        if values:
            raise ValueError(f"stochastic_depth's settings have blocks, not {list(values)}")
        if blocks is not None and not 0 <= blocks <= len(self.units):
            raise ValueError(f"blocks must lie between 0 and {len(self.units)}, not {blocks}")
        self.served, self.setting = blocks, setting
