"""CliqueNet: inside a block every layer feeds every other, and a second stage updates the first stage's features.

Facts that re-implementations miss: both stages share their convolutions but not their batch norms; the input of a
block plays no part in Stage II; with bottlenecks the published depth T counts the 1x1 layers too; published FLOPs are
twice the multiply-accumulates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.layers import ModulesOf, conv, set_norms, stem
from zoo.methods.cliquenet.block import CliqueBlock, readout, transition
from zoo.network import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.papers.cliquenet import PAPER
from zoo.registry import register


@register("cliquenet", PAPER)
class CliqueNet(RoutedNet):
    """Blocks whose layers are updated twice, and features of every block for the classifier (Yang et al. 2018).

    Stage I is a dense block: layer j reads the block's input and layers 1 to j-1. Stage II goes through the layers
    again; each now reads all the *others*, as they stand by then, through the same weights W_ij. The classifier
    reads the block's input and features of every block; the transition to the next block takes features alone.

    A trained network also serves with its first x Stage-II updates only (setting `x=...`); the paper's own ablation
    of x trains a network for each, which is what the parameter `updates` does.

    Args:
        task: what to build for.
        widths: channels k of a layer, one number per block.
        layers: layers L of each block.
        stages: whose features the classifier and the transition get: `II+II`, `I+II` or `I+I` (Table 1 of the
            official page). What a variant never reads (all Stage II in `I+I`, that of the last block in
            `I+II`) is not built.
        updates: X, how many layers of a block Stage II updates; None for all, 0 is `I+I`. Weights that no update
            reads are not built. The official code for `I+II` passes on layer 1 of Stage II and the others of Stage I,
            which is `I+II` with updates=1.
        bottleneck: shared 1x1 weights W_ij and one 3x3 convolution per layer after them, shared as well.
        compression: halve the features with a 1x1 convolution on their way to the classifier.
        attention: weigh the channels of every transition by a gate on their global average.
        dropout: after every convolution of blocks, transitions and compression; 0.2 in the paper without
            augmentation, 0 in its ImageNet code.
        stem_width: channels of the first block's input, 64 in the paper.
        norm_epsilon: added to the variance by batch norms; TensorFlow's 1e-3 in the paper's code for CIFAR and SVHN.
        norm_momentum: share of a batch in their running statistics, 0.001 there.
        stem_kind: `cifar` is the paper's bare 3x3 convolution, `strided` the same with stride 2; `imagenet` as in
            `zoo.layers.stem`.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its pooling.
    """

    def __init__(
        self,
        task: Task,
        *,
        widths: Sequence[int] = (36, 36, 36),
        layers: Sequence[int] = (4, 4, 4),
        stages: Literal["II+II", "I+II", "I+I"] = "II+II",
        updates: int | None = None,
        bottleneck: bool = False,
        compression: bool = False,
        attention: bool = False,
        dropout: float = 0.0,
        stem_width: int = 64,
        norm_epsilon: float = 1e-5,
        norm_momentum: float = 0.1,
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
    ) -> None:
        super().__init__(task)
        _check(task, widths, layers, stages, updates, dropout, stem_kind)
        self.classify_first = stages == "I+II"
        self.updates = 0 if stages == "I+I" else max(layers) if updates is None else updates
        self.serving = self.updates
        self.stem = _stem(stem_kind, task.shape[0], stem_width)
        self.blocks: ModulesOf[CliqueBlock] = ModulesOf()
        self.readouts = nn.ModuleList()
        channels, pooled, last = stem_width, 0, len(widths) - 1
        for b, (k, depth) in enumerate(zip(widths, layers, strict=True)):
            refined = 0 if self.classify_first and b == last else min(self.updates, depth)
            block = CliqueBlock(channels, k, depth, refined, bottleneck=bottleneck, dropout=dropout)
            self.blocks.append(block)
            reader, size = readout(channels + depth * k, compression=compression, dropout=dropout)
            self.readouts.append(reader)
            pooled, channels = pooled + size, depth * k
        outgoing = [depth * k for k, depth in zip(widths, layers, strict=True)][:-1]
        self.transitions = nn.ModuleList(transition(c, attention=attention, dropout=dropout) for c in outgoing)
        self.classifier = nn.Linear(pooled, task.classes)
        _initialise(self)
        set_norms(self, norm_epsilon, norm_momentum)
        self.units = tuple(self.unit_modules())

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; "needed" leaves out the Stage-II updates that the setting does."""
        updates = self.updates if self.training else self.serving
        x = self.stem(x)
        pooled: list[Tensor] = []
        used: list[bool] = []
        last = len(self.blocks) - 1
        for b, block in enumerate(self.blocks):
            first, latest = block(x, updates=updates, compute=compute)
            features = first if self.classify_first else latest
            pooled.append(self.readouts[b](torch.cat([x, *features], dim=1)))
            used += [True] * len(block.stage1) + [j < updates for j in range(len(block.stage2))]
            if b < last:
                x = self.transitions[b](torch.cat(latest, dim=1))
        logits = self.classifier(torch.cat(pooled, dim=1))
        route = torch.tensor(used).to(x.device, non_blocking=True)
        return Forward(logits=logits, route=route.expand(len(x), -1))

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """Every layer of Stage I and every update of Stage II."""
        return {
            f"block{b}.{stage}.layer{j}": (update,)
            for b, block in enumerate(self.blocks, start=1)
            for stage, updates in (("stage1", block.stage1), ("stage2", block.stage2))
            for j, update in enumerate(updates, start=1)
        }

    def settings(self, validation: Validation) -> list[Setting]:
        """All the updates it was trained with, then fewer and fewer."""
        fewer = [
            Setting(
                name=f"x={x}",
                values={"updates": x},
                note=f"the first {x} Stage-II updates of every block; trained with {self.updates}",
            )
            for x in reversed(range(self.updates))
        ]
        return [Setting(name="default", note=f"x={self.updates}, as trained"), *fewer]

    def use(self, setting: Setting) -> None:
        """Take `updates`, how many Stage-II updates of every block take place.

        Raises:
            ValueError: other values, or more updates than were trained.
        """
        values: dict[str, Any] = dict(setting.values)
        updates = values.pop("updates", self.updates)
        if values:
            raise ValueError(f"cliquenet's settings have updates, not {list(values)}")
        if not isinstance(updates, int) or not 0 <= updates <= self.updates:
            raise ValueError(f"updates must be a whole number from 0 to {self.updates}, not {updates!r}")
        self.serving, self.setting = updates, setting


