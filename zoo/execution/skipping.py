"""A chain of gated residual blocks: ask a gate, run its block where it opens, ask the next one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from zoo.execution.gated_block import (
    EVERYBODY,
    NOBODY,
    Ran,
    Rule,
    gated_block,
    gated_residual,
    keeps,
    run_rows,
    run_where_open,
)
from zoo.execution.gates import hard_gates
from zoo.execution.rows import put_rows
from zoo.layers import ResidualBlock
from zoo.network import Compute


class GateBank(Protocol):
    """Gates of several blocks, asked in order.

    Attributes:
        pooled: they look at the means of the channels (N, C), not at features (N, C, H, W): where a block is skipped,
            the next gate then sees what the last one saw, and nothing is averaged twice.
    """

    pooled: bool

    def __call__(self, index: int, seen: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Log-odds (N,) of executing block `index` that is about to get `seen`, and the state for the next gate."""


@runtime_checkable
class FarSighted(Protocol):
    """Gates without memory that look at channel sums, and of which several can be asked for little more than one.

    Attributes:
        together: for every gate, the run of gates that `ahead` asks with it.
    """

    together: Sequence[range]

    def ahead(self, index: int, sums: Tensor, pixels: int) -> Tensor:
        """Log-odds (N, A) of the gates together[index], from sums (N, C) over the pixels of each channel."""


Decide = Callable[[int, Tensor], Tensor]
"""(block, log-odds (N,)) -> (N,) what the gate is: bool, or numbers that scale the branch."""


@dataclass(frozen=True)
class Above:
    """Decide by a threshold on the gate's probability, in (0, 1); see `zoo.execution.gates.hard_gates`."""

    threshold: float

    @property
    def log_odds(self) -> float:
        """The threshold as log-odds."""
        return math.log(self.threshold / (1 - self.threshold))

    def __call__(self, index: int, log_odds: Tensor) -> Tensor:
        """Where the gate opens, in the shape of log_odds."""
        return hard_gates(log_odds, self.threshold)


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
    if compute == "all":
        return _run_all(blocks, gates, decide, x, rule)
    if isinstance(gates, FarSighted) and isinstance(decide, Above) and not torch.is_grad_enabled():
        return _look_ahead(blocks, gates, decide, x, rule)
    return _one_by_one(blocks, gates, decide, x, rule)


def _run_all(blocks: Sequence[ResidualBlock], gates: GateBank, decide: Decide, x: Tensor, rule: Rule) -> Chained:
    run = gated_residual if rule == "residual" else gated_block
    state: Any = None
    values, odds = [], []
    for index, block in enumerate(blocks):
        log_odds, state = gates(index, x.mean(dim=(2, 3)) if gates.pooled else x, state)
        odds.append(log_odds)
        values.append(decide(index, log_odds))
        x = run(block, x, values[-1], "all")
    return Chained(x, torch.stack(values, dim=1), torch.stack(odds, dim=1))


def _one_by_one(blocks: Sequence[ResidualBlock], gates: GateBank, decide: Decide, x: Tensor, rule: Rule) -> Chained:
    overwrite = not torch.is_grad_enabled()
    state: Any = None
    means: Tensor | None = None
    values, odds = [], []
    for index, block in enumerate(blocks):
        if means is None and gates.pooled:
            means = x.mean(dim=(2, 3))
        log_odds, state = gates(index, x if means is None else means, state)
        odds.append(log_odds)
        values.append(decide(index, log_odds))
        ran = run_where_open(block, x, values[-1], rule, settled=index > 0, overwrite=overwrite)
        x, means = ran.x, means if means is None else _means_after(means, ran, overwrite)
    return Chained(x, torch.stack(values, dim=1), torch.stack(odds, dim=1))


def _means_after(means: Tensor, ran: Ran, overwrite: bool) -> Tensor | None:
    if ran.rows is EVERYBODY:
        return None
    return means if ran.new is None else put_rows(means, ran.rows, ran.new.mean(dim=(2, 3)), overwrite=overwrite)


def _look_ahead(blocks: Sequence[ResidualBlock], gates: FarSighted, decide: Above, x: Tensor, rule: Rule) -> Chained:
    """Ask all the gates that a sample meets until it changes; those that a block has run on ask again.

    Answers are compared on the host, a list per sample: it waits for the device once per block that runs.
    """
    limit = decide.log_odds
    told: list[list[float]] | None = None
    odds = []
    for index, block in enumerate(blocks):
        group = gates.together[index]
        if told is None:
            told = _ask(gates, index, x)
        odds.append([answers[index - group.start] for answers in told])
        opened = [row for row, answer in enumerate(odds[-1]) if answer > limit]
        if not opened and keeps(block, rule, settled=index > 0) and index + 1 < group.stop:
            continue
        rows = EVERYBODY if len(opened) == len(told) else _moved(opened, x.device) if opened else NOBODY
        x, changed, new = run_rows(block, x, rows, rule, settled=index > 0, overwrite=True)
        if changed is EVERYBODY or index + 1 == group.stop:
            told = None
        elif new is not None:
            for row, answers in zip(opened, _ask(gates, index, new), strict=True):
                told[row] = answers
        del new  # the next block's rows then take the same memory, which is in the cache: .96 of the time at batch 64
    log_odds = _moved(odds, x.device).t()
    return Chained(x, log_odds > limit, log_odds)


def _moved(values: list[Any], device: torch.device) -> Tensor:
    return torch.tensor(values).to(device, non_blocking=True)


def _ask(gates: FarSighted, index: int, x: Tensor) -> list[list[float]]:
    answers: list[list[float]] = gates.ahead(index, x.sum(dim=(2, 3)), x.shape[2] * x.shape[3]).tolist()
    return answers
