"""Networks with classifiers along their trunk: the base of BranchyNet and MSDNet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from zoo.execution.cascade import cascade
from zoo.execution.thresholds import OperatingPoint, exit_settings, thresholds_of
from zoo.network import Compute, Forward, RoutedNet, Setting, Task, Validation


class EarlyExitNet(RoutedNet):
    """E segments of a trunk, each followed by a classifier; a sample leaves at the first exit that is sure of it.

    For each segment: run it on the samples that are left, classify them, and let those leave whose uncertainty lies
    below the exit's threshold; the last exit takes the rest. Units are `segment1`, `exit1`, `segment2`, ... An exit
    whose threshold is None is switched off: its classifier does not run.

    A subclass says what uncertainty is and how thresholds are searched, and trains the exits with its paper's loss.

    Attributes:
        segments: E parts of the trunk, in order.
        heads: E classifiers, in order.
        thresholds: E - 1, of the early exits.
        default_threshold: of every early exit until a setting says otherwise.
        everyone_leaves: a threshold above every uncertainty.
    """

    default_threshold: ClassVar[float]
    everyone_leaves: ClassVar[float]

    def __init__(self, task: Task, segments: Sequence[nn.Module], heads: Sequence[nn.Module]) -> None:
        super().__init__(task)
        self.segments = nn.ModuleList(segments)
        self.heads = nn.ModuleList(heads)
        self.units = tuple(name for e in range(1, len(heads) + 1) for name in (f"segment{e}", f"exit{e}"))
        self.thresholds: tuple[float | None, ...] = (self.default_threshold,) * (len(heads) - 1)

    @abstractmethod
    def uncertainty(self, logits: Tensor) -> Tensor:
        """How unsure an exit is of each sample, not negative: (N, K) to (N,)."""

    @abstractmethod
    def search(self, scores: Tensor, correct: Tensor, cumulative_macs: Sequence[float]) -> list[OperatingPoint]:
        """Thresholds worth serving, cheapest first.

        Args:
            scores: (V, E - 1), uncertainty of every early exit on validation data.
            correct: (V, E) bool, of every exit.
            cumulative_macs: E costs of a sample that leaves at that exit, earlier heads included.
        """

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images."""
        return self.run_exits(x, compute, [threshold is not None for threshold in self.thresholds])

    def run_exits(self, x: Tensor, compute: Compute, enabled: Sequence[bool]) -> Forward:
        """Run normalised images (N, C, H, W) with the early exits that are enabled, and the last."""
        out = cascade(list(self.segments), list(self.heads), self._leaves, [*enabled, True], x, compute)
        return Forward(logits=out.logits, route=out.route, exit_logits=out.exit_logits)

    def _leaves(self, exit_index: int, logits: Tensor) -> Tensor:
        threshold = self.thresholds[exit_index]
        if threshold is None:  # switched off by a setting, and computed in training
            return torch.zeros(len(logits), dtype=torch.bool, device=logits.device)
        return self.uncertainty(logits) < threshold

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """Segments and heads, alternating."""
        pairs = zip(self.segments, self.heads, strict=True)
        return dict(zip(self.units, [(module,) for pair in pairs for module in pair], strict=True))

    def settings(self, validation: Validation) -> list[Setting]:
        """The knee of the front, the best thresholds within budgets, and every exit alone (anytime prediction)."""
        exit_logits = validation.forward.exit_logits
        scores = torch.stack([self.uncertainty(logits) for logits in exit_logits[:-1]], dim=1)
        correct = torch.stack([logits.argmax(1) == validation.labels for logits in exit_logits], dim=1)
        per_exit = validation.unit_macs.view(-1, 2).sum(dim=1).cumsum(0) + validation.fixed_macs
        front = self.search(scores, correct, per_exit.tolist())
        return exit_settings(front, float(per_exit[-1]), self.everyone_leaves)

    def use(self, setting: Setting) -> None:
        """Take `thresholds`: one of uncertainty per early exit, or None where the exit is switched off.

        Raises:
            ValueError: other values, or a wrong number of thresholds.
        """
        default = (self.default_threshold,) * len(self.thresholds)
        self.thresholds, self.setting = thresholds_of(setting, default, type(self).__name__), setting
