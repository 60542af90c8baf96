"""Deformable ConvNets v1 and v2: chosen 3x3 convolutions of a ResNet look where the image tells them to.

Facts that re-implementations miss: the weights *and* biases of the offset convolutions start at exactly zero; v2 starts
with its masks at one half, the official MXNet code at one; a tenth of the learning rate needs a parameter group (the
popular backward hook scales nothing); torchvision's CPU operator crashes the process on offsets that are no numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import torch
from torch import Tensor, nn

from zoo.backbone import TRUNK_OPTIONS, Backbone, TrunkOptions
from zoo.layers import replace_3x3
from zoo.methods.deformable.convolution import DeformableConv
from zoo.network import Compute, Forward, ParamGroup, RoutedNet, Task
from zoo.papers.deformable import PAPER
from zoo.registry import register


@register("deformable", PAPER)
class DeformableNet(RoutedNet):
    """A ResNet with deformed 3x3 convolutions: the last of every residual branch in the chosen stages.

    Every image uses every unit; what depends on the image is where the kernels sample. A deformed convolution
    costs its host, its offset convolution, and four multiply-accumulates for every sampled value. Neither paper has
    results on small images; the suite's own presets deform stage 3, as v1 deforms conv5.

    Args:
        task: what to build for.
        version: 1 learns offsets, 2 learns masks too.
        stages: which stages of the backbone are deformed, counted from 1.
        last: deform only this many blocks at the end of each of these stages; None for all.
        mask_scale: of v2: 1 as in the paper (masks start at one half), 2 as in the official MXNet code (at one).
        offset_groups: groups of channels with offsets of their own; 4 in v1's R-FCN, 1 otherwise.
        offset_lr: learning rate of the offset convolutions in parts of the others'; None for the papers', 1 in
            version 1 and 0.1 in version 2.
        trunk: blocks, widths, block, stem_kind and shortcut_kind of `zoo.backbone.Backbone`.

    Raises:
        ValueError: an unknown version, a stage that does not exist, or groups that do not divide the channels.
    """

    shared_parameters = TRUNK_OPTIONS

    def __init__(
        self,
        task: Task,
        *,
        version: Literal[1, 2] = 2,
        stages: Sequence[int] = (3,),
        last: int | None = None,
        mask_scale: float = 1.0,
        offset_groups: int = 1,
        offset_lr: float | None = None,
        **trunk: Unpack[TrunkOptions],
    ) -> None:
        super().__init__(task)
        if version not in (1, 2):
            raise ValueError(f"version must be 1 or 2, not {version!r}")
        if mask_scale <= 0:
            raise ValueError(f"mask_scale must be positive, not {mask_scale}")
        self.backbone = Backbone(task, **trunk)
        self.units = tuple(self.backbone.names)
        self.offset_lr = offset_lr if offset_lr is not None else {1: 1.0, 2: 0.1}[version]

        def deform(host: nn.Conv2d) -> DeformableConv:
            return DeformableConv(host, modulated=version == 2, mask_scale=mask_scale, groups=offset_groups)

        replace_3x3(self.backbone.branches(), stages, deform, last=last, every=False)

    def deformed(self) -> dict[str, DeformableConv]:
        """The deformed convolutions by name, in order."""
        return {name: module for name, module in self.named_modules() if isinstance(module, DeformableConv)}

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised images; both ways to compute are the same here.

        Raises:
            FloatingPointError: offsets that are not finite, as in a training run that diverges.
        """
        x = self.backbone.stem(x)
        for block in self.backbone.blocks:
            x = block(x)
        return Forward(logits=self.backbone.head(x), route=self.all_units(len(x), x.device))

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet whose convolutions are not deformed."""
        return self.backbone.described

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches, offset convolutions included."""
        return self.backbone.unit_modules()

    def param_groups(self) -> list[ParamGroup]:
        """Offset convolutions learn at a rate of their own."""
        offsets = [p for module in self.deformed().values() for p in module.offset.parameters()]
        slow = {id(p) for p in offsets}
        others = [p for p in self.parameters() if id(p) not in slow]
        return [ParamGroup(parameters=others), ParamGroup(parameters=offsets, lr_scale=self.offset_lr)]
