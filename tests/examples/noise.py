"""Uniform noise within the ball: no gradient, so what any attack should beat."""

import torch
from torch import Tensor

from benchmarks.measuring.attacks import Attack, Perturb, Target, attack


@attack("noise")
class Noise(Attack):
    """Random signs, each pixel moved by the whole radius."""

    def strength(self) -> int:
        """No step follows the gradient."""
        return 0

    def prepare(self, target: Target) -> Perturb:
        """Nothing is learnt of the network."""

        def perturb(images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
            return (images + epsilon * torch.randn_like(images).sign()).clamp(0, 1)

        return perturb
