"""What an attack on the cost pushes: early exits towards the uniform distribution, gates towards open.

Exits as in Hong et al. 2021 (DeepSloth): the cross-entropy between the uniform distribution and what the exit answers.
Gates: the expected number of open ones, and with a small weight the log-probabilities of opening. Two things are
different, chosen on the first 200 test images of networks of one seed, trained on 3,500 digits, with 8 steps at epsilon
0.1:

- An exit that an image already passes weighs a tenth of one at which it would leave: else most of a step goes to exits
  that are unsure enough. Saving undone: BranchyNet 62 in place of 55 %, MSDNet 80 in place of 78.
- Log-probabilities alone push the gates that are furthest from opening as hard as any. Expected numbers push those that
  nearly open: AdaNet 37 in place of 34 % (with 20 steps 42 in place of 39), SkipNet 50 in place of 50. They alone have
  no gradient left where gates have saturated: AdaNet 35.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from zoo.execution.early_exit import EarlyExitNet
from zoo.network import Forward, RoutedNet

Objective = Callable[[Forward, Tensor], Tensor]
"""Output of all units (N images), and classes (N,) int64, to what is climbed, (N,)."""

PASSED = 0.1
"""Weight of an exit that the image passes."""
FAR = 0.1
"""Weight of the log-probabilities of opening, beside the probabilities."""
SOFTENED = 2.0
"""What log-odds of gates are divided by, in log-probabilities."""


def decides(net: RoutedNet, out: Forward) -> bool:
    """Whether gates or exits decide what an image costs.

    Args:
        net: in eval mode.
        out: its output with every unit computed.
    """
    return isinstance(net, EarlyExitNet) or (out.gate_probs is not None and out.gate_probs.shape == out.route.shape)


def dear(net: RoutedNet) -> Objective:
    """The more, the nearer to passing every exit and opening every gate."""

    def climbed(out: Forward, classes: Tensor) -> Tensor:
        total = torch.zeros(len(out.logits), device=out.logits.device)
        if isinstance(net, EarlyExitNet):
            total = total + _passing(net, out)
        if out.gate_probs is not None:
            total = total + _opening(out.gate_probs)
        return total

    return climbed


def _passing(net: EarlyExitNet, out: Forward) -> Tensor:
    """Minus the cross-entropies of the early exits with the uniform distribution, (N,)."""
    total = torch.zeros(len(out.logits), device=out.logits.device)
    for logits, threshold in zip(out.exit_logits, net.thresholds, strict=False):
        if threshold is not None:
            leaves = net.uncertainty(logits.detach()) < threshold
            weight = torch.where(leaves, 1.0, PASSED)
            total = total + weight * logits.float().log_softmax(dim=1).mean(dim=1)
    return total


def _opening(probs: Tensor) -> Tensor:
    """Expected number of open gates and a part of their log-probabilities, (N,); finite where a gate has saturated."""
    ends = torch.finfo(torch.float32)
    log_odds = probs.float().clamp_min(ends.tiny).log() - (1 - probs.float()).clamp_min(ends.eps).log()
    return (probs.float() + FAR * functional.logsigmoid(log_odds / SOFTENED)).sum(dim=1)


def dear_and_kept(net: RoutedNet) -> Objective:
    """The same where the answer is that class; elsewhere nothing but towards it, until it is."""
    push = dear(net)

    def climbed(out: Forward, classes: Tensor) -> Tensor:
        kept = out.logits.argmax(dim=1) == classes
        return torch.where(kept, push(out, classes), -_loss(out, classes))

    return climbed


def dear_and_lost(net: RoutedNet) -> Objective:
    """The same, and where the answer is that class, away from it."""
    push = dear(net)
    return lambda out, classes: push(out, classes) + _loss(out, classes) * (out.logits.argmax(dim=1) == classes)


def _loss(out: Forward, classes: Tensor) -> Tensor:
    """Cross-entropy of the answer of the dearest route, which is the last exit's where there are exits, (N,)."""
    logits = out.exit_logits[-1] if out.exit_logits else out.logits
    return functional.cross_entropy(logits.float(), classes, reduction="none")
