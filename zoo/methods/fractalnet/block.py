"""One block of a FractalNet: the expansion rule, its convolutions and joins, and drop-path.

A block of C columns follows f_1(z) = conv(z), f_{C+1}(z) = join(f_C(f_C(z)), conv(z)), where a join is the mean of
everything that ends in its row. Column 1 is the shallowest, with one convolution; column C has 2^(C-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from zoo.layers import ModulesOf, conv

Pool = Literal["columns", "join", "none"]
"""Where a block max-pools: every input of its last join, that join's output, or nowhere."""


class ColumnSegment(NamedTuple):
    """The convolutions of one column between two joins: what a join may drop, and a unit of the route.

    Attributes:
        column: from 1, the shallowest.
        number: from 1, within the column.
        start: the join whose output it reads; 0 is the block's input.
        end: the join that it feeds, from 1.
        convs: 1, or 2 in the deepest column of several.
    """

    column: int
    number: int
    start: int
    end: int
    convs: int


def expand(columns: int) -> tuple[ColumnSegment, ...]:
    """The segments of a block of C columns in the order in which they can run; there are 2^(C-2) joins.

    Raises:
        ValueError: fewer than one column.
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")
    joins = 2 ** max(columns - 2, 0)
    found = []
    for end in range(1, joins + 1):
        for column in range(1, columns + 1):
            span = max(joins >> (column - 1), 1)
            if end % span == 0:
                convs = 2 ** (column - 1) * span // joins
                found.append(ColumnSegment(column, end // span, end - span, end, convs))
    return tuple(found)


def only_column(segments: Sequence[ColumnSegment], column: int) -> Tensor:
    """Global drop-path: the one row (1, S), bool, in which the segments of that column are alive."""
    return torch.tensor([[segment.column == column for segment in segments]])


def drop_locally(segments: Sequence[ColumnSegment], rate: float, rows: int) -> Tensor:
    """Local drop-path: every join drops each input at that rate, and revives one at random if none is left.

    Args:
        segments: of a block.
        rate: probability of a drop.
        rows: how many independent draws.

    Returns:
        (rows, S) bool on the CPU, from its global random state: which segment's output its join takes.
    """
    alive = torch.rand(rows, len(segments)) >= rate
    for inputs in _inputs_of_joins(segments):
        revived = torch.tensor(inputs)[torch.randint(len(inputs), (rows,))]
        lost = ~alive[:, inputs].any(dim=1)
        alive[lost, revived[lost]] = True
    return alive


def reaching_the_end(segments: Sequence[ColumnSegment], alive: Tensor) -> Tensor:
    """Of the segments that joins take, those on a path to the block's output; all others need not run.

    Args:
        segments: of a block.
        alive: (rows, S) bool.

    Returns:
        (rows, S) bool.
    """
    joins = segments[-1].end
    asked = torch.zeros(len(alive), joins + 1, dtype=torch.bool)
    asked[:, joins] = True
    used = alive.clone()
    for index, segment in reversed(list(enumerate(segments))):
        used[:, index] &= asked[:, segment.end]
        asked[:, segment.start] |= used[:, index]
    return used


def _inputs_of_joins(segments: Sequence[ColumnSegment]) -> list[list[int]]:
    joins = segments[-1].end
    return [[i for i, segment in enumerate(segments) if segment.end == join] for join in range(1, joins + 1)]


def mean_of_live(inputs: Sequence[Tensor], alive: Tensor) -> Tensor:
    """Join: the mean over the inputs that are alive, divided by their number.

    Args:
        inputs: I tensors (N, C, H, W).
        alive: (1, I) bool on the CPU for the whole batch, or (N, I) one row per sample. Where a row has none, the
            output is that of all inputs (one row) or zero (one per sample) and is not used.
    """
    if len(alive) == 1:
        chosen = [x for x, lives in zip(inputs, alive[0].tolist(), strict=True) if lives] or list(inputs)
        total = chosen[0]
        for x in chosen[1:]:
            total = total + x
        return total / len(chosen) if len(chosen) > 1 else total
    shares = alive / alive.sum(dim=1, keepdim=True).clamp(min=1)
    shares = shares.to(inputs[0].device, inputs[0].dtype, non_blocking=True)
    weighted = [x * shares[:, i].view(-1, 1, 1, 1) for i, x in enumerate(inputs)]
    return torch.stack(weighted).sum(dim=0)


class PathNorm(nn.Module):
    """Batch norm with two sets of running statistics: inside the whole network, and for its column alone.

    A convolution's input has another distribution when joins average several columns than when its column runs
    alone: re-implementations that share the statistics lose up to 12 points on the deepest column, where the paper
    loses less than one and the authors' generator does not share them. Scale and shift are common to both.

    Args:
        width: channels.
        affine: learn scale and shift; the authors' Caffe nets do not.
        own_statistics: False shares one set, as the re-implementations do.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, width: int, *, affine: bool = True, own_statistics: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width)) if affine else None
        self.bias = nn.Parameter(torch.zeros(width)) if affine else None
        sets = 2 if own_statistics else 1
        self.register_buffer("running_mean", torch.zeros(sets, width))
        self.register_buffer("running_var", torch.ones(sets, width))

    def forward(self, x: Tensor, alone: bool) -> Tensor:
        """(N, C, H, W) to the same shape, by the statistics of the sub-network that runs."""
        row = int(alone) % len(self.running_mean)
        mean, var = self.running_mean[row], self.running_var[row]
        return functional.batch_norm(x, mean, var, self.weight, self.bias, self.training, 0.1, 1e-5)


