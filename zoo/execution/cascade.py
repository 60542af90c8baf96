"""Early exits: segment after segment; a sample leaves at the first exit that is sure of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from zoo.execution.rows import gather_rows
from zoo.network import Compute


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
        return gather_rows(features, rows)
    return tuple(gather_rows(part, rows) for part in features)
