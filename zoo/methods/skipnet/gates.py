"""SkipNet's gates, small convnets or one recurrent gate shared by all blocks, and what they are rewarded with.

Parameters and multiply-accumulates are those of the official code, except for its last gate, which decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from zoo.layers import ModulesOf, conv_bn_relu, init_he

GateKind = Literal["rnn", "ff1", "ff2"]
GateStart = Literal["cifar", "imagenet"]
"""Whose initialisation recurrent gates have: that of the official CIFAR code or of its ImageNet code."""

State = tuple[Tensor, Tensor] | None
"""Hidden and cell state (N, hidden) of the recurrent gate; None before the first gate, and without memory."""


class SkipGates(nn.Module):
    """Gates of several blocks, asked in order (`zoo.execution.skipping.Gates`); each looks at its block's input.

    Attributes:
        sharpened: 1 once `sharpen` has been called; a buffer, so that a resumed training does not sharpen twice.
    """

    sharpened: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("sharpened", torch.zeros((), dtype=torch.int64))

    def forward(self, index: int, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Gate `index` on x (N, C, H, W): log-odds of executing the block, (N,), and the state for the next gate."""
        raise NotImplementedError

    def choices(self) -> list[nn.Linear]:
        """The layers that give the log-odds."""
        raise NotImplementedError

    def start(self, start: GateStart) -> None:
        """Start as the official code does, open or shut as it comes."""
        raise NotImplementedError

    def open(self, log_odds: float) -> None:
        """Set the bias of the log-odds to this value; the weights stay."""
        with torch.no_grad():
            for choice in self.choices():
                choice.bias.zero_()
                choice.bias[-1] = log_odds

    def set_apart(self) -> None:
        """Make the gates of different blocks start with different log-odds; feed-forward gates do so already."""

    def sharpen(self, temperature: float) -> None:
        """Divide all log-odds by a temperature, once and for good, in the weights."""
        if self.sharpened.item() or temperature == 1:
            return
        with torch.no_grad():
            for choice in self.choices():
                choice.weight.div_(temperature)
                choice.bias.div_(temperature)
        self.sharpened.fill_(1)


class FeedForwardGates(SkipGates):
    """A convnet per block (Wang et al. 2018) ending in two logits: skip, execute.

    `ff1` is FFGate-I: max-pool, two 3x3 convolutions of which the second has stride 2, global average pool. `ff2` is
    FFGate-II: one 3x3 convolution of stride 2, global average pool.

    Args:
        kind: `ff1` or `ff2`.
        channels: C of every gated block's input.
    """

    def __init__(self, kind: Literal["ff1", "ff2"], channels: Sequence[int]) -> None:
        super().__init__()
        self.features = nn.ModuleList(_features(kind, width) for width in channels)
        init_he(self.features)
        self.choice: ModulesOf[nn.Linear] = ModulesOf(nn.Linear(width, 2) for width in channels)
        for choice in self.choices():
            nn.init.normal_(choice.weight)
            nn.init.zeros_(choice.bias)

    def forward(self, index: int, x: Tensor, state: State) -> tuple[Tensor, State]:
        """See `SkipGates.forward`; the state passes through."""
        logits = self.choice[index](self.features[index](x)).float()
        return logits[:, 1] - logits[:, 0], state

    def choices(self) -> list[nn.Linear]:
        """One per gate."""
        return list(self.choice)

    def start(self, start: GateStart) -> None:
        """Biases as torch draws them; the weights are the official ones from the beginning."""
        for choice in self.choices():
            _torch_bias(choice)


def _features(kind: Literal["ff1", "ff2"], width: int) -> nn.Sequential:
    pool = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
    last = conv_bn_relu(width, width, 3, stride=2)
    if kind == "ff2":
        return nn.Sequential(last, *pool)
    return nn.Sequential(nn.MaxPool2d(2, ceil_mode=True), conv_bn_relu(width, width, 3), last, *pool)


