"""An exponential moving average of a network over the steps of its training."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from zoo.network import RoutedNet


class Average:
    """The moving average of a network, which begins with its weights after the first step.

    Parameters and floating-point buffers are averaged. Among the buffers are the running means and variances of batch
    norm, as with `use_buffers=True` of `torch.optim.swa_utils.AveragedModel`: so no pass over the training data has to
    measure them again. Integer buffers (counters of steps, edges of a graph) are copied, since an average of them has
    no meaning. No update waits for the device.

    Args:
        net: to follow, on its device.
        decay: weight of the average so far, in (0, 1); the network's present weights have 1 - decay.

    Attributes:
        net: a network with the averaged weights.
    """

    def __init__(self, net: RoutedNet, decay: float) -> None:
        self.net = copy.deepcopy(net)
        self._mix = get_ema_multi_avg_fn(decay)
        self._begun = False

    @torch.no_grad()
    def update(self, net: RoutedNet) -> None:
        """Take the weights after a step into the average."""
        averaged: list[tuple[Tensor, Tensor]] = []
        exact: list[tuple[Tensor, Tensor]] = []
        for pair in zip(_tensors(self.net), _tensors(net), strict=True):
            (averaged if self._begun and pair[0].is_floating_point() else exact).append(pair)
        for mine, present in exact:
            mine.copy_(present)
        if averaged:
            self._mix([mine for mine, _ in averaged], [present for _, present in averaged], 0)
        self._begun = True

    def state(self) -> dict[str, Any]:
        """The averaged weights, for a checkpoint."""
        return self.net.state_dict()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from the averaged weights of a checkpoint."""
        self.net.load_state_dict(state)
        self._begun = True


def _tensors(net: RoutedNet) -> list[Tensor]:
    return [tensor.detach() for tensor in chain(net.parameters(), net.buffers())]