@dataclass(frozen=True, kw_only=True)
class ConvOptions:
    """What every convolution of a network shares.

    Attributes:
        dropout_unit: drop single activations (authors' code) or whole channels (khanrc).
        bias: a bias before the batch norm, as in the authors' Caffe nets.
        affine: see `PathNorm`, as is own_statistics.
    """

    dropout_unit: Literal["element", "channel"] = "element"
    bias: bool = False
    affine: bool = True
    own_statistics: bool = True


class ConvUnit(nn.Module):
    """Convolution, dropout, batch norm, ReLU, in this order."""

    def __init__(self, channels: int, width: int, dropout: float, options: ConvOptions, size: int = 3) -> None:
        super().__init__()
        self.conv = conv(channels, width, size, bias=options.bias)
        self.dropout = nn.Dropout(dropout) if options.dropout_unit == "element" else nn.Dropout2d(dropout)
        self.norm = PathNorm(width, affine=options.affine, own_statistics=options.own_statistics)

    def forward(self, x: Tensor, alone: bool) -> Tensor:
        """(N, C, H, W) to (N, width, H, W)."""
        return functional.relu(self.norm(self.dropout(self.conv(x)), alone), inplace=True)


class ConvChain(nn.Module):
    """The convolutions of one segment."""

    def __init__(self, units: Sequence[ConvUnit]) -> None:
        super().__init__()
        self.units = nn.ModuleList(units)

    def forward(self, x: Tensor, alone: bool) -> Tensor:
        """(N, C, H, W) to (N, width, H, W)."""
        for unit in self.units:
            x = unit(x, alone)
        return x


class FractalBlock(nn.Module):
    """C intertwined columns, then a 2x2 max-pool.

    Args:
        columns: C.
        channels: of the input; the first convolution of every column changes them.
        width: of the output.
        dropout: rate in every convolution.
        pool: see `Pool`; the authors' generator has `columns`, the Keras and PyTorch re-implementations `join`.
        options: of every convolution.
        widen_first: a 1x1 convolution in front of all columns changes the channels, not the first of every column.
    """

    def __init__(
        self,
        columns: int,
        channels: int,
        width: int,
        *,
        dropout: float,
        pool: Pool,
        options: ConvOptions,
        widen_first: bool = False,
    ) -> None:
        super().__init__()
        self.segments = expand(columns)
        self.pool = pool
        self.widen = ConvUnit(channels, width, 0.0, options, size=1) if widen_first else None
        channels = width if widen_first else channels
        self.chains: ModulesOf[ConvChain] = ModulesOf()
        for segment in self.segments:
            inner = channels if segment.start == 0 else width
            units = [ConvUnit(width if i else inner, width, dropout, options) for i in range(segment.convs)]
            self.chains.append(ConvChain(units))

    def forward(self, x: Tensor, used: Tensor, *, alone: bool = False, everything: bool = False) -> Tensor:
        """(N, C, H, W) to (N, width, H // 2, W // 2).

        Args:
            x: features.
            used: (1, S) or (N, S) bool on the CPU: the segments that the output depends on.
            alone: a single column is in use.
            everything: compute the other segments too, and leave them out at the joins.
        """
        outputs = {0: x if self.widen is None else self.widen(x, alone)}
        for inputs in _inputs_of_joins(self.segments):
            if not everything:
                inputs = [i for i in inputs if used[:, i].any()]
            if not inputs:
                continue
            end = self.segments[inputs[0]].end
            last = end == self.segments[-1].end
            results = [self.chains[i](outputs[self.segments[i].start], alone) for i in inputs]
            if last and self.pool == "columns":
                results = [functional.max_pool2d(result, 2) for result in results]
            outputs[end] = mean_of_live(results, used[:, inputs])
        out = outputs[self.segments[-1].end]
        return functional.max_pool2d(out, 2) if self.pool == "join" else out
