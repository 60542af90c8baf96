"""Attacks that foolbox makes."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from benchmarks.measuring.attacks.contract import Perturb, Target


def by_foolbox(attack: Any, target: Target) -> Perturb:
    """One of foolbox's attacks of fixed epsilon, on the network itself.

    Args:
        attack: of `foolbox.attacks`.
        target: what is attacked.
    """
    from foolbox.models import PyTorchModel

    model = PyTorchModel(target.model, bounds=(0, 1), device=target.device)

    def perturb(images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
        _, (adversarial,), _ = attack(model, images, labels, epsilons=[epsilon])
        return adversarial  # type: ignore[no-any-return]

    return perturb
