"""Run a block on chosen samples only; straight-through gates; early-exit cascades.

Everything that makes "all" and "needed" give the same answer lives here, once for all networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from zoo.contract import Compute, Setting
from zoo.layers import ResidualBlock
from zoo.rows import put_rows, select_rows, take_rows


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """The value of `hard` with the gradient of `soft` (Bengio et al. 2013); any one shape."""
    return hard.detach() + (soft - soft.detach())


def logistic_noise(like: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Samples of the standard logistic distribution, in the shape and dtype of `like` and on its device.

    It is the law of the difference of two Gumbel variables, so a two-way Gumbel-max is a threshold on
    `logit + noise`, and a two-way Gumbel-softmax is its sigmoid (Maddison et al. 2017, appendix B).
    """
    where = like.device if generator is None else generator.device
    uniform = torch.rand(like.shape, generator=generator, device=where, dtype=like.dtype)
    return torch.logit(uniform.to(like.device, non_blocking=True), eps=1e-6)


def hard_gates(log_odds: Tensor, threshold: float) -> Tensor:
    """Where a gate's probability exceeds a threshold in (0, 1): bool, or 0 and 1 with the probability's gradient.

    It is bool where nobody differentiates, in the shape of `log_odds` in both cases.
    """
    is_open = log_odds > math.log(threshold / (1 - threshold))
    return straight_through(is_open.float(), torch.sigmoid(log_odds)) if torch.is_grad_enabled() else is_open


def threshold_settings(probs: Tensor, rates: Sequence[float], *, margin: float = 0.0) -> list[Setting]:
    """Gate thresholds that those shares of all gate probabilities exceed.

    Args:
        probs: (V, G), of validation data.
        rates: shares, in (0, 1).
        margin: thresholds this close to 0 or 1 are left out: they would tell apart gates that are decided.
    """
    settings = []
    for rate in rates:
        threshold = float(probs.flatten().quantile(1 - rate))
        if margin < threshold < 1 - margin:
            note = f"gate threshold that {rate:.0%} of validation's gate probabilities exceed"
            settings.append(Setting(name=f"rate {rate:.0%}", values={"threshold": threshold}, note=note))
    return settings


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


class Cascade(NamedTuple):
    """What an early-exit network answered: logits (N, K), route (N, 2 E) and, where computed, logits per exit."""

    logits: Tensor
    route: Tensor
    exit_logits: tuple[Tensor, ...]


Leaves = Callable[[int, Tensor], Tensor]
"""(exit, logits (n, K)) -> (n,) bool: which samples leave there."""

Features = Tensor | tuple[Tensor, ...]
"""What a segment hands to its head and to the next segment: one tensor or several, each with N rows."""


def cascade(
    segments: Sequence[nn.Module],
    heads: Sequence[nn.Module],
    leaves: Leaves,
    enabled: Sequence[bool],
    x: Tensor,
    compute: Compute,
) -> Cascade:
    """Run segment after segment; a sample leaves at the first enabled exit whose rule says so, at the last at latest.

    Args:
        segments: E parts of the trunk; the features after segment e, a tensor or a tuple of them, feed head e.
        heads: E classifiers.
        leaves: the exit rule; not asked at the last exit.
        enabled: E flags; a disabled head is no unit of anybody's route. The last must be enabled.
        x: (N, C, H, W).
        compute: all, or only the needed samples.

    The route has two columns per exit: segment, head.
    """
    run = _cascade_all if compute == "all" else _cascade_needed
    return run(segments, heads, leaves, enabled, x)


def _cascade_all(
    segments: Sequence[nn.Module], heads: Sequence[nn.Module], leaves: Leaves, enabled: Sequence[bool], x: Tensor
) -> Cascade:
    present = torch.ones(len(x), dtype=torch.bool, device=x.device)
    columns: list[Tensor] = []
    exit_logits: list[Tensor] = []
    answer: Tensor | None = None
    last = len(segments) - 1
    for e, (segment, head) in enumerate(zip(segments, heads, strict=True)):
        x = segment(x)
        logits = head(x)
        exit_logits.append(logits)
        columns += [present, present if enabled[e] else torch.zeros_like(present)]
        answer = logits if answer is None else torch.where(present.unsqueeze(1), logits, answer)
        if e < last and enabled[e]:
            present = present & ~leaves(e, logits)
    assert answer is not None
    return Cascade(answer, torch.stack(columns, dim=1), tuple(exit_logits))


def _cascade_needed(
    segments: Sequence[nn.Module], heads: Sequence[nn.Module], leaves: Leaves, enabled: Sequence[bool], x: Tensor
) -> Cascade:
    samples, device, last = len(x), x.device, len(segments) - 1
    rows: Tensor | None = None
    answer: Tensor | None = None
    reached = torch.empty(samples, dtype=torch.int64, device=device)
    for e, (segment, head) in enumerate(zip(segments, heads, strict=True)):
        x = segment(x)
        if not enabled[e]:
            continue
        logits = head(x)
        if answer is None or rows is None:
            answer, reached = logits, torch.full_like(reached, e)
        else:
            answer, reached = answer.index_copy(0, rows, logits), reached.index_fill(0, rows, e)
        if e == last:
            break
        gone = leaves(e, logits)
        staying = None if len(gone) == 1 else (~gone).nonzero().squeeze(1)
        count = int(not gone) if staying is None else len(staying)
        if count == 0:
            break
        if staying is not None and count < len(gone):
            x, rows = _rows_of(x, staying), staying if rows is None else rows[staying]
    assert answer is not None
    arrived = reached.unsqueeze(1) >= torch.arange(len(segments), device=device)
    used = arrived & torch.tensor(enabled).to(device, non_blocking=True)
    return Cascade(answer, torch.stack([arrived, used], dim=2).flatten(1), ())


def _rows_of(features: Features, rows: Tensor) -> Any:
    if isinstance(features, Tensor):
        return select_rows(features, rows)
    return tuple(select_rows(part, rows) for part in features)