def _stem(kind: Literal["cifar", "strided", "imagenet"], channels: int, width: int) -> nn.Module:
    if kind == "imagenet":
        return stem(kind, channels, width)
    return conv(channels, width, 3, stride=2 if kind == "strided" else 1)


def _initialise(net: CliqueNet) -> None:
    """He for convolutions (blocks initialise their own), Xavier and no bias for fully connected layers."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)


def _check(
    task: Task,
    widths: Sequence[int],
    layers: Sequence[int],
    stages: str,
    updates: int | None,
    dropout: float,
    stem_kind: str,
) -> None:
    if len(widths) != len(layers) or not widths:
        raise ValueError(f"widths {list(widths)} and layers {list(layers)} must have one number per block")
    if min(widths) < 1 or min(layers) < 2:
        raise ValueError(f"widths {list(widths)} must be positive and layers {list(layers)} at least 2")
    if stages not in ("II+II", "I+II", "I+I"):
        raise ValueError(f"stages must be 'II+II', 'I+II' or 'I+I', not {stages!r}")
    if updates is not None and not 0 <= updates <= max(layers):
        raise ValueError(f"updates must lie between 0 and the number of layers {max(layers)}, not {updates}")
    if updates and stages == "I+I":
        raise ValueError(f"stages 'I+I' has no Stage-II updates, but updates is {updates}")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1, not {dropout}")
    reductions = {"cifar": 1, "strided": 2, "imagenet": 4}
    if stem_kind not in reductions:
        raise ValueError(f"stem must be one of {', '.join(reductions)}, not {stem_kind!r}")
    smallest = reductions[stem_kind] * 2 ** (len(widths) - 1)
    if min(task.shape[1:]) < smallest:
        raise ValueError(
            f"images of {task.shape[1]} x {task.shape[2]} pixels are smaller than the {smallest} that "
            f"{len(widths)} blocks need"
        )
