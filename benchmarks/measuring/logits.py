"""Routed networks as other libraries expect them."""

from __future__ import annotations

from torch import Tensor, nn

from zoo.network import RoutedNet


class LogitsOnly(nn.Module):
    """A network as other libraries expect it: pictures to logits, every unit computed."""

    def __init__(self, net: RoutedNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        logits: Tensor = self.net(images, compute="all").logits
        return logits
