"""What every attack is: options, a strength, and images that are changed within a ball."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from benchmarks.measuring.attacks.balls import Norm
from benchmarks.measuring.logits_only import LogitsOnly
from benchmarks.strict import Strict
from zoo.network import RoutedNet
from zoo.serving.folding import folded

CLEAN = "none"
"""Name of the attack that does nothing: its images are those of the test split, at epsilon 0."""
WORST = "worst case"
"""In the place of an attack's name: whichever of several fools the image."""


class Perturb(Protocol):
    """Changes images. What it draws comes from torch's global generator, which is seeded before."""

    def __call__(self, images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
        """Images (N, C, H, W) in [0, 1], labels (N,) int64 and a radius to adversarial images (N, C, H, W)."""


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

    @cached_property
    def folded(self) -> LogitsOnly:
        """The same function, of a copy with its batch norms folded, which is faster."""
        return LogitsOnly(folded(self.net)).eval()

    def right(self, images: Tensor, labels: Tensor) -> Tensor:
        """Which images (N, C, H, W) are answered with their labels (N,), by the rule that is deployed: (N,) bool."""
        with torch.no_grad():
            answers: Tensor = self.folded(images).argmax(dim=1) == labels
        return answers


class Attack(Strict):
    """An attack. Its fields are its options, each with a default; `attack` makes a subclass one of the suite's."""

    name: ClassVar[str] = ""

    def label(self) -> str:
        """As the table `robustness` has it; attacks of other options are different there if their labels are."""
        return self.name

    def norm_suffix(self) -> str:
        """What labels end with where the ball is not of the maximum norm."""
        return "" if self.ball() == "Linf" else f" {self.ball()}"

    def ball(self) -> Norm:
        """The norm of the ball: that of the option `norm`, or the maximum norm."""
        return getattr(self, "norm", "Linf")

    def has(self, norm: Norm) -> bool:
        """Whether there is the attack in a norm."""
        return norm == "Linf" or "norm" in type(self).fields()

    def applies(self, target: Target) -> bool:
        """Whether the attack can be made on a network; it is left out where not."""
        return True

    @abstractmethod
    def strength(self) -> int:
        """Steps along the gradient. Of attacks that leave equally many images right, the one with more is stronger."""

    @abstractmethod
    def prepare(self, target: Target) -> Perturb:
        """What changes images of a network; whatever can be done once is done here."""

    def sentence(self) -> str:
        """What readers of the report have to know, without a full stop; empty for nothing."""
        return ""


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """Parameters ask for no gradient inside the block; attacks need that of images only, and are faster so."""
    asked = [p for p in net.parameters() if p.requires_grad]
    for parameter in asked:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in asked:
            parameter.requires_grad_(True)
