"""A routed network as a plain function from images to logits, which other libraries expect."""

from __future__ import annotations

from torch import Tensor, nn

from zoo.network import RoutedNet


class LogitsOnly(nn.Module):
    """Images to logits, every unit computed."""

    def __init__(self, net: RoutedNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        logits: Tensor = self.net(images, compute="all").logits
        return logits