class RecurrentGates(SkipGates):
    """RNNGate: pooled features, projected to 10 per block, feed an LSTM of 10 that all blocks share.

    Args:
        channels: C of every gated block's input.
        hidden: size of the projection and of the LSTM.
    """

    def __init__(self, channels: Sequence[int], hidden: int = 10) -> None:
        super().__init__()
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.project: ModulesOf[nn.Linear] = ModulesOf(nn.Linear(width, hidden) for width in channels)
        for module in self.project:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(module.bias)
        self.cell = nn.LSTMCell(hidden, hidden)
        self.choice = nn.Linear(hidden, 1)

    def forward(self, index: int, x: Tensor, state: State) -> tuple[Tensor, State]:
        """See `SkipGates.forward`; the state is zero at the first gate of every forward pass."""
        hidden, cell = self.cell(self.project[index](self.pool(x)), state)
        log_odds: Tensor = self.choice(hidden).squeeze(1).float()
        return log_odds, (hidden, cell)

    def choices(self) -> list[nn.Linear]:
        """The one that all gates share."""
        return [self.choice]

    def start(self, start: GateStart) -> None:
        """The output layer of standard deviation .447 (CIFAR), or LSTM and output by Xavier without biases (ImageNet).

        On CIFAR all else is as torch draws it. On ImageNet the constructor's output layer, of standard deviation 1.414,
        is drawn again when training starts: the output then has .426, the LSTM .2.
        """
        for project in self.project:
            _torch_bias(project)
        if start == "cifar":
            nn.init.normal_(self.choice.weight, std=math.sqrt(2 / self.choice.weight.numel()))
            return
        for name, parameter in [*self.cell.named_parameters(), *self.choice.named_parameters()]:
            if name.startswith("weight"):
                nn.init.xavier_normal_(parameter)
            else:
                nn.init.zeros_(parameter)

    def set_apart(self) -> None:
        """Widen the shared output layer, zero the LSTM's biases, so that the blocks' projections tell gates apart."""
        nn.init.normal_(self.choice.weight, std=4.0)
        nn.init.zeros_(self.cell.bias_ih)
        nn.init.zeros_(self.cell.bias_hh)


def _torch_bias(layer: nn.Linear) -> None:
    bound = 1 / math.sqrt(layer.in_features)
    nn.init.uniform_(layer.bias, -bound, bound)


def make_gates(
    kind: GateKind,
    channels: Sequence[int],
    open_log_odds: float | None,
    *,
    start: GateStart = "cifar",
    set_apart: bool = False,
) -> SkipGates:
    """Gates of a kind.

    Args:
        kind: `rnn`, `ff1` or `ff2`.
        channels: C of every gated block's input.
        open_log_odds: bias of the log-odds at the start, or None for the official initialisation, which for some
            seeds shuts every gate.
        start: whose official initialisation; without meaning where gates are opened.
        set_apart: start the gates of different blocks with different log-odds.

    Raises:
        ValueError: an unknown kind or start.
    """
    if kind not in ("rnn", "ff1", "ff2"):
        raise ValueError(f"gate must be 'rnn', 'ff1' or 'ff2', not {kind!r}")
    if start not in ("cifar", "imagenet"):
        raise ValueError(f"gate_start must be 'cifar' or 'imagenet', not {start!r}")
    gates = RecurrentGates(channels) if kind == "rnn" else FeedForwardGates(kind, channels)
    if open_log_odds is None:
        gates.start(start)
    if set_apart:
        gates.set_apart()
    if open_log_odds is not None:
        gates.open(open_log_odds)
    return gates


def discounted_returns(route: Tensor, terminal: Tensor, alpha: float, gamma: float) -> Tensor:
    """R_i = r_i + gamma * R_{i+1} with r_i = alpha / G for a skipped block of G, 0 for one that runs.

    Args:
        route: (N, G) bool, decisions.
        terminal: (N,) R_{G+1}, what the end pays.
        alpha: price of computation.
        gamma: discount.

    Returns:
        (N, G).
    """
    rewards = (~route).float() * (alpha / route.shape[1])
    returns = []
    following = terminal
    for reward in reversed(rewards.unbind(dim=1)):
        following = reward + gamma * following
        returns.append(following)
    return torch.stack(returns[::-1], dim=1)
