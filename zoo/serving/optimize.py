"""A trained network made ready to serve: the same answers and routes, faster.

What it takes was measured on a CPU. Batch norms are folded into the convolutions in front of them, gates look at
channel means that are averaged once, everything is channels-last and nothing is kept for gradients; convolutions take
ReLUs and sums in (`zoo.serving.onednn`); the rest is `zoo.execution`, which every network runs
through anyway.

On CUDA the host waits for the device once per gated block and once per exit, whatever the batch; `masked_up_to` trades
computation for not waiting at all.
"""

from __future__ import annotations

import copy
from typing import Self

import torch
from torch import Tensor, nn

from zoo.execution.skipping import Skipping
from zoo.layers import ResidualBlock
from zoo.network import Compute, Forward, RoutedNet, Setting
from zoo.serving.folding import fold
from zoo.serving.gates import lean_form
from zoo.serving.onednn import pack
from zoo.serving.skipping import ServedSkipping


class Served(nn.Module):
    """Answers pictures with the needed units only, in inference mode and channels-last.

    Steps of a block may be one operator: hooks on parts of the network need not be called.

    Attributes:
        net: the optimised copy.
        masked_up_to: see `optimize_for_inference`.
    """

    def __init__(self, net: RoutedNet, *, masked_up_to: int = 0) -> None:
        super().__init__()
        self.net = net
        self.masked_up_to = masked_up_to
        self.eval()

    @property
    def setting(self) -> Setting:
        """The setting in use."""
        return self.net.setting

    def use(self, setting: Setting) -> None:
        """Serve at that setting from now on; see `zoo.network.RoutedNet.use`.

        Raises:
            ValueError: the setting has values this network does not know.
        """
        self.net.use(setting)

    def forward(self, images: Tensor, *, compute: Compute = "needed") -> Forward:
        """Answer (N, C, H, W), pixels in [0, 1]; tensors of the answer cannot take part in autograd.

        Args:
            images: in any memory format.
            compute: what is needed, or for comparison every unit.
        """
        masked = images.is_cuda and 1 < len(images) <= self.masked_up_to
        with torch.inference_mode():
            pictures = images.contiguous(memory_format=torch.channels_last)
            answer: Forward = self.net(pictures, compute="all" if masked else compute)
        return answer

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode.

        Raises:
            RuntimeError: training is asked for.
        """
        if mode:
            raise RuntimeError("a served network cannot be trained: its batch norms are folded; train the original")
        return super().train(False)


def optimize_for_inference(net: RoutedNet, *, fused: bool = True, masked_up_to: int = 0) -> Served:
    """A copy that serves: batch norms folded, lean gates, channels-last, and only the needed units.

    Logits agree with the network's own within 1e-4; routes are the same but for decisions on the very edge.

    Args:
        net: trained; it is not changed. The copy is at its setting, on its device.
        fused: use oneDNN's fused convolutions where the network runs on a CPU; see `zoo.serving.onednn`.
        masked_up_to: on CUDA, batches of 2 to this many pictures compute every unit and mask, without waiting for the
            device once: for batches so small that a block takes as long for one picture as for all.
    """
    served = copy.deepcopy(net).eval().requires_grad_(False)
    _put_served_forms(served)
    for module in served.modules():
        if isinstance(module, ResidualBlock) and isinstance(module.activation, nn.ReLU):
            module.activation.inplace = True
        if isinstance(module, nn.Sequential):
            fold(module)
    if fused:
        pack(served)
    return Served(served.to(memory_format=torch.channels_last), masked_up_to=masked_up_to)


def _put_served_forms(module: nn.Module) -> None:
    """Put what serves in the place of gates and of the loop over gated blocks, by their types."""
    for name, child in list(module.named_children()):
        lean = lean_form(child)
        if lean is not None:
            setattr(module, name, lean)
        elif type(child) is Skipping:
            setattr(module, name, ServedSkipping(child.rule))
        else:
            _put_served_forms(child)
