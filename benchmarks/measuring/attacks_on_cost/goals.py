"""What is sought besides a dear route, and the dearest iterate of every image that has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.measuring.attacks_on_cost.objective import Objective, dear, dear_and_kept, dear_and_lost
from zoo.network import RoutedNet

NOT_LOST = 0.5
"""What a clean image that is right lacks, in multiply-accumulates, to count as found for the goal `lost`."""


@dataclass(frozen=True)
class Goal:
    """What an attack on the cost seeks of the answer.

    Attributes:
        name: as the table `slowdown` has it.
        objective: from the network to what is climbed.
        allows: the answer (n,), the clean image's (n,) and the labels (n,) to (n,) bool: which iterates count.
    """

    name: str
    objective: Callable[[RoutedNet], Objective]
    allows: Callable[[Tensor, Tensor, Tensor], Tensor]


COST = Goal("cost", dear, lambda answer, clean, label: torch.ones_like(answer, dtype=torch.bool))
"""The dearest, whatever the answer."""
KEPT = Goal("kept", dear_and_kept, lambda answer, clean, label: answer == clean)
"""The dearest whose answer is the clean image's: nobody sees the attack in the answers."""
LOST = Goal("lost", dear_and_lost, lambda answer, clean, label: answer != label)
"""The dearest whose answer is wrong, at no less than the clean image's cost: both are attacked at once."""
GOALS = (COST, KEPT, LOST)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Images and what the network makes of them.

    Attributes:
        images: (n, C, H, W).
        answers: (n,) int64.
        macs: (n,) float64, routed.
        route: (n, U) bool.
    """

    images: Tensor
    answers: Tensor
    macs: Tensor
    route: Tensor

    def put(self, rows: Tensor, other: Outcome) -> None:
        """Replace these rows (m,) by those of another outcome, in order."""
        self.images[rows], self.answers[rows] = other.images, other.answers
        self.macs[rows], self.route[rows] = other.macs, other.route

    def at(self, rows: Tensor) -> Outcome:
        """A copy of these rows: (m,) numbers or (n,) bool."""
        return Outcome(
            images=self.images[rows], answers=self.answers[rows], macs=self.macs[rows], route=self.route[rows]
        )


class Dearest:
    """The dearest image of every row that a goal allows; at first the clean image.

    Args:
        goal: what counts.
        clean: of all N rows.
        labels: (N,) int64.

    Attributes:
        found: what there is, of all N rows.
        worth: (N,) float64: its cost; of a clean image that the goal does not allow, a little less.
    """

    def __init__(self, goal: Goal, clean: Outcome, labels: Tensor) -> None:
        self.goal = goal
        self.clean, self.labels = clean, labels
        allowed = goal.allows(clean.answers, clean.answers, labels)
        self.found = clean.at(torch.arange(len(labels), device=labels.device))
        self.worth = torch.where(allowed, clean.macs, clean.macs - NOT_LOST)

    def confirm(self, other: Dearest, judge: Callable[[Tensor], Outcome]) -> None:
        """Take what another one has that is dearer, as far as a judge of images (n, C, H, W) agrees."""
        rows = (other.worth > self.worth).nonzero().squeeze(1)
        if len(rows):
            self.offer(rows, judge(other.found.images[rows]))

    def offer(self, rows: Tensor, offered: Outcome) -> None:
        """Take what is dearer, of images (n, C, H, W) of these rows (n,)."""
        allowed = self.goal.allows(offered.answers, self.clean.answers[rows], self.labels[rows])
        better = allowed & (offered.macs > self.worth[rows])
        self.worth[rows[better]] = offered.macs[better]
        self.found.put(rows[better], offered.at(better))


def dearest_of(goals: Sequence[Goal], clean: Outcome, labels: Tensor) -> dict[str, Dearest]:
    """One of each, by the goal's name."""
    return {goal.name: Dearest(goal, clean, labels) for goal in goals}
