"""Highway networks: every layer learns, per place and channel, how much of its input to transform and how much to keep.

Facts that re-implementations miss: gates are as large as what they gate (half of the multiply-accumulates) and soft, so
nothing is ever skipped; there is no batch norm; a plain convolution stands only where the number of channels changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from zoo.layers import ModulesOf, conv
from zoo.network import Compute, Forward, ParamGroup, RoutedNet, Task
from zoo.papers.highway import PAPER
from zoo.registry import register


class HighwayLayer(nn.Module):
    """H(x) T(x) + x (1 - T(x)), with a ReLU convolution H and a sigmoid convolution T of the same shape.

    The bias of T starts negative, so that the layer starts as a carrier; T has the kernel size of H.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.transform = conv(channels, channels, 3, bias=True)
        self.gate = conv(channels, channels, 3, bias=True)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) to the same shape, and how far the gate was open for each sample, (N,) in [0, 1]."""
        gate = torch.sigmoid(self.gate(x))
        out = torch.lerp(x.to(gate.dtype), torch.relu(self.transform(x)).to(gate.dtype), gate)
        return out, gate.float().mean(dim=(1, 2, 3))


class Stage(nn.Module):
    """What leads to a resolution and a width, then highway layers that keep both."""

    def __init__(self, entry: nn.Module, layers: Sequence[HighwayLayer]) -> None:
        super().__init__()
        self.entry = entry
        self.layers: ModulesOf[HighwayLayer] = ModulesOf(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, C, H, W) to the stage's shape, and the openness of every layer, (N,) each."""
        x = self.entry(x)
        openness: list[Tensor] = []
        for layer in self.layers:
            x, gate = layer(x)
            openness.append(gate)
        return x, openness


