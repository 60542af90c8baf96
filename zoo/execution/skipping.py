"""A chain of gated residual blocks that runs each block only for the samples whose gate is open.

This is the fast form of the loop that stands in the methods: for each block, ask its gate, then run it. A method hands
its blocks, its gates and its decisions to a `Skipping`; `zoo.serving` puts a faster one in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from zoo.execution.gated_block import Rule, run_where_open
from zoo.execution.gates import straight_through
from zoo.layers import ResidualBlock


class Gates(Protocol):
    """Gates of several blocks, asked in order."""

    def __call__(self, index: int, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Ask the gate of block `index`.

        Args:
            index: of the block, from 0.
            x: (N, C, H, W), what the block is about to get.
            state: what the gate before returned; None at the first. Gates without memory ignore it.

        Returns:
            Log-odds (N,) of executing the block, and the state for the next gate.
        """


Decide = Callable[[int, Tensor], Tensor]
"""(block, gate log-odds (N,)) -> (N,) numbers that scale the branch; a block whose number is 0 need not run."""


@dataclass(frozen=True)
class Threshold:
    """Open a gate where its probability exceeds a threshold in (0, 1)."""

    probability: float

    @property
    def log_odds(self) -> float:
        """The threshold as log-odds."""
        return math.log(self.probability / (1 - self.probability))

    def opens(self, log_odds: Tensor) -> Tensor:
        """Where gates open: bool, in the shape of the log-odds."""
        return log_odds > self.log_odds

    def __call__(self, index: int, log_odds: Tensor) -> Tensor:
        """0 or 1 with the gradient of the probability (straight-through), in the shape of the log-odds."""
        return straight_through(self.opens(log_odds).float(), torch.sigmoid(log_odds))


class GatedOutput(NamedTuple):
    """Output of a chain of G gated blocks: features, decisions (N, G) and gate log-odds (N, G)."""

    x: Tensor
    gate: Tensor
    log_odds: Tensor


class Skipping(nn.Module):
    """Runs gated blocks for the samples whose gates are open.

    Args:
        rule: what a closed gate leaves out.
    """

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule: Rule = rule

    def forward(self, blocks: Sequence[ResidualBlock], gates: Gates, decide: Decide, x: Tensor) -> GatedOutput:
        """Ask a gate, run its block, ask the next one.

        Args:
            blocks: G of them.
            gates: one per block.
            decide: what the log-odds mean.
            x: (N, C, H, W); overwritten where autograd is off.
        """
        differentiable = torch.is_grad_enabled()
        state: Any = None
        decisions, odds = [], []
        for index, block in enumerate(blocks):
            log_odds, state = gates(index, x, state)
            if isinstance(decide, Threshold) and not differentiable:
                gate = decide.opens(log_odds)
            else:
                gate = decide(index, log_odds)
            x = run_where_open(block, x, gate, self.rule, activated=index > 0, overwrite=not differentiable).x
            decisions.append(gate)
            odds.append(log_odds)
        return GatedOutput(x, torch.stack(decisions, dim=1), torch.stack(odds, dim=1))
