"""Run a block on chosen samples only; straight-through gates; early-exit cascades.

Everything that makes "all" and "needed" give the same answer lives here, once for all networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from zoo.contract import Compute
from zoo.layers import ResidualBlock


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """The value of `hard` with the gradient of `soft` (Bengio et al. 2013); any one shape."""
    return hard.detach() + (soft - soft.detach())


def logistic_noise(like: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Samples of the standard logistic distribution, in the shape and dtype of `like`.

    It is the law of the difference of two Gumbel variables, so a two-way Gumbel-max is a threshold on
    `logit + noise`, and a two-way Gumbel-softmax is its sigmoid (Maddison et al. 2017, appendix B).
    """
    uniform = torch.rand(like.shape, generator=generator, device=like.device, dtype=like.dtype)
    return torch.logit(uniform, eps=1e-6)


def gated_residual(block: ResidualBlock, x: Tensor, gate: Tensor, compute: Compute) -> Tensor:
    """activation(shortcut(x) + gate * branch(x)).

    Args:
        block: the block whose branch is a unit.
        x: (N, C, H, W); without gradients, "needed" may overwrite it.
        gate: (N,) values that scale the branch, or bool; where it is 0, "needed" does not run the branch.
        compute: all, or only the needed samples.
    """
    around: Tensor = block.shortcut(x)
    if compute == "all":
        out = around + _per_sample(gate, x) * block.branch(x)
    else:
        out = _add_branch_where_open(block.branch, around, x, gate)
    if out is x and torch.is_grad_enabled():
        out = out.clone()
    answer: Tensor = block.activation(out)
    return answer


def _per_sample(gate: Tensor, x: Tensor) -> Tensor:
    return gate.view(-1, 1, 1, 1).to(x.dtype)


def _add_branch_where_open(branch: nn.Module, around: Tensor, x: Tensor, gate: Tensor) -> Tensor:
    active = gate.nonzero().squeeze(1) if len(gate) > 1 else None
    count = len(active) if active is not None else int(bool(gate))
    if count == 0:
        return around
    if active is None or count == len(gate):
        update: Tensor = branch(x)
        if gate.dtype != torch.bool:
            update = update * _per_sample(gate, x)
        return around + update
    update = branch(select_rows(x, active))
    if gate.dtype != torch.bool:
        update = update * _per_sample(gate[active], x)
    return add_rows(around, active, update)


def select_rows(x: Tensor, rows: Tensor) -> Tensor:
    """Samples `rows` (n,) of x (N, C, H, W), in the memory format of x.

    On channels-last tensors the rows are taken from a flat view: indexing them in four dimensions answers
    contiguous tensors and is five times slower on a CPU.
    """
    flat = _flat(x)
    if flat is None:
        return x.index_select(0, rows)
    _, channels, height, width = x.shape
    return flat.index_select(0, rows).view(-1, height, width, channels).permute(0, 3, 1, 2)


def add_rows(x: Tensor, rows: Tensor, update: Tensor) -> Tensor:
    """x (N, C, H, W) with update (n, C, H, W) added to its samples `rows` (n,): in place where nobody differentiates."""
    flat, flat_update = _flat(x), _flat(update)
    if torch.is_grad_enabled() or flat is None or flat_update is None:
        return x.index_add(0, rows, update)
    flat.index_add_(0, rows, flat_update)
    return x


def _flat(x: Tensor) -> Tensor | None:
    if x.is_contiguous(memory_format=torch.channels_last):
        return x.permute(0, 2, 3, 1).view(len(x), -1)
    return None


class Cascade(NamedTuple):
    """What an early-exit network answered: logits (N, K), route (N, 2 E) and, where computed, logits per exit."""

    logits: Tensor
    route: Tensor
    exit_logits: tuple[Tensor, ...]


Leaves = Callable[[int, Tensor], Tensor]
"""(exit, logits (n, K)) -> (n,) bool: which samples leave there."""


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
        segments: E parts of the trunk; the features after segment e feed head e.
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
    samples = len(x)
    rows = torch.arange(samples, device=x.device)
    route = torch.zeros(samples, 2 * len(segments), dtype=torch.bool, device=x.device)
    answer: Tensor | None = None
    last = len(segments) - 1
    for e, (segment, head) in enumerate(zip(segments, heads, strict=True)):
        x = segment(x)
        route[rows, 2 * e] = True
        if not enabled[e]:
            continue
        logits = head(x)
        route[rows, 2 * e + 1] = True
        if answer is None:
            answer = logits.new_empty(samples, logits.shape[1])
        answer[rows] = logits
        if e == last:
            break
        stay = (~leaves(e, logits)).nonzero().squeeze(1)
        if len(stay) == 0:
            break
        if len(stay) < len(rows):
            x, rows = select_rows(x, stay), rows[stay]
    assert answer is not None
    return Cascade(answer, route, ())
