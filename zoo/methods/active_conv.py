"""Active Convolution: every layer learns where the taps of its 3x3 kernel stand, the same place for every pixel.

Facts that re-implementations miss: the centre tap does not move; the gradient of a tap's position is scaled to unit
length, so that the learning rate is a speed in pixels; at whole numbers, where training starts, it is one-sided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Literal, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.backbone import TRUNK_OPTIONS, Backbone, TrunkOptions
from zoo.layers import ModulesOf, conv, conv_bn_relu, pooled_linear, replace_3x3
from zoo.network import Compute, Forward, ParamGroup, RoutedNet, Task
from zoo.papers.active_conv import PAPER
from zoo.registry import register


class _UnitGradient(torch.autograd.Function):
    """The identity; backward scales every row of the gradient to unit length, then all of it by a number."""

    @staticmethod
    def forward(ctx: Any, positions: Tensor, scale: Tensor) -> Tensor:
        ctx.save_for_backward(scale)
        return positions.view_as(positions)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (scale,) = ctx.saved_tensors
        return functional.normalize(gradients[0], dim=1) * scale, None


class ActiveConv(nn.Module):
    """A 3x3 convolution whose outer taps stand at learned positions, read by bilinear interpolation.

    Positions do not depend on the input, so the four pixels that a tap reads, with their bilinear shares, are taps
    of an ordinary convolution with a larger kernel: that is what runs, exactly, on `2 reach + 1` squared taps. (The
    paper's code samples instead, which is 3 to 10 times slower on the CPU.) Making the large kernel costs as much as
    36 values of every pair of channels, once per batch, and is not counted.

    Args:
        host: the convolution to replace; its weights and bias are taken over.
        reach: taps stay within this many pixels of the centre in both directions. The paper sets no limit.
        warmup_steps: forward passes in train mode before positions learn.
        groups: G, equal parts of the output channels with positions of their own; the official code's position_group.

    Attributes:
        positions: (8 G, 2), (dy, dx) of the outer taps from the centre, in rows, group by group; starts on the grid.
        steps: forward passes in train mode so far.

    Raises:
        ValueError: a reach below 1, groups that do not divide the channels, or a host that is no plain 3x3 convolution.
    """

    steps: Tensor

    def __init__(self, host: nn.Conv2d, *, reach: int = 2, warmup_steps: int = 0, groups: int = 1) -> None:
        super().__init__()
        if host.kernel_size != (3, 3) or host.padding != (1, 1) or host.groups != 1:
            raise ValueError(f"only plain 3x3 convolutions have active counterparts, not {host}")
        if reach < 1:
            raise ValueError(f"reach must be at least 1 pixel, not {reach}")
        if groups < 1 or host.out_channels % groups:
            raise ValueError(f"position_groups must divide the {host.out_channels} channels of a layer, not {groups}")
        self.weight = host.weight
        self.bias = host.bias
        self.groups = groups
        self.stride = host.stride[0]
        self.reach = reach
        self.warmup_steps = warmup_steps
        grid = [(dy, dx) for dy in (-1.0, 0.0, 1.0) for dx in (-1.0, 0.0, 1.0) if (dy, dx) != (0, 0)]
        self.positions = nn.Parameter(torch.tensor(grid * groups))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, O, H', W')."""
        if self.training:
            self.steps += 1
            with torch.no_grad():
                self.positions.clamp_(-self.reach, self.reach)
        return functional.conv2d(x, self.kernel(), self.bias, stride=self.stride, padding=self.reach)

    def kernel(self) -> Tensor:
        """(O, C, S, S) with S = 2 reach + 1: every tap's weight, shared out to the pixels around its position."""
        side = 2 * self.reach + 1
        positions = _UnitGradient.apply(self.positions, (self.steps > self.warmup_steps).to(self.positions.dtype))
        weights = self.weight.flatten(2).chunk(self.groups)
        grouped = zip(weights, positions.chunk(self.groups), strict=True)
        large = torch.cat([self._spread(taps, own) for taps, own in grouped])
        return large.view(*self.weight.shape[:2], side, side)

    def _spread(self, taps: Tensor, positions: Tensor) -> Tensor:
        """Weights (O, C, 9) of taps at (8, 2) around the centre, on the pixels of the large kernel: (O, C, S * S)."""
        side = 2 * self.reach + 1
        low = positions.detach().floor().clamp(-self.reach, self.reach - 1)
        above = positions - low
        y, x = (low.long() + self.reach).unbind(1)
        outer = torch.cat([taps[:, :, :4], taps[:, :, 5:]], dim=2)
        large = functional.pad(taps[:, :, 4:5], (side * side // 2,) * 2)
        for dy, y_share in enumerate((1 - above[:, 0], above[:, 0])):
            for dx, x_share in enumerate((1 - above[:, 1], above[:, 1])):
                large = large.index_add(2, (y + dy) * side + x + dx, outer * (y_share * x_share))
        return large


class LayerTrunk(nn.Module):
    """A chain of 3x3 layers with the parts of a `zoo.backbone.Backbone`; a block is one layer.

    Attributes:
        stem: in front of the layers.
        blocks: the layers, in order.
        names: of the layers, `stage1.conv1` and so on.
        layers: their number in every stage.
        head: from the last layer's output (N, C, H, W) to logits (N, K).
    """

    stem: nn.Sequential
    blocks: ModulesOf[nn.Sequential]
    names: list[str]
    layers: tuple[int, ...]
    head: nn.Sequential

    def branches(self) -> list[list[nn.Module]]:
        """The layers of every stage."""
        ends = list(accumulate(self.layers, initial=0))
        return [list(self.blocks[a:z]) for a, z in pairwise(ends)]

    def unit_modules(self) -> dict[str, Sequence[nn.Module]]:
        """Every 3x3 layer."""
        return {name: (block,) for name, block in zip(self.names, self.blocks, strict=True)}


class PlainTrunk(LayerTrunk):
    """A plain network as in Jeon & Kim 2017: 1x1 to 16 channels, stages of 3x3 layers, 1x1 to 1000, average pool.

    A layer is convolution, batch norm, ReLU.

    Args:
        task: channels, smallest side and classes.
        layers: number of 3x3 layers of each stage; every stage after the first starts with stride 2.
        widths: channels of each stage.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its strides.
    """

    def __init__(self, task: Task, layers: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        if len(layers) != len(widths) or not layers or min(layers) < 1:
            raise ValueError(f"blocks {list(layers)} and widths {list(widths)} must have one number per stage")
        task.require_size(2 ** (len(layers) - 1))
        self.stem = conv_bn_relu(task.shape[0], 16, 1)
        self.blocks = ModulesOf()
        self.names = []
        self.layers = tuple(layers)
        channels = 16
        for s, (count, width) in enumerate(zip(layers, widths, strict=True), start=1):
            for c in range(1, count + 1):
                self.blocks.append(conv_bn_relu(channels, width, 3, stride=2 if s > 1 and c == 1 else 1))
                self.names.append(f"stage{s}.conv{c}")
                channels = width
        self.head = nn.Sequential(*conv_bn_relu(channels, 1000, 1), *pooled_linear(1000, task.classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")


class AlexTrunk(LayerTrunk):
    """AlexNet in one tower (Krizhevsky 2014, as torchvision has it); its three 3x3 layers are the stage.

    Convolutions have biases and no batch norm; 61,100,840 parameters with 1000 classes.

    Args:
        task: channels, smallest side and classes.

    Raises:
        ValueError: images of less than 63 pixels, of which the last pool would leave nothing.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        if min(task.shape[1:]) < 63:
            height, width = task.shape[1:]
            raise ValueError(f"alexnet needs images of at least 63 pixels, not {height} x {width}; use trunk=plain")
        first = conv(task.shape[0], 64, 11, stride=4, padding=2, bias=True)
        second = conv(64, 192, 5, bias=True)
        self.stem = nn.Sequential(first, *_relu_pool(), second, *_relu_pool())
        self.blocks = ModulesOf(
            nn.Sequential(conv(channels, width, 3, bias=True), nn.ReLU(inplace=True))
            for channels, width in pairwise((192, 384, 256, 256))
        )
        self.names = ["stage1.conv3", "stage1.conv4", "stage1.conv5"]
        self.layers = (3,)
        hidden = [
            layer
            for features in (256 * 36, 4096)
            for layer in (nn.Dropout(0.5), nn.Linear(features, 4096), nn.ReLU(inplace=True))
        ]
        pools = (nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(6), nn.Flatten())
        self.head = nn.Sequential(*pools, *hidden, nn.Linear(4096, task.classes))


def _relu_pool() -> list[nn.Module]:
    return [nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)]


@register("active_conv", PAPER)
class ActiveConvNet(RoutedNet):
    """A network whose 3x3 convolutions learn the positions of their taps (Jeon & Kim 2017).

    A layer has 16 learnables more than an ordinary one. They are the same for every image, so the route is static.
    What a layer executes is an ordinary convolution with a 5x5 kernel (see `ActiveConv`), and that is its cost here:
    25 / 9 of the 3x3's. The paper's own count, nine taps and their interpolation, would be 1 + 4 / O of it.

    Args:
        task: what to build for.
        trunk: `resnet`, the suite's own, `plain`, the paper's CIFAR network (see `PlainTrunk`), or `alexnet` (see
            `AlexTrunk`).
        stages: in which stages all 3x3 convolutions are active, counted from 1; none at all is the baseline.
        last: only those in this many blocks (layers of `plain`) at the end of each of these stages; None for all.
        position_groups: see `ActiveConv`, as is reach; 1 in the paper.
        reach: see `ActiveConv`.
        warmup_steps: training steps before positions learn, 10,000 in the paper.
        position_lr: learning rate of positions in parts of the others'; they never decay.
        decay_norms: whether parameters of one dimension decay: scales and shifts of batch norms, and every bias;
            officially they do not.
        trunk_options: blocks, widths, block, stem_kind and shortcut_kind of `zoo.backbone.Backbone`; the `plain` trunk
            has blocks (layers per stage) and widths only, `alexnet` none of them.

    Raises:
        ValueError: an unknown trunk, a stage that does not exist, or images too small.
    """

    shared_parameters = TRUNK_OPTIONS

    def __init__(
        self,
        task: Task,
        *,
        trunk: Literal["resnet", "plain", "alexnet"] = "resnet",
        stages: Sequence[int] = (3,),
        last: int | None = None,
        position_groups: int = 1,
        reach: int = 2,
        warmup_steps: int = 0,
        position_lr: float = 0.01,
        decay_norms: bool = True,
        **trunk_options: Unpack[TrunkOptions],
    ) -> None:
        super().__init__(task)
        self.trunk = _make_trunk(task, trunk, {**TRUNK_OPTIONS, **trunk_options})
        self.units = tuple(self.trunk.names)
        self.position_lr = position_lr
        self.decay_norms = decay_norms

        def activate(host: nn.Conv2d) -> ActiveConv:
            return ActiveConv(host, reach=reach, warmup_steps=warmup_steps, groups=position_groups)

        replace_3x3(self.trunk.branches(), stages, activate, last=last)

    def active(self) -> dict[str, ActiveConv]:
        """The active convolutions by name, in order."""
        return {name: module for name, module in self.named_modules() if isinstance(module, ActiveConv)}

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; both ways to compute are the same here."""
        x = self.trunk.stem(x)
        for block in self.trunk.blocks:
            x = block(x)
        return Forward(logits=self.trunk.head(x), route=self.all_units(len(x), x.device))

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet of ordinary convolutions; none for networks of layers."""
        return self.trunk.described if isinstance(self.trunk, Backbone) else None

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches, or the 3x3 layers of another trunk."""
        return self.trunk.unit_modules()

    def param_groups(self) -> list[ParamGroup]:
        """Positions move at a speed of their own and never decay; norms and biases decay where they are to."""
        positions = [module.positions for module in self.active().values()]
        slow = {id(p) for p in positions}
        others = [p for p in self.parameters() if id(p) not in slow]
        kept = [] if self.decay_norms else [p for p in others if p.ndim == 1]
        groups = [ParamGroup(parameters=[p for p in others if self.decay_norms or p.ndim > 1])]
        if kept:
            groups.append(ParamGroup(parameters=kept, weight_decay_scale=0.0))
        if positions:
            groups.append(ParamGroup(parameters=positions, lr_scale=self.position_lr, weight_decay_scale=0.0))
        return groups


def _make_trunk(task: Task, trunk: str, options: TrunkOptions) -> Backbone | LayerTrunk:
    if trunk == "resnet":
        return Backbone(task, **options)
    if trunk == "plain":
        return PlainTrunk(task, options["blocks"], options["widths"])
    if trunk == "alexnet":
        return AlexTrunk(task)
    raise ValueError(f"trunk must be 'resnet', 'plain' or 'alexnet', not {trunk!r}")
