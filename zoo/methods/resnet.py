"""Residual networks: the static baseline of every comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor, nn

from zoo.backbone import TRUNK_OPTIONS, Backbone, TrunkOptions
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.papers.resnet import PAPER
from zoo.registry import register


@register("resnet", PAPER)
class ResNet(RoutedNet):
    """Every block for every sample. Parameters as in `Backbone`; presets `resnet-20` to `resnet-110` use shortcut A."""

    shared_parameters = TRUNK_OPTIONS

    def __init__(self, task: Task, **trunk: Unpack[TrunkOptions]) -> None:
        super().__init__(task)
        self.backbone = Backbone(task, **trunk)
        self.units = tuple(self.backbone.names)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised images; both ways to compute are the same here."""
        x = self.backbone.stem(x)
        for block in self.backbone.blocks:
            x = block(x)
        return Forward(logits=self.backbone.head(x), route=self.all_units(len(x), x.device))

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """Its own parameters."""
        return self.backbone.described

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches."""
        return self.backbone.unit_modules()
