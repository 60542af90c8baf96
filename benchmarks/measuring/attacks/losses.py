"""What attacks maximise, per image: logits (N, K), labels (N,) and classes to aim at (N,) to (N,).

DLR and its targeted form are those of Croce & Hein 2020: differences of logits over a difference of logits, so that
a network whose logits are scaled by any factor has the same gradients.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
SMALLEST = 1e-12
"""Added to denominators."""


def cross_entropy(logits: Tensor, labels: Tensor, aims: Tensor) -> Tensor:
    """The negative log-probability of the label; aims at no class."""
    return functional.cross_entropy(logits, labels, reduction="none")


def dlr(logits: Tensor, labels: Tensor, aims: Tensor) -> Tensor:
    """Difference of logits ratio; aims at no class. With two classes, which have no third logit, without the ratio."""
    ordered = logits.sort(dim=1, descending=True).values
    own = _at(logits, labels)
    best_other = torch.where(logits.argmax(dim=1) == labels, ordered[:, 1], ordered[:, 0])
    if logits.shape[1] < 3:
        return best_other - own
    return (best_other - own) / (ordered[:, 0] - ordered[:, 2] + SMALLEST)


def targeted_dlr(logits: Tensor, labels: Tensor, aims: Tensor) -> Tensor:
    """DLR towards the class that is aimed at; with fewer than four classes without the ratio."""
    gain = _at(logits, aims) - _at(logits, labels)
    if logits.shape[1] < 4:
        return gain
    ordered = logits.sort(dim=1, descending=True).values
    return gain / (ordered[:, 0] - (ordered[:, 2] + ordered[:, 3]) / 2 + SMALLEST)


def likeliest_others(logits: Tensor, labels: Tensor) -> Tensor:
    """All classes but the label, the likeliest first: (N, K) and (N,) to (N, K - 1) int64."""
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return others.argsort(dim=1, descending=True)[:, :-1]


def _at(logits: Tensor, classes: Tensor) -> Tensor:
    return logits.gather(1, classes[:, None]).squeeze(1)
