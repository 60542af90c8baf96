"""Wide residual networks: fewer, wider pre-activation blocks, with dropout between their convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.contract import Compute, Forward, RoutedNet, Task
from zoo.preresnet import PreActTrunk
from zoo.registry import Preset, Published, register

WRN_CIFAR = {
    "optimizer": "sgd",
    "lr": 0.1,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 5e-4,
    "batch_size": 128,
    "epochs": 200,
    "schedule": "step",
    "milestones": [0.3, 0.6, 0.8],
    "step_factor": 0.2,
}
"""Zagoruyko & Komodakis 2016, section 3."""


def _preset(
    depth: int, widen: int, parameters: float, errors: tuple[float, float], table: str, dropout: float = 0.0
) -> Preset:
    """WRN-depth-widen: 6n+4 layers; errors on CIFAR-10 and CIFAR-100, mean and deviation normalised."""
    n = (depth - 4) // 6
    shape: dict[str, Any] = {"blocks": (n, n, n), "widen": widen, "dropout": dropout}
    source = f"Zagoruyko & Komodakis 2016, {table}"
    figures = [
        Published(dataset=dataset, source=source, error=error, parameters=parameters, note="median of 5 runs")
        for dataset, error in zip(("cifar10", "cifar100"), errors, strict=True)
    ]
    return Preset(parameters=shape, recipe=WRN_CIFAR, published=figures)


@register(
    "wideresnet",
    title="Wide ResNet",
    family="fixed graph",
    varies="nothing",
    citation="Zagoruyko, Komodakis: Wide Residual Networks. BMVC 2016. arXiv:1605.07146",
    presets={
        "tiny": Preset(parameters={"blocks": (1, 1, 1), "widen": 1.5, "stem_kind": "strided"}),
        "small": Preset(parameters={"blocks": (1, 1, 1), "widen": 1.9}),
        "wrn-16-4": _preset(16, 4, 2.7e6, (5.02, 24.03), "Table 6"),
        "wrn-16-4-dropout": _preset(16, 4, 2.7e6, (5.24, 23.91), "Table 6", 0.3),
        "wrn-16-8": _preset(16, 8, 11.0e6, (4.27, 20.43), "Table 5"),
        "wrn-40-4": _preset(40, 4, 8.9e6, (4.53, 21.18), "Table 5"),
        "wrn-28-10": _preset(28, 10, 36.5e6, (4.00, 19.25), "Table 5"),
        "wrn-28-10-dropout": _preset(28, 10, 36.5e6, (3.89, 18.85), "Table 6", 0.3),
    },
    variants=[{"dropout": 0.3}],
    scales={"width": ("widen",), "depth": ("blocks",)},
)
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
        ValueError: parameters that do not describe a network, or pictures too small for its strides.
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
        """Answer normalised pictures; both ways to compute are the same here."""
        return Forward(logits=self.trunk(x), route=self.all_units(len(x), x.device))

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches."""
        return self.trunk.unit_modules()
