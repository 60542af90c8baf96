"""Where feature maps of a network can be read, keyed by type from outside the methods.

A trunk is what `take_trunk` leaves of a network: its classifiers are replaced by ones that say nothing and cost
nothing, and a tap per resolution says which module gets, or returns, the map. Modules that gates may skip are never
tapped: a skipped block is not called, but the projection after it, or the classifier, always is.

Types are named, not imported: a method that is installed declares its own with `declare_taps`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from zoo.network import RoutedNet, Setting
from zoo.plugins import Registry, origin_of


@dataclass(frozen=True)
class Tap:
    """A place where a feature map (N, C, H, W) can be read.

    Attributes:
        module: called once for every batch, with all its images.
        side: whether the map is what the module gets (its first argument) or what it returns.
        part: place of the map where that is a tuple of tensors.
    """

    module: nn.Module
    side: Literal["input", "output"]
    part: int = -1

    def attach(self, receive: Callable[[Tensor], None]) -> RemovableHandle:
        """Hand the map over in every forward pass, until the handle is removed."""
        if self.side == "input":
            return self.module.register_forward_pre_hook(lambda _, inputs: receive(self._map(inputs[0])))
        return self.module.register_forward_hook(lambda *call: receive(self._map(call[-1])))

    def _map(self, value: Any) -> Tensor:
        found: Tensor = value if isinstance(value, Tensor) else value[self.part]
        return found


class NoClassifier(nn.Module):
    """Stands where a classifier stood: logits of zero, at no cost."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, features: Tensor | tuple[Tensor, ...]) -> Tensor:
        """Features with N rows to zeros (N, K)."""
        first = features if isinstance(features, Tensor) else features[-1]
        return first.new_zeros(len(first), self.classes)


TakeTrunk = Callable[[Any], Sequence[Tap]]
"""Takes the classifiers off a network, which is changed, and says where its maps are, from fine to coarse."""

TAPS: Registry[TakeTrunk] = Registry("trunk", "zoo.features")
"""How to take the trunk of a network, by the name of its class."""


def declare_taps(name: str, take: TakeTrunk) -> None:
    """Declare where the maps of a class of networks are; its subclasses have the same.

    Args:
        name: of the class, `package.module.Class`.
        take: see `TakeTrunk`.

    Raises:
        ValueError: the class has some already.
    """
    TAPS.add(name, take, origin_of(take))


def take_trunk(net: RoutedNet) -> Sequence[Tap]:
    """Take the classifiers off a network, which is changed; where its maps are, from fine to coarse.

    Raises:
        ValueError: nothing is declared for its class.
    """
    for kind in type(net).__mro__:
        if origin_of(kind) in TAPS:
            return TAPS[origin_of(kind)](net)
    raise ValueError(
        f"no feature maps are declared for {origin_of(type(net))}; declare them with zoo.features.taps.declare_taps"
    )


def _entrances(names: Sequence[str], blocks: Sequence[nn.Module]) -> list[nn.Module]:
    """The first block of every stage but the first; names are `stage<s>.<block>`."""
    stages = [name.partition(".")[0] for name in names]
    return [blocks[b] for a, b in pairwise(range(len(names))) if stages[a] != stages[b]]


def _of_residual(trunk: Any, classes: int) -> list[Tap]:
    """A stage's map is what the projection to the next stage reads, which runs whatever gates decide."""
    trunk.head = NoClassifier(classes)
    entrances = _entrances(trunk.names, trunk.blocks)
    return [*(Tap(getattr(first, "shortcut", first), "input") for first in entrances), Tap(trunk.head, "input")]


def of_backbone(net: Any) -> list[Tap]:
    """A network on a `zoo.backbone.Backbone`."""
    return _of_residual(net.backbone, net.task.classes)


def of_active_conv(net: Any) -> list[Tap]:
    """On a `Backbone`, or on a chain of layers."""
    return _of_residual(net.trunk, net.task.classes)


def of_preactivation(net: Any) -> list[Tap]:
    """A stage's map is not activated; the last one is, by what stands in front of the pooling."""
    trunk = net.trunk
    trunk.head = nn.Sequential(trunk.head[0], NoClassifier(net.task.classes))
    entrances = _entrances(trunk.names, trunk.blocks)
    return [*(Tap(first, "input") for first in entrances), Tap(trunk.head[-1], "input")]


