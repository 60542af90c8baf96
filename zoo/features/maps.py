"""Any network of the zoo as a backbone: feature maps at several resolutions, and the route that made them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from zoo.features.taps import Tap, take_trunk
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.plugins import UnknownName, unknown
from zoo.registry import Selector, create
from zoo.sizing.counting import evaluating
from zoo.sizing.unit_costs import Ledger, measure_ledger

PROBE = 128
"""Pixels a side of the image by which strides are found: what usual strides divide."""


class FeatureMaps(nn.Module):
    """The trunk of a network: images to one feature map per resolution.

    A stage is a resolution; its map is the last that the trunk makes at that resolution. Classifiers are left out, and
    cost nothing. Early exits are off: every segment runs for every image. Gates decide as they do in the network: what
    a skipped block would have added is not in the map. In training mode the trunk does what its paper does (samples
    gates, drops blocks and paths); in eval mode it is deterministic, and gradients reach gates and units alike.

    Attributes:
        net: the network without its classifiers, its task that of the images.
        strides: of the maps, by stage, from fine to coarse: by how much they are smaller than the images.
        out_channels: of the maps, by stage.
        last: output of the last forward pass; its logits say nothing.
    """

    def __init__(
        self, net: RoutedNet, *, size: tuple[int, int] | None = None, stages: Sequence[str] | None = None
    ) -> None:
        """Take the trunk of a copy of a network, at its setting and on its device.

        Args:
            net: trained or not; it is not changed.
            size: (H, W) of the images that costs are counted for; None for the network's own.
            stages: names of the maps to give, `stage1` the finest; None for all.

        Raises:
            UnknownName: a stage that the network does not have.
            ValueError: no stages, images smaller than the largest stride, or a network of which no maps are declared.
        """
        super().__init__()
        self.net = copy.deepcopy(net)
        weights = set(self.net.state_dict())
        taps = take_trunk(self.net)
        self._dropped = weights - set(self.net.state_dict())
        self.last: Forward | None = None
        probed = self._probe(taps)
        names = [f"stage{number}" for number in range(1, len(probed) + 1)]
        found = dict(zip(names, probed.items(), strict=True))
        chosen = names if stages is None else [_checked(stage, names, net) for stage in stages]
        if not chosen or len(set(chosen)) < len(chosen):
            raise ValueError(f"stages must be one or more different names of {', '.join(names)}, not {list(chosen)}")
        chosen = [name for name in names if name in chosen]
        self._taps: Mapping[str, Tap] = {name: found[name][1][0] for name in chosen}
        self.strides: Mapping[str, int] = {name: found[name][0] for name in chosen}
        self.out_channels: Mapping[str, int] = {name: found[name][1][1] for name in chosen}
        self.net.task = replace(net.task, shape=(net.task.shape[0], *(size or net.task.shape[1:])))
        self._stride = max(probed)
        self.net.task.require_size(self._stride, "the trunk's")

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Images (N, C, H, W), pixels in [0, 1], of any size, to maps (N, C_i, H_i, W_i) by stage, from fine to coarse.

        Without autograd, only what the route asks for runs.

        Raises:
            ValueError: another number of channels, or images smaller than the largest stride.
            RuntimeError: in training mode, a network that runs its batch in several parts.
        """
        if images.ndim != 4 or images.shape[1] != self.net.task.shape[0]:
            raise ValueError(f"images must be (N, {self.net.task.shape[0]}, H, W), not {tuple(images.shape)}")
        channels, height, width = images.shape[1:]
        replace(self.net.task, shape=(channels, height, width)).require_size(self._stride, "the trunk's")
        maps, self.last = self._read(self._taps, images)
        return maps

    @property
    def route(self) -> Tensor:
        """(N, U) bool, the units that each image of the last forward pass used.

        Raises:
            RuntimeError: there was none.
        """
        if self.last is None:
            raise RuntimeError("no images have been run; call the backbone first")
        return self.last.route

    def ledger(self) -> Ledger:
        """What the trunk's units cost for an image of the task's size, gates included and classifiers not."""
        return measure_ledger(self.net)

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take the weights of a whole trained network of the same kind; those of its classifiers are left out.

        Raises:
            RuntimeError: they are not those of such a network.
        """
        self.net.load_state_dict({name: value for name, value in weights.items() if name not in self._dropped})

    def _read(self, taps: Mapping[str, Tap], images: Tensor) -> tuple[dict[str, Tensor], Forward]:
        found: dict[str, list[Tensor]] = {name: [] for name in taps}
        with ExitStack() as stack:
            for name, tap in taps.items():
                stack.callback(tap.attach(partial(list.append, found[name])).remove)
            compute: Compute = "all" if torch.is_grad_enabled() else "needed"
            out = self.net.run(self.net.normalize(images), compute=compute, generator=None)
        if any(len(maps) != 1 or len(maps[0]) != len(images) for maps in found.values()):
            raise RuntimeError(
                f"{type(self.net).__name__} runs a batch in several parts in training mode, so that a stage has no one "
                "map; train with its trunk in eval mode"
            )
        return {name: maps[0] for name, maps in found.items()}, out

    def _probe(self, taps: Sequence[Tap]) -> dict[int, tuple[Tap, int]]:
        """By stride, ascending, the last tap that reads a map of it, and the map's channels."""
        device = next(self.net.parameters()).device
        with evaluating(self.net):
            image = torch.zeros(1, self.net.task.shape[0], PROBE, PROBE, device=device)
            maps, _ = self._read({str(number): tap for number, tap in enumerate(taps)}, image)
        found = {
            round(PROBE / value.shape[2]): (tap, value.shape[1]) for tap, value in zip(taps, maps.values(), strict=True)
        }
        return dict(sorted(found.items()))


def _checked(stage: str, valid: Sequence[str], net: RoutedNet) -> str:
    if stage not in valid:
        raise UnknownName(unknown(f"stage of {type(net).__name__}", str(stage), valid))
    return stage


def backbone(selector: str | Selector, task: Task | None = None, *, stages: Sequence[str] | None = None) -> FeatureMaps:
    """An untrained network of any method as a backbone: `zoo.backbone("randwire[small]", stages=["stage2", "stage3"])`.

    Args:
        selector: as `zoo.parse` reads it; without a preset, `tiny`.
        task: channels, normalisation, and the size of the images that costs are counted for; without one, the task
            that the preset was published for.
        stages: names of the maps to give, `stage1` the finest; None for all.

    Raises:
        UnknownName: no such method, preset, parameter or stage; the message lists the nearest.
        ValueError: the task or a parameter does not fit the network.
    """
    return FeatureMaps(create(selector, task), stages=stages)
