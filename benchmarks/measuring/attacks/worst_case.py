"""The worst case per image over several attacks: an image is right only if it survives all of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.measuring.attacks.in_turn import Right, Try


@dataclass
class WorstCase:
    """Images under one attack after another, each of which gets those that are still right.

    Args:
        right: judges.
        images: (N, C, H, W).
        labels: (N,) int64.

    Attributes:
        found: (N, C, H, W), of each image what fooled; of those that survive, what the last attack made of them.
        by: of each image the attack that fooled, `none` where it is wrong without any, empty where it survives.
        left: (n,) int64, the places of those that survive.
    """

    right: Right
    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        """Ask the network about the images themselves."""
        self.found, self.by = self.images.clone(), [""] * len(self.images)
        self.left = torch.arange(len(self.images), device=self.images.device)
        self._take(CLEAN, self.images)

    def known(self, name: str, adversarial: Tensor) -> None:
        """Count in what an attack made of all images (N, C, H, W)."""
        self._take(name, adversarial[self.left])

    def attack(self, name: str, attack: Try) -> None:
        """Attack those that are left."""
        if len(self.left):
            self._take(name, attack(self.images[self.left], self.labels[self.left]))

    def _take(self, name: str, adversarial: Tensor) -> None:
        self.found[self.left] = adversarial
        right = self.right(adversarial, self.labels[self.left])
        for place in self.left[~right].tolist():
            self.by[place] = name
        self.left = self.left[right]
