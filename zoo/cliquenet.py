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

from zoo.clique_block import CliqueBlock, readout, transition
from zoo.contract import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.layers import conv, stem
from zoo.registry import IMAGENET, Official, Preset, Published, register

YANG = {
    "optimizer": "sgd",
    "lr": 0.1,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 64,
    "epochs": 300,
    "schedule": "step",
    "milestones": [0.5, 0.75],
    "augment": False,
}
"""Yang et al. 2018, section 4.1, and the official code: no augmentation, L2 on every parameter."""


def _published(dataset: str, error: float, macs: float, parameters: float, note: str = "") -> Published:
    return Published(
        dataset=dataset,
        source="Yang et al. 2018, main results (official page, Table 3)",
        error=error,
        parameters=parameters,
        macs=macs,
        per_mac=2,
        note=note or f"without augmentation; printed {2 * macs / 1e9:.2f} G is 2 x MACs",
    )


def _cifar(k: int, layers: int, errors: Sequence[float], macs: float, parameters: float) -> Preset:
    """A row of the paper's main table; `layers` per block is T / 3."""
    figures = zip(("cifar10", "cifar100", "svhn"), errors, strict=True)
    published = [_published(dataset, error, macs, parameters) for dataset, error in figures]
    if k == 64:
        ablation = enumerate((5.83, 5.63, 5.54, 5.41, 5.20))
        published += [
            Published(dataset="cifar10", source="official page, Table 2", error=error, note=f"trained with updates={x}")
            for x, error in ablation
        ]
    shape = {"widths": (k,) * 3, "layers": (layers,) * 3, "dropout": 0.2}
    return Preset(parameters=shape, recipe=YANG, published=published)


def _k150(published: Sequence[Published] = (), **extra: bool) -> Preset:
    """With bottlenecks T = 30 counts both convolutions of a layer: 5 layers per block."""
    shape = {"widths": (150,) * 3, "layers": (5,) * 3, "dropout": 0.2, "bottleneck": True}
    return Preset(parameters=shape | extra, recipe=YANG, published=published)


K150_NOTE = "figures from memory of the paper; the official graph has 10.48 M parameters and 5.28 G MACs"


def _imagenet(widths: Sequence[int], layers: Sequence[int], parameters: float, attention: bool = False) -> Preset:
    shape = {"widths": widths, "layers": layers, "stem_kind": "imagenet", "bottleneck": True, "compression": True}
    recipe = YANG | {
        "batch_size": 160,
        "nesterov": False,
        "epochs": 100,
        "milestones": [0.3, 0.6, 0.9],
        "augment": True,
    }
    note = "size of the official ImageNet code's network" + (" with attention" if attention else "")
    published = [Published(dataset="imagenet", source="Yang et al. 2018", parameters=parameters, note=note)]
    return Preset(
        parameters=shape | {"attention": attention},
        task=IMAGENET,
        recipe=recipe | {"milestones": [0.3, 0.6, 0.9]},
        published=published,
    )


GRAPH = "the graph of iboing/CliqueNet, ported"


