"""A chain of gated residual blocks: ask a gate, run its block where it opens, ask the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from zoo.contract import Compute
from zoo.layers import ResidualBlock
from zoo.routing import Ran, Rule, gated_block, gated_residual, run_where_open
from zoo.rows import put_rows


class GateBank(Protocol):
    """Gates of several blocks, asked in order.

    Attributes:
        pooled: they look at the means of the channels (N, C), not at features (N, C, H, W): where a block is skipped,
            the next gate then sees what the last one saw, and nothing is averaged twice.
    """

    pooled: bool

    def __call__(self, index: int, seen: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Log-odds (N,) of executing block `index` that is about to get `seen`, and the state for the next gate."""


Decide = Callable[[int, Tensor], Tensor]
"""(block, log-odds (N,)) -> (N,) what the gate is: bool, or numbers that scale the branch."""


class Chained(NamedTuple):
    """What a chain of G gated blocks answered: features, gates (N, G) and the gates' log-odds (N, G)."""

    x: Tensor
    gate: Tensor
    log_odds: Tensor


def gated_chain(
    blocks: Sequence[ResidualBlock], gates: GateBank, decide: Decide, x: Tensor, compute: Compute, rule: Rule
) -> Chained:
    """Ask a gate, run its block, ask the next one.

    Args:
        blocks: G of them.
        gates: one per block.
        decide: what the log-odds mean.
        x: (N, C, H, W); "needed" without gradients overwrites it.
        compute: all, or only the needed samples.
        rule: what skipping leaves out.
    """
    run = gated_residual if rule == "residual" else gated_block
    overwrite = not torch.is_grad_enabled()
    state: Any = None
    seen: Tensor | None = None
    values, odds = [], []
    for index, block in enumerate(blocks):
        if seen is None:
            seen = x.mean(dim=(2, 3)) if gates.pooled else x
        log_odds, state = gates(index, seen, state)
        value = decide(index, log_odds)
        if compute == "all":
            x, seen = run(block, x, value, compute), None
        else:
            ran = run_where_open(block, x, value, rule, settled=index > 0, overwrite=overwrite)
            x, seen = ran.x, _seen_again(seen, ran) if gates.pooled else None
        values.append(value)
        odds.append(log_odds)
    return Chained(x, torch.stack(values, dim=1), torch.stack(odds, dim=1))


def _seen_again(means: Tensor, ran: Ran) -> Tensor | None:
    if ran.rows is None:
        return None
    return means if ran.new is None else put_rows(means, ran.rows, ran.new.mean(dim=(2, 3)), overwrite=True)