@register("highway", PAPER)
class Highway(RoutedNet):
    """Stages of highway layers with max-pools between them (Srivastava et al. 2015).

    The route uses every layer; `Forward.gate_probs` tells how far the gates of each layer were open for a sample, on
    average over channels and places.

    The networks of the official code are exact (`highway-19` as in Table 3, `highway-mnist-*`). `highway-11` follows
    the same rule from the widths of FitNet 1. Highway C (32 layers, 1.25 M) is not offered: its layers are unpublished.

    Args:
        task: what to build for.
        layers: number of highway layers of each stage.
        widths: channels of each stage; a plain convolution with ReLU leads to them where they change.
        stem_kernel: size of the first convolution; above 3 it does not pad, as the official MNIST network.
        stem_stride: 2 halves the resolution at once, for small budgets.
        pool: size of the max-pools between stages, 2 or 3, with stride 2.
        head: `pooled` is a global mean, `flat` all features of 3 x 3 maxima.
        features: channels of a 1x1 convolution with ReLU in front of a pooled head, or None.
        gate_bias: of the transform gates at the start; the official code has -2 on CIFAR and -1 on MNIST.
        dropout: rates at the input, between the stages, and before the classifier; none where the list is empty.
        lr_scale: multiplies the recipe's learning rate. Without batch norm, the suite's 0.1 makes some seeds diverge
            (the official code has 0.025 and 0.01), so `tiny` and `small` have less.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its strides.
    """

    def __init__(
        self,
        task: Task,
        *,
        layers: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] = (16, 32, 64),
        stem_kernel: int = 3,
        stem_stride: int = 1,
        pool: Literal[2, 3] = 2,
        head: Literal["pooled", "flat"] = "pooled",
        features: int | None = None,
        gate_bias: float = -2.0,
        dropout: Sequence[float] = (),
        lr_scale: float = 1.0,
    ) -> None:
        super().__init__(task)
        _check(layers, widths, pool, head, dropout)
        padding = 0 if stem_kernel > 3 else None
        _check_pixels(task, stem_stride * 2 ** (len(layers) - 1) + (stem_kernel - 1 if padding == 0 else 0))
        stem = conv(task.shape[0], widths[0], stem_kernel, stride=stem_stride, padding=padding, bias=True)
        drops = [nn.Dropout(rate) for rate in dropout or (0.0,) * (len(layers) + 1)]
        entries = [nn.Sequential(drops[0], stem, nn.ReLU())]
        for drop, before, after in zip(drops[1:], widths, widths[1:], strict=False):
            plain = [] if before == after else [conv(before, after, 3, bias=True), nn.ReLU()]
            entries.append(nn.Sequential(nn.MaxPool2d(pool, 2, ceil_mode=True), drop, *plain))
        self.stages: ModulesOf[Stage] = ModulesOf(
            Stage(entry, [HighwayLayer(width) for _ in range(count)])
            for entry, count, width in zip(entries, layers, widths, strict=True)
        )
        self.lr_scale = lr_scale
        self.units = tuple(f"stage{s + 1}.layer{i + 1}" for s, count in enumerate(layers) for i in range(count))
        squeeze, inputs = _flat(widths[-1]) if head == "flat" else _pooled(widths[-1], features)
        self.squeeze = nn.Sequential(*squeeze, drops[-1], nn.Flatten())
        self.classifier = nn.Linear(inputs, task.classes)
        self._initialise(gate_bias)

    def _initialise(self, gate_bias: float) -> None:
        """Official code: uniform weights with variance 1 / fan-in, a small classifier, biases 0 but the gates'."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.constant_(parameter, gate_bias if name.endswith("gate.bias") else 0.0)
            else:
                nn.init.kaiming_uniform_(parameter, nonlinearity="linear")
        nn.init.normal_(self.classifier.weight, std=0.05)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised images; both ways to compute are the same here."""
        openness: list[Tensor] = []
        for stage in self.stages:
            x, opened = stage(x)
            openness += opened
        return Forward(
            logits=self.classifier(self.squeeze(x)),
            route=self.all_units(len(x), x.device),
            gate_probs=torch.stack(openness, dim=1),
        )

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The highway layers, gates included."""
        layers = [layer for stage in self.stages for layer in stage.layers]
        return {name: (layer,) for name, layer in zip(self.units, layers, strict=True)}

    def param_groups(self) -> list[ParamGroup]:
        """Official code: biases at twice the rate without decay, the classifier's weights with ten times the decay."""
        named = dict(self.named_parameters())
        classifier = named.pop("classifier.weight")
        weights = [p for name, p in named.items() if name.endswith("weight")]
        biases = [p for name, p in named.items() if name.endswith("bias")]
        return [
            ParamGroup(parameters=weights, lr_scale=self.lr_scale),
            ParamGroup(parameters=[classifier], lr_scale=self.lr_scale, weight_decay_scale=10.0),
            ParamGroup(parameters=biases, lr_scale=2 * self.lr_scale, weight_decay_scale=0.0),
        ]


def _flat(width: int) -> tuple[list[nn.Module], int]:
    """Maxima of 3 x 3 parts: on the 6 x 6 features of the official MNIST network, its 2x2 max-pool."""
    return [nn.AdaptiveMaxPool2d(3)], 9 * width


def _pooled(width: int, features: int | None) -> tuple[list[nn.Module], int]:
    if features is None:
        return [nn.AdaptiveAvgPool2d(1)], width
    return [conv(width, features, 1, bias=True), nn.ReLU(), nn.AdaptiveAvgPool2d(1)], features


def _check(layers: Sequence[int], widths: Sequence[int], pool: int, head: str, dropout: Sequence[float]) -> None:
    if len(layers) != len(widths) or not layers:
        raise ValueError(f"layers {list(layers)} and widths {list(widths)} must have one number per stage")
    if min(layers) < 1 or min(widths) < 1:
        raise ValueError(f"layers {list(layers)} and widths {list(widths)} must be positive")
    if pool not in (2, 3):
        raise ValueError(f"pool must be 2 or 3, not {pool!r}")
    if head not in ("pooled", "flat"):
        raise ValueError(f"head must be 'pooled' or 'flat', not {head!r}")
    if dropout and (len(dropout) != len(layers) + 1 or not all(0 <= rate < 1 for rate in dropout)):
        raise ValueError(f"dropout must be {len(layers) + 1} rates from 0 to below 1, not {list(dropout)}")


def _check_pixels(task: Task, least: int) -> None:
    if min(task.shape[1:]) < least:
        raise ValueError(
            f"images of {task.shape[1]} x {task.shape[2]} pixels are too small: the network needs {least} a side"
        )
