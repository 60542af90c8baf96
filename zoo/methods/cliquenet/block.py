"""The parts of a CliqueNet: blocks with shared weights and two stages, transitions, and readouts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.layers import ModulesOf, conv
from zoo.network import Compute


class Update(nn.Module):
    """One update of one layer: batch norm, ReLU, convolution, dropout; the convolution's weights are handed in.

    Both stages of a block use the same weights but have an `Update` each, with batch norms of their own.

    Args:
        channels: of the input.
        width: of the output.
        bottleneck: a second batch norm, ReLU, convolution, dropout follow.
        dropout: rate.
    """

    def __init__(self, channels: int, width: int, *, bottleneck: bool, dropout: float) -> None:
        super().__init__()
        self.norms: ModulesOf[nn.BatchNorm2d] = ModulesOf(
            nn.BatchNorm2d(c) for c in ([channels, width] if bottleneck else [channels])
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, sources: Sequence[Tensor], weights: Sequence[Tensor], start: int) -> Tensor:
        """Features (N, C_i, H, W) of the source layers to (N, k, H, W).

        Args:
            sources: in the order of the weights.
            weights: one tensor per convolution; of the first, the input channels from `start` on are used.
            start: see there.
        """
        x = torch.cat(list(sources), dim=1)
        for norm, weight in zip(self.norms, weights, strict=True):
            used = weight[:, start : start + x.shape[1]]
            x = functional.relu(norm(x), inplace=True)
            x = self.dropout(functional.conv2d(x, used, padding=weight.shape[-1] // 2))
            start = 0
        return x


class CliqueBlock(nn.Module):
    """L layers of k channels, each connected to every other (Yang et al. 2018, section 3.1).

    The weights W_ij of all connections into layer j lie side by side in one tensor, in the order block input,
    layer 1, ... layer L without j: Stage I reads its front part, Stage II all but the block input's.

    Args:
        channels: of the block's input.
        width: k.
        layers: L.
        updates: how many layers Stage II updates, 0 to L. Later layers are only ever read by Stage I, so weights
            from the layers behind them are left out.
        bottleneck: W_ij are 1x1, and a 3x3 convolution per layer follows.
        dropout: rate after every convolution.
    """

    def __init__(
        self, channels: int, width: int, layers: int, updates: int, *, bottleneck: bool, dropout: float
    ) -> None:
        super().__init__()
        self.channels, self.width = channels, width
        self.weights = nn.ParameterList()
        self.spatial = nn.ParameterList()
        for j in range(layers):
            sources = layers - 1 if j < updates else j
            self.weights.append(_he([channels] + [width] * sources, width, 1 if bottleneck else 3))
            if bottleneck:
                self.spatial.append(_he([width], width, 3))
        update = partial(Update, width=width, bottleneck=bottleneck, dropout=dropout)
        self.stage1: ModulesOf[Update] = ModulesOf(update(channels + j * width) for j in range(layers))
        self.stage2: ModulesOf[Update] = ModulesOf(update((layers - 1) * width) for _ in range(updates))

    def forward(self, x: Tensor, *, updates: int, compute: Compute) -> tuple[list[Tensor], list[Tensor]]:
        """Stage-I features and the latest features of all layers, L tensors (N, k, H, W) each.

        Args:
            x: (N, C, H, W).
            updates: how many Stage-II updates take effect.
            compute: "all" computes the others too, and drops them.
        """
        features: list[Tensor] = []
        for j, update in enumerate(self.stage1):
            features.append(update([x, *features], self._weights(j), 0))
        first = list(features)
        for j, update in enumerate(self.stage2):
            if j >= updates and compute == "needed":
                break
            refined = update(features[:j] + features[j + 1 :], self._weights(j), self.channels)
            if j < updates:
                features[j] = refined
        return first, features

    def _weights(self, j: int) -> list[Tensor]:
        return [self.weights[j], self.spatial[j]] if len(self.spatial) else [self.weights[j]]

    def weight(self, i: int, j: int) -> Tensor:
        """W_ij (k, C_i, s, s) from layer i, where 0 is the block's input, to layer j = 1 ... L.

        Raises:
            ValueError: there is no such connection.
        """
        slot = i if i < j else i - 1
        start = self.channels + (slot - 1) * self.width if slot else 0
        end = start + self.width if slot else self.channels
        if not 1 <= j <= len(self.weights) or i < 0 or i == j or end > self.weights[j - 1].shape[1]:
            raise ValueError(f"the block has no connection from layer {i} to layer {j}")
        part: Tensor = self.weights[j - 1][:, start:end]
        return part


def _he(sources: Sequence[int], width: int, size: int) -> nn.Parameter:
    """Weights from several layers, each initialised with its own fan-in rather than that of all together."""
    parts = [torch.empty(width, channels, size, size) for channels in sources]
    for part in parts:
        nn.init.kaiming_normal_(part, nonlinearity="relu")
    return nn.Parameter(torch.cat(parts, dim=1))


class GlobalAverage(nn.Module):
    """(N, C, H, W) to (N, C); on the CPU its gradient is faster than that of an adaptive pool in channels-last."""

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return functional.avg_pool2d(x, x.shape[2:]).flatten(1)


class Attention(nn.Module):
    """Channels scaled by sigmoid(FC(ReLU(FC(their global averages)))), with half as many hidden units."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            GlobalAverage(),
            nn.Linear(channels, channels // 2),
            nn.ReLU(inplace=True),
            nn.Linear(channels // 2, channels),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        gate: Tensor = self.gate(x)
        return x * gate[:, :, None, None]


def _bn_relu_conv(channels: int, width: int, dropout: float) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.ReLU(inplace=True), conv(channels, width, 1), nn.Dropout(dropout)]


def transition(channels: int, *, attention: bool, dropout: float) -> nn.Sequential:
    """Between two blocks: BN-ReLU-1x1 to the same width, attention if wanted, 2x2 average pool."""
    weigh = [Attention(channels)] if attention else []
    return nn.Sequential(*_bn_relu_conv(channels, channels, dropout), *weigh, nn.AvgPool2d(2))


def readout(channels: int, *, compression: bool, dropout: float) -> tuple[nn.Sequential, int]:
    """From a block's features to numbers for the classifier, and how many: BN-ReLU and a global average pool.

    With compression, BN-ReLU-1x1 to half the channels comes first.
    """
    size = channels // 2 if compression else channels
    halve = _bn_relu_conv(channels, size, dropout) if compression else []
    pool = [nn.BatchNorm2d(size), nn.ReLU(inplace=True), GlobalAverage()]
    return nn.Sequential(*halve, *pool), size
