"""One gated residual block: run it for every sample and mask, or only for the samples whose gate is open."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from zoo.execution.rows import put_rows, select_rows, take_rows
from zoo.layers import ResidualBlock
from zoo.network import Compute

Rule = Literal["residual", "block"]
"""What a gate leaves out: `residual`, the branch alone, or `block`, the activation behind it as well."""


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
    out: Tensor = block.activation(block.shortcut(x) + _per_sample(gate, x) * block.branch(x))
    return out


def gated_block(block: ResidualBlock, x: Tensor, gate: Tensor, compute: Compute) -> Tensor:
    """Mix a whole block and its shortcut: gate * block(x) + (1 - gate) * shortcut(x).

    A shut gate leaves out the block's activation too, so that a projecting shortcut hands on what it projected without
    a ReLU, as in the official code of SkipNet. The shortcut runs once, for both terms.

    Args:
        block: the block whose branch is a unit.
        x: (N, C, H, W).
        gate: (N,) from 0 to 1; for "needed" 0 or 1, and where it is 0 the branch does not run.
        compute: all, or only the needed samples.
    """
    if compute == "needed":
        return run_where_open(block, x, gate > 0, "block").x
    around: Tensor = block.shortcut(x)
    full: Tensor = block.activation(around + block.branch(x))
    return torch.lerp(around.to(full.dtype), full, gate.view(-1, 1, 1, 1).to(full.dtype))


def _per_sample(gate: Tensor, x: Tensor) -> Tensor:
    return gate.view(-1, 1, 1, 1).to(x.dtype)


EVERYBODY = None
"""In the place of row numbers: all of them."""

NOBODY = torch.empty(0, dtype=torch.int64)
"""Likewise: none of them."""


def open_rows(gate: Tensor) -> Tensor | None:
    """Row numbers (n,) at which a gate (N,) is not 0, or EVERYBODY, or NOBODY; devices are waited for once."""
    if len(gate) == 1:
        return EVERYBODY if bool(gate) else NOBODY
    rows = gate.nonzero().squeeze(1)
    return EVERYBODY if len(rows) == len(gate) else rows


class Ran(NamedTuple):
    """What a block answered, and where it differs from what the block was given.

    Attributes:
        x: (N, C, H, W), all samples.
        rows: (n,) the samples that changed, or EVERYBODY where any may have.
        new: (n, C, H, W), those samples, in the order of `rows`; None for everybody and for nobody.
    """

    x: Tensor
    rows: Tensor | None = EVERYBODY
    new: Tensor | None = None


def run_where_open(
    block: ResidualBlock, x: Tensor, gate: Tensor, rule: Rule, *, settled: bool = False, overwrite: bool = False
) -> Ran:
    """`run_rows` for the samples whose gate (N,) is open: bool, or numbers that scale the branch where not 0."""
    rows = open_rows(gate)
    scale = None if gate.dtype == torch.bool or rows is NOBODY else gate if rows is EVERYBODY else gate[rows]
    return run_rows(block, x, rows, rule, scale=scale, settled=settled, overwrite=overwrite)


def run_rows(
    block: ResidualBlock,
    x: Tensor,
    rows: Tensor | None,
    rule: Rule,
    *,
    scale: Tensor | None = None,
    settled: bool = False,
    overwrite: bool = False,
) -> Ran:
    """Run a block on some samples, and hand on the others' shortcut.

    The samples are taken out, run, and put back: nothing is computed for those that skip, not even an activation
    where it would change nothing.

    Args:
        block: its branch answers a tensor of its own, as all that end in a convolution or batch norm do.
        x: (N, C, H, W).
        rows: (n,) the samples, or EVERYBODY, or NOBODY.
        rule: what skipping leaves out.
        scale: (n,) factors of the samples' branches.
        settled: x went through an activation already, so that another one would change nothing.
        overwrite: x may be overwritten; nobody differentiates.
    """
    if rows is EVERYBODY:
        around = x if block.keeps_input else block.shortcut(x)
        lent = around is x and block.in_place and not overwrite
        return Ran(block.merge(x, x.clone() if lent else around, scale=scale))
    stays = keeps(block, rule, settled=settled)
    if len(rows) == 0:
        if stays:
            return Ran(x, rows)
        around = block.shortcut(x)
        return Ran(around if rule == "block" else block.activation(around))
    if stays and overwrite:
        return _update(block, x, rows, scale)
    some = select_rows(x, rows)
    around = x if stays else block.shortcut(x)
    new = block.merge(some, some if stays else select_rows(around, rows), scale=scale)
    if rule == "residual" and not stays:
        around = block.activation(around)
    out = put_rows(around, rows, new, overwrite=overwrite)
    return Ran(out, rows, new) if stays else Ran(out)


def _update(block: ResidualBlock, x: Tensor, rows: Tensor, scale: Tensor | None) -> Ran:
    """Run a block on the samples rows (n,) of x (N, C, H, W), and write what becomes of them over x."""
    taken = take_rows(x, rows)
    new = block.merge(taken.samples, taken.samples, scale=scale)
    if new is taken.samples and taken.within:
        taken.put_back()
        return Ran(x, rows, new)
    return Ran(put_rows(x, rows, new, overwrite=True), rows, new)


def keeps(block: ResidualBlock, rule: Rule, *, settled: bool) -> bool:
    """Whether a sample that skips the block leaves it as it came; see `run_rows`."""
    return block.keeps_input and (settled or rule == "block")
