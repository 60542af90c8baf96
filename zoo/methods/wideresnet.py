"""Wide residual networks: fewer, wider pre-activation blocks, with dropout between their convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.methods.preresnet import PreActTrunk
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.papers.wideresnet import PAPER
from zoo.registry import register


@register("wideresnet", PAPER)
class WideResNet(RoutedNet):
    """Every block for every sample.

    With `widen` 1, the official code leaves the identity path of the first block without the activation behind the
    stem; here it always has it, as He et al. 2016b describe. Wider networks project there, and are the same.

    Args:
        task: what to build for.
        blocks: N of each of three stages; the paper's depth is 6N + 4.
        widen: k, by which the stages' 16, 32 and 64 channels are multiplied, then rounded.
        dropout: rate between the two convolutions of a block; 0.3 on CIFAR, 0.4 on SVHN.
        stem_kind: see `zoo.layers.stem`; 16 channels whatever k.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its strides.
    """

    def __init__(
        self,
        task: Task,
        *,
        blocks: Sequence[int] = (1, 1, 1),
        widen: float = 1.5,
        dropout: float = 0.0,
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
    ) -> None:
        super().__init__(task)
        if len(blocks) != 3:
            raise ValueError(f"blocks must be three numbers, one per stage, not {list(blocks)}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, not {dropout}")
        widths = [round(width * widen) for width in (16, 32, 64)]
        self.trunk = PreActTrunk(
            task, blocks=blocks, widths=widths, stem_width=16, stem_kind=stem_kind, dropout=dropout
        )
        self.units = tuple(self.trunk.names)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised images; both ways to compute are the same here."""
        return Forward(logits=self.trunk(x), route=self.all_units(len(x), x.device))

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet of the same stages; none where the first is wider than the stem."""
        return self.trunk.described

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches."""
        return self.trunk.unit_modules()
