"""Big/Little: a little network classifies every image, a big one only those on which the little one is unsure."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from zoo.backbone import Backbone
from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.thresholds import OperatingPoint, operating_points
from zoo.network import Forward, Task
from zoo.registry import Paper, Preset, register

PAPER = Paper(
    title="Big/Little",
    family="exits early",
    varies="which network decides",
    citation="Park et al.: Big/Little Deep Neural Network for Ultra Low Power Inference. CODES+ISSS 2015",
    presets={
        "tiny": Preset(parameters={"widths": ((8, 16, 16), (15, 30, 56))}),
        "small": Preset(parameters={"widths": ((16, 32, 64), (36, 72, 144))}),
    },
)


class Trunk(nn.Sequential):
    """One of the two networks: returns the images (N, C, H, W), and its own features (N, C', H', W') of them."""

    def forward(self, x: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        images = x if isinstance(x, Tensor) else x[0]
        return images, super().forward(images)  # type: ignore[no-untyped-call]


class Head(nn.Linear):
    """Logits (N, K) of what a trunk returned."""

    def forward(self, x: tuple[Tensor, Tensor]) -> Tensor:  # type: ignore[override]
        return super().forward(x[1].mean(dim=(2, 3)))


@register("big_little", PAPER)
class BigLittle(EarlyExitNet):
    """An image leaves after the little network where its two greatest probabilities differ by enough."""

    default_threshold, everyone_leaves = 0.5, 2.0

    def __init__(self, task: Task, *, widths: Sequence[Sequence[int]] = ((8, 16, 16), (15, 30, 56))) -> None:
        nets = [Backbone(task, widths=own, stem_kind="strided") for own in widths]
        trunks = [Trunk(net.stem, *net.blocks) for net in nets]
        super().__init__(task, trunks, [Head(own[-1], task.classes) for own in widths])

    def uncertainty(self, logits: Tensor) -> Tensor:
        return 1 + logits.float().softmax(dim=1).topk(2).values.diff(dim=1).squeeze(1)

    def search(self, scores: Tensor, correct: Tensor, cumulative_macs: Sequence[float]) -> list[OperatingPoint]:
        return operating_points(scores, correct, cumulative_macs)

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        return self.cross_entropy(torch.cat(forward.exit_logits), labels.repeat(len(self.heads)))
