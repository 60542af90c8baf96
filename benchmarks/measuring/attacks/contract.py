"""What every attack is: options, a strength, and images that are changed within an L-infinity ball."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchmarks.measuring.logits_only import LogitsOnly
from benchmarks.strict import Strict
from zoo.network import RoutedNet

CLEAN = "none"
"""Name of the attack that does nothing: its images are those of the test split, at epsilon 0."""

Perturb = Callable[[Tensor, Tensor, float], Tensor]
"""Images (N, C, H, W) in [0, 1], labels (N,) int64 and epsilon to adversarial images (N, C, H, W). What it draws comes
from torch's global generator, which is seeded before."""


@dataclass(frozen=True)
class Target:
    """What is attacked.

    Attributes:
        net: in eval mode, at the setting that is attacked, its parameters frozen.
        device: of the network.
    """

    net: RoutedNet
    device: torch.device

    @cached_property
    def model(self) -> nn.Module:
        """Images to logits, every unit computed, so that gradients reach gates and exits."""
        return LogitsOnly(self.net).eval()


class Attack(Strict):
    """An attack. Its fields are its options, each with a default; `attack` makes a subclass one of the suite's."""

    name: ClassVar[str] = ""

    def label(self) -> str:
        """As the table `robustness` has it; attacks of other options are different there if their labels are."""
        return self.name

    @abstractmethod
    def strength(self) -> int:
        """Steps along the gradient. Of attacks that leave equally many images right, the one with more is stronger."""

    @abstractmethod
    def prepare(self, target: Target) -> Perturb:
        """What changes images of a network; whatever can be done once is done here."""

    def sentence(self) -> str:
        """What readers of the report have to know, without a full stop; empty for nothing."""
        return ""