def of_pyramidnet(net: Any) -> list[Tap]:
    """As `of_preactivation`; a block may run without its shortcut, but not without that one's pooling."""
    net.head = nn.Sequential(*net.head[:2], NoClassifier(net.task.classes))
    entrances: list[Any] = _entrances(net.units, net.blocks)
    return [*(Tap(first.shortcut.pool, "input") for first in entrances), Tap(net.head[-1], "input")]


def of_highway(net: Any) -> list[Tap]:
    """What every stage returns."""
    net.squeeze, net.classifier = nn.Identity(), NoClassifier(net.task.classes)
    return [Tap(stage, "output", part=0) for stage in net.stages]


def of_densenet(net: Any) -> list[Tap]:
    """All features of a block, which its transition reads; of the last, normalised and activated."""
    net.head = NoClassifier(net.task.classes)
    return [*(Tap(transition, "input") for transition in net.features[2:-1:2]), Tap(net.head, "input")]


def of_cliquenet(net: Any) -> list[Tap]:
    """What the classifier reads of every block: its input and its features."""
    net.readouts = nn.ModuleList(NoClassifier(1) for _ in net.readouts)
    net.classifier = NoClassifier(net.task.classes)
    return [Tap(readout, "input") for readout in net.readouts]


def of_fractalnet(net: Any) -> list[Tap]:
    """What every block returns, after its pooling: columns meet there and not before."""
    net.head = NoClassifier(net.task.classes)
    return [Tap(block, "output") for block in net.blocks]


def of_randwire(net: Any) -> list[Tap]:
    """What every stage returns: the mean of its output nodes."""
    net.head = NoClassifier(net.task.classes)
    return [Tap(stage, "output") for stage in net.stages]


def of_early_exits(net: Any) -> list[Tap]:
    """What every segment hands on, of several tensors the last; exits are off, so that every segment runs.

    Segments end where a published trunk flattens its features: what follows there is a classifier.
    """
    _switch_exits_off(net)
    for number, segment in enumerate(net.segments):
        if isinstance(segment, nn.Sequential):
            ends = [i for i, module in enumerate(segment) if isinstance(module, nn.Flatten)]
            if ends:
                net.segments[number] = segment[: ends[0]]
    return [Tap(segment, "output") for segment in net.segments]


def of_msdnet(net: Any) -> list[Tap]:
    """The last cell of every scale, all exits off."""
    _switch_exits_off(net)
    last: dict[int, nn.Module] = {}
    for segment in net.segments:
        last |= dict(zip(segment.scales, segment.cells, strict=True))
    return [Tap(last[scale], "output") for scale in sorted(last)]


def _switch_exits_off(net: Any) -> None:
    net.heads = nn.ModuleList(NoClassifier(net.task.classes) for _ in net.heads)
    net.use(Setting(name="every segment", values={"thresholds": [None] * len(net.thresholds)}))


declare_taps("zoo.methods.resnet.ResNet", of_backbone)
declare_taps("zoo.methods.adanet.AdaNet", of_backbone)
declare_taps("zoo.methods.skipnet.network.SkipNet", of_backbone)
declare_taps("zoo.methods.stochastic_depth.StochasticDepth", of_backbone)
declare_taps("zoo.methods.deformable.network.DeformableNet", of_backbone)
declare_taps("zoo.methods.active_conv.ActiveConvNet", of_active_conv)
declare_taps("zoo.methods.preresnet.PreResNet", of_preactivation)
declare_taps("zoo.methods.wideresnet.WideResNet", of_preactivation)
declare_taps("zoo.methods.pyramidnet.PyramidNet", of_pyramidnet)
declare_taps("zoo.methods.highway.Highway", of_highway)
declare_taps("zoo.methods.densenet.DenseNet", of_densenet)
declare_taps("zoo.methods.cliquenet.network.CliqueNet", of_cliquenet)
declare_taps("zoo.methods.fractalnet.network.FractalNet", of_fractalnet)
declare_taps("zoo.methods.randwire.network.RandWireNet", of_randwire)
declare_taps("zoo.execution.early_exit.EarlyExitNet", of_early_exits)
declare_taps("zoo.methods.msdnet.network.MSDNet", of_msdnet)