@register(
    "cliquenet",
    title="CliqueNet",
    family="fixed graph",
    varies="nothing; Stage-II updates may be left out",
    citation="Yang, Zhong, Shen, Lin: Convolutional Neural Networks with Alternately Updated Clique. CVPR 2018. "
    "arXiv:1802.10419",
    presets={
        "tiny": Preset(parameters={"widths": (16, 24), "layers": (2, 3), "stem_width": 16, "stem_kind": "strided"}),
        "small": Preset(parameters={"widths": (12, 20, 32), "layers": (3, 3, 3), "stem_width": 16}),
        "k36-t12": _cifar(36, 4, (5.93, 27.32, 1.77), 0.455e9, 0.94e6),
        "k64-t15": _cifar(64, 5, (5.12, 23.98, 1.62), 2.105e9, 4.49e6),
        "k80-t15": _cifar(80, 5, (5.10, 23.32, 1.56), 3.225e9, 6.94e6),
        "k80-t18": _cifar(80, 6, (5.06, 23.14, 1.51), 4.725e9, 10.14e6),
        "k150-t30-b": _k150(),
        "k150-t30-bc": _k150(compression=True),
        "k150-t30-abc": _k150(
            [
                _published("cifar10", 5.06, 4.245e9, 10.02e6, K150_NOTE),
                _published("cifar100", 21.83, 4.245e9, 10.02e6, K150_NOTE),
                _published("svhn", 1.64, 4.245e9, 10.02e6, K150_NOTE),
            ],
            compression=True,
            attention=True,
        ),
        "s0": _imagenet((36, 64, 100, 80), (5, 6, 6, 6), 5.70e6),
        "s1": _imagenet((36, 80, 120, 100), (5, 6, 6, 6), 7.96e6),
        "s2": _imagenet((36, 80, 150, 120), (5, 5, 6, 6), 10.00e6),
        "s3": _imagenet((40, 80, 160, 160), (6, 6, 6, 6), 14.38e6, attention=True),
    },
    variants=[
        {"stages": "I+I"},
        {"stages": "I+II", "dropout": 0.2},
        {"updates": 2, "bottleneck": True, "attention": True, "compression": True},
    ],
    scales={"width": ("widths",), "depth": ("layers",)},
    official={
        "k36-t12": Official(GRAPH, 935_994, convolutions=455.1e6),
        "k64-t15": Official(GRAPH, 4_485_706, convolutions=2_102.9e6),
        "k80-t15": Official(GRAPH, 6_937_546, convolutions=3_225.7e6),
    },
    differs={"k150-t30-abc": K150_NOTE},
)
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
            official page). Whatever a variant never reads (all Stage II in `I+I`, that of the last block in
            `I+II`) is not built.
        updates: X, how many layers of a block Stage II updates; None for all, 0 is `I+I`. Weights that no update
            reads are not built. The official code for `I+II` hands on layer 1 of Stage II and the others of Stage I,
            which is `I+II` with updates=1.
        bottleneck: shared 1x1 weights W_ij and one 3x3 convolution per layer after them, shared as well.
        compression: halve the features with a 1x1 convolution on their way to the classifier.
        attention: weigh the channels of every transition by a gate on their global average.
        dropout: after every convolution of blocks, transitions and compression; 0.2 in the paper without
            augmentation, 0 in its ImageNet code.
        stem_width: channels of the first block's input, 64 in the paper.
        stem_kind: `cifar` is the paper's bare 3x3 convolution, `strided` the same with stride 2; `imagenet` as in
            `zoo.layers.stem`.

    Raises:
        ValueError: parameters that do not describe a network, or pictures too small for its pooling.
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
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
    ) -> None:
        super().__init__(task)
        _check(task, widths, layers, stages, updates, dropout, stem_kind)
        self.classify_first = stages == "I+II"
        self.updates = 0 if stages == "I+I" else max(layers) if updates is None else updates
        self.serving = self.updates
        self.stem = _stem(stem_kind, task.shape[0], stem_width)
        self.blocks = nn.ModuleList()
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
        self.units = tuple(self.unit_modules())

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; "needed" leaves out the Stage-II updates that the setting does."""
        updates = self.updates if self.training else self.serving
        x = self.stem(x)
        pooled: list[Tensor] = []
        used: list[bool] = []
        last = len(self.blocks) - 1
        for b, block in enumerate(self.clique_blocks()):
            first, latest = block(x, updates=updates, compute=compute)
            features = first if self.classify_first else latest
            pooled.append(self.readouts[b](torch.cat([x, *features], dim=1)))
            used += [True] * len(block.stage1) + [j < updates for j in range(len(block.stage2))]
            if b < last:
                x = self.transitions[b](torch.cat(latest, dim=1))
        logits = self.classifier(torch.cat(pooled, dim=1))
        route = torch.tensor(used).to(x.device, non_blocking=True)
        return Forward(logits=logits, route=route.expand(len(x), -1))

    def clique_blocks(self) -> list[CliqueBlock]:
        """The blocks in order, typed."""
        return [block for block in self.blocks if isinstance(block, CliqueBlock)]

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """Every layer of Stage I and every update of Stage II."""
        return {
            f"block{b}.{stage}.layer{j}": (update,)
            for b, block in enumerate(self.clique_blocks(), start=1)
            for stage, updates in (("stage1", block.stage1), ("stage2", block.stage2))
            for j, update in enumerate(updates, start=1)
        }

    def settings(self, validation: Validation) -> list[Setting]:
        """All the updates it was trained with, then ever fewer."""
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
            f"pictures of {task.shape[1]} x {task.shape[2]} pixels are smaller than the {smallest} that "
            f"{len(widths)} blocks need"
        )
