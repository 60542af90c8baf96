"""Differentiable stand-ins for a network that decides, whose gradients an adaptive attack follows.

A decision has no gradient of its own. In eval mode with every unit computed, gates have the gradient of their
probability (straight-through), and exits that of the exit which answers. On some networks that hinders the attacker:
Tramer et al. 2020 ask for attacks that are made for the defence. The network as deployed judges what they find.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from benchmarks.measuring.logits_only import LogitsOnly
from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.gates import GateGradient, gate_gradient
from zoo.network import Forward, RoutedNet

Surrogate = Literal[
    "deployed", "gates cut", "gates soft", "gates sampled", "each exit", "mean of exits", "soft cascade"
]
DEPLOYED: Surrogate = "deployed"
SURROGATES: tuple[Surrogate, ...] = get_args(Surrogate)
SAMPLES = 4
"""Samples of gates that a gradient is the mean of (expectation over transformation, Athalye et al. 2018)."""
SHARPNESS = 10.0
"""Of a soft exit: slope of the share that leaves over the uncertainty in thresholds, at the threshold, times four."""


def surrogates(net: RoutedNet, kind: Surrogate) -> list[nn.Module]:
    """The stand-ins of a kind, images in [0, 1] to logits: several for `each exit`, none where it has no such parts.

    Args:
        net: in eval mode.
        kind: `deployed`, the network itself; `gates cut`, decisions as constants; `gates soft`, blocks scaled by
            their gates' probabilities; `gates sampled`, the mean over sampled decisions; `each exit` alone; the
            `mean of exits`, of their log-probabilities; `soft cascade`, exits weighted by soft thresholds.
    """
    if kind == "deployed":
        return [LogitsOnly(net).eval()]
    if kind in ("gates cut", "gates soft", "gates sampled"):
        if not _has_gates(net):
            return []
        return [Sampled(net)] if kind == "gates sampled" else [Gates(net, "none" if kind == "gates cut" else "soft")]
    if not isinstance(net, EarlyExitNet):
        return []
    if kind == "each exit":
        return [OneExit(net, place) for place in range(len(net.heads))]
    return [MeanOfExits(net) if kind == "mean of exits" else SoftCascade(net)]


def _has_gates(net: RoutedNet) -> bool:
    with torch.no_grad():
        out: Forward = net(torch.zeros(1, *net.task.shape, device=next(net.parameters()).device))
    return out.gate_probs is not None


class _StandIn(nn.Module):
    """A network in eval mode, every unit computed."""

    def __init__(self, net: RoutedNet) -> None:
        super().__init__()
        self.net = net
        self.eval()


class Gates(_StandIn):
    """Gates with another gradient."""

    def __init__(self, net: RoutedNet, gradient: GateGradient) -> None:
        super().__init__(net)
        self.gradient: GateGradient = gradient

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        with gate_gradient(self.gradient):
            logits: Tensor = self.net(images).logits
        return logits


class Sampled(_StandIn):
    """The mean of the log-probabilities over sampled decisions."""

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        seed = int(torch.randint(2**31, ()))
        generator = torch.Generator(images.device).manual_seed(seed)
        logits: Tensor = self.net(images.repeat(SAMPLES, 1, 1, 1), generator=generator).logits
        return torch.log_softmax(logits, dim=1).view(SAMPLES, len(images), -1).mean(dim=0)


class OneExit(_StandIn):
    """What an exit says, whoever leaves there."""

    def __init__(self, net: EarlyExitNet, place: int) -> None:
        super().__init__(net)
        self.place = place

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        logits: Tensor = self.net(images).exit_logits[self.place]
        return logits


class MeanOfExits(_StandIn):
    """The mean of the log-probabilities of all exits."""

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        exits = [torch.log_softmax(logits, dim=1) for logits in self.net(images).exit_logits]
        return torch.stack(exits).mean(dim=0)


class SoftCascade(_StandIn):
    """Probabilities of the exits, weighted by how many would leave there if thresholds were soft."""

    def __init__(self, net: EarlyExitNet) -> None:
        super().__init__(net)
        self.exits = net

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K), log-probabilities."""
        *early, last = self.exits(images).exit_logits
        left = torch.ones(len(images), device=images.device)
        total = torch.zeros_like(last)
        for logits, threshold in zip(early, self.exits.thresholds, strict=True):
            if threshold is None:
                continue
            relative = self.exits.uncertainty(logits) / max(threshold, 1e-6)
            leaves = left * torch.sigmoid(SHARPNESS * (1 - relative))
            total = total + leaves[:, None] * torch.softmax(logits, dim=1)
            left = left - leaves
        return (total + left[:, None] * torch.softmax(last, dim=1)).clamp_min(1e-12).log()
