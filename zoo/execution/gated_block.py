"""One gated residual block: run for every sample and masked, or run only for the samples whose gate is open."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from zoo.execution.rows import gather_for_update, gather_rows, scatter_rows
from zoo.layers import ResidualBlock
from zoo.network import Compute

Rule = Literal["residual", "block"]
"""What a closed gate leaves out: `residual`, the branch alone, or `block`, the activation after it as well."""

ALL_ROWS = None
"""Instead of row numbers: all of them."""
NO_ROWS = torch.empty(0, dtype=torch.int64)
"""Row numbers: none."""


def gated_residual(block: ResidualBlock, x: Tensor, gate: Tensor, compute: Compute) -> Tensor:
    """activation(shortcut(x) + gate * branch(x)).

    Args:
        block: the block whose branch is a unit.
        x: (N, C, H, W).
        gate: (N,) values that scale the branch, or bool; where it is 0, "needed" does not run the branch.
        compute: all, or only the needed samples.
    """
    if compute == "needed":
        return run_where_open(block, x, gate, "residual").x
    out: Tensor = block.activation(block.shortcut(x) + gate.view(-1, 1, 1, 1).to(x.dtype) * block.branch(x))
    return out


def gated_block(block: ResidualBlock, x: Tensor, gate: Tensor, compute: Compute) -> Tensor:
    """Mix a whole block and its shortcut: gate * block(x) + (1 - gate) * shortcut(x).

    A closed gate leaves out the block's activation too, so that a projection shortcut is not rectified, as in the
    official code of SkipNet. The shortcut runs once, for both terms.

    Args:
        block: the block whose branch is a unit.
        x: (N, C, H, W).
        gate: (N,) from 0 to 1; for "needed" 0 or 1, and where it is 0 the branch does not run.
        compute: all, or only the needed samples.
    """
    if compute == "needed":
        return run_where_open(block, x, gate > 0, "block").x
    identity: Tensor = block.shortcut(x)
    full: Tensor = block.activation(identity + block.branch(x))
    return torch.lerp(identity.to(full.dtype), full, gate.view(-1, 1, 1, 1).to(full.dtype))


def open_rows(gate: Tensor) -> Tensor | None:
    """Row numbers (n,) at which a gate (N,) is not 0, or ALL_ROWS, or NO_ROWS; waits for the device once."""
    if len(gate) == 1:
        return ALL_ROWS if bool(gate) else NO_ROWS
    rows = gate.nonzero().squeeze(1)
    return ALL_ROWS if len(rows) == len(gate) else rows


class BlockOutput(NamedTuple):
    """Output of a block, and where it differs from its input.

    Attributes:
        x: (N, C, H, W), all samples.
        changed: (n,) row numbers of the samples that differ, or ALL_ROWS where any sample may differ.
        new: (n, C, H, W), those samples, in the order of `changed`; None for all and for no rows.
    """

    x: Tensor
    changed: Tensor | None = ALL_ROWS
    new: Tensor | None = None


def run_where_open(
    block: ResidualBlock, x: Tensor, gate: Tensor, rule: Rule, *, activated: bool = False, overwrite: bool = False
) -> BlockOutput:
    """`run_rows` for the samples whose gate (N,) is open: bool, or numbers that scale the branch where not 0."""
    rows = open_rows(gate)
    scale = None if gate.dtype == torch.bool or rows is NO_ROWS else gate if rows is ALL_ROWS else gate[rows]
    return run_rows(block, x, rows, rule, scale=scale, activated=activated, overwrite=overwrite)


def run_rows(
    block: ResidualBlock,
    x: Tensor,
    rows: Tensor | None,
    rule: Rule,
    *,
    scale: Tensor | None = None,
    activated: bool = False,
    overwrite: bool = False,
) -> BlockOutput:
    """Run a block on some samples, and only its shortcut on the others.

    The samples are gathered, run, and scattered back. Nothing is computed for those that skip, not even an activation
    that would change nothing.

    Args:
        block: its branch returns a new tensor, as every branch does that ends in a convolution or batch norm.
        x: (N, C, H, W).
        rows: (n,) row numbers of the samples, or ALL_ROWS, or NO_ROWS.
        rule: what skipping leaves out.
        scale: (n,) factors of the samples' branches.
        activated: x is the output of the same activation, a ReLU, which would not change it again.
        overwrite: x may be overwritten; only without autograd.
    """
    if rows is ALL_ROWS:
        identity = x if block.has_identity_shortcut else block.shortcut(x)
        return BlockOutput(block.merge(x, identity, scale=scale, overwrite=overwrite or identity is not x))
    if len(rows) == 0:
        return _skip(block, x, rows, rule, activated=activated)
    if leaves_skipped_unchanged(block, rule, activated=activated):
        return _run_some_in_place(block, x, rows, scale) if overwrite else _run_some(block, x, rows, scale)
    return _run_some_beside_shortcut(block, x, rows, rule, scale, overwrite=overwrite)


def leaves_skipped_unchanged(block: ResidualBlock, rule: Rule, *, activated: bool) -> bool:
    """Whether the output of a sample that skips the block is its input; see `run_rows`."""
    return block.has_identity_shortcut and (activated or rule == "block")


def _skip(block: ResidualBlock, x: Tensor, rows: Tensor, rule: Rule, *, activated: bool) -> BlockOutput:
    if leaves_skipped_unchanged(block, rule, activated=activated):
        return BlockOutput(x, rows)
    identity = block.shortcut(x)
    return BlockOutput(identity if rule == "block" else block.activation(identity))


def _run_some_in_place(block: ResidualBlock, x: Tensor, rows: Tensor, scale: Tensor | None) -> BlockOutput:
    gathered = gather_for_update(x, rows)
    new = block.merge(gathered.samples, gathered.samples, scale=scale, overwrite=True)
    if new is gathered.samples and gathered.is_view:
        gathered.scatter_back()
        return BlockOutput(x, rows, new)
    return BlockOutput(scatter_rows(x, rows, new, overwrite=True), rows, new)


def _run_some(block: ResidualBlock, x: Tensor, rows: Tensor, scale: Tensor | None) -> BlockOutput:
    some = gather_rows(x, rows)
    new = block.merge(some, some, scale=scale, overwrite=True)
    return BlockOutput(scatter_rows(x, rows, new), rows, new)


def _run_some_beside_shortcut(
    block: ResidualBlock, x: Tensor, rows: Tensor, rule: Rule, scale: Tensor | None, *, overwrite: bool
) -> BlockOutput:
    some = gather_rows(x, rows)
    identity = block.shortcut(x)
    new = block.merge(some, gather_rows(identity, rows), scale=scale, overwrite=True)
    if rule == "residual":
        identity = block.activation(identity)
    return BlockOutput(scatter_rows(identity, rows, new, overwrite=overwrite))
