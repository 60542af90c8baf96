"""FractalNet: columns of different depth, joined again and again; drop-path lets each of them serve alone.

Facts that re-implementations miss: a global draw is one column for the entire network, not one per block; a join
divides by the number of inputs alive; and single columns need batch-norm statistics of their own (`PathNorm`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn

from zoo.layers import ModulesOf, pooled_linear, stem
from zoo.methods.fractalnet.block import ConvOptions, FractalBlock, Pool, drop_locally, only_column, reaching_the_end
from zoo.network import Compute, Forward, ParamGroup, RoutedNet, Setting, Task, Validation
from zoo.papers.fractalnet import PAPER
from zoo.registry import register

WIDTHS = (64, 128, 256, 512, 512)
DROPOUT = (0.0, 0.1, 0.2, 0.3, 0.4)


@register("fractalnet", PAPER)
class FractalNet(RoutedNet):
    """Blocks of intertwined columns, trained with drop-path (Larsson et al. 2017).

    Every mini-batch trains another sub-network, in turns: the whole network, in which each join drops its inputs at
    `local_rate`, and a single column drawn at random, the same in all blocks. What was dropped does not run. A trained
    network serves as a whole or by one column.

    Args:
        task: what to build for.
        columns: C; the deepest has 2^(C-1) convolutions per block.
        widths: one per block.
        dropout: rates, one per block, in every convolution.
        local_rate: probability that a join drops an input.
        global_share: part of the draws that are global; 0.5 in the paper, which alternates.
        draw: `batch`, one sub-network per mini-batch (paper); `sample`, one per image, each column normalised by its
            own images; `tied`, a local draw and all columns at every step, the latter's mean loss added to the
            former's (section 3 of the paper and the authors' generator).
        pool: see `FractalBlock`.
        head: `flatten`, a linear layer on the last pool's output (paper, 1 x 1 on CIFAR); `average`, global average
            instead of the last pool, as ResNet-34 has it.
        stem_kind: `none`, or as in `zoo.layers.stem`.
        dropout_unit: see `ConvOptions`, as are bias, affine and own_statistics.
        conventions: of initialisation and solver. `caffe` has those of the authors' generator: Xavier by fan-in alone,
            biases that learn twice as fast and do not decay. Shifts of batch norm count as biases; its scales, which
            the authors' networks lack, do not decay either. `torch` has Xavier by fan-in and fan-out, and treats all
            parameters alike.
        widen_first: see `FractalBlock`; with it, `fractalnet-20` has the printed number of parameters but for 1 %. It
            always runs: no unit.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its pools.
    """

    def __init__(
        self,
        task: Task,
        *,
        columns: int = 3,
        widths: Sequence[int] = WIDTHS,
        dropout: Sequence[float] = DROPOUT,
        local_rate: float = 0.15,
        global_share: float = 0.5,
        draw: Literal["batch", "sample", "tied"] = "batch",
        pool: Literal["columns", "join"] = "columns",
        head: Literal["flatten", "average"] = "flatten",
        stem_kind: Literal["none", "strided", "imagenet"] = "none",
        dropout_unit: Literal["element", "channel"] = "element",
        bias: bool = False,
        affine: bool = True,
        own_statistics: bool = True,
        conventions: Literal["torch", "caffe"] = "torch",
        widen_first: bool = False,
    ) -> None:
        super().__init__(task)
        for name, value, valid in (
            ("draw", draw, ("batch", "sample", "tied")),
            ("pool", pool, ("columns", "join")),
            ("head", head, ("flatten", "average")),
            ("stem_kind", stem_kind, ("none", "strided", "imagenet")),
            ("dropout_unit", dropout_unit, ("element", "channel")),
            ("conventions", conventions, ("torch", "caffe")),
        ):
            if value not in valid:
                raise ValueError(f"{name} must be {', '.join(map(repr, valid[:-1]))} or {valid[-1]!r}, not {value!r}")
        _check_numbers(widths, dropout, local_rate, global_share)
        self.columns, self.local_rate, self.draw = columns, local_rate, draw
        self.global_share = global_share if columns > 1 else 0.0
        self.column: int | None = None
        self.turn = 0
        channels = task.shape[0] if stem_kind == "none" else min(64, widths[0])
        self.stem = nn.Identity() if stem_kind == "none" else stem(stem_kind, task.shape[0], channels)
        options = ConvOptions(dropout_unit=dropout_unit, bias=bias, affine=affine, own_statistics=own_statistics)
        pools: list[Pool] = [pool] * len(widths)
        if head == "average":
            pools[-1] = "none"
        self.blocks: ModulesOf[FractalBlock] = ModulesOf()
        for width, rate, kind in zip(widths, dropout, pools, strict=True):
            block = FractalBlock(
                columns, channels, width, dropout=rate, pool=kind, options=options, widen_first=widen_first
            )
            self.blocks.append(block)
            channels = width
        area = _final_area(task, stem_kind, sum(kind != "none" for kind in pools))
        if head == "average":
            self.head = pooled_linear(channels, task.classes)
        else:
            self.head = nn.Sequential(nn.Flatten(), nn.Linear(channels * area, task.classes))
        self.segments = self.blocks[0].segments
        names = [f"column{segment.column}.segment{segment.number}" for segment in self.segments]
        self.units = tuple(f"block{b}.{name}" for b in range(1, len(widths) + 1) for name in names)
        self.conventions = conventions
        _init_xavier(self, fan_in_only=conventions == "caffe")

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; training draws what runs, and runs nothing else."""
        x = self.stem(x)
        if not self.training:
            used = (
                self._mask_of_column(self.column) if self.column else torch.ones(1, len(self.units), dtype=torch.bool)
            )
            return self._run_segments(x, used, alone=self.column is not None, everything=compute == "all")
        if self.draw == "sample":
            return self._draw_per_sample(x)
        if self.draw == "tied":
            local = self._run_segments(x, self._draw_local(1))
            columns = [self._run_segments(x, self._mask_of_column(c), alone=True) for c in range(1, self.columns + 1)]
            every = tuple(answer.logits for answer in columns) if self.columns > 1 else ()
            return Forward(logits=local.logits, route=self.all_units(len(x), x.device), exit_logits=every)
        if self._takes_a_global_turn():
            return self._run_segments(x, self._mask_of_column(int(torch.randint(1, self.columns + 1, ()))), alone=True)
        return self._run_segments(x, self._draw_local(1))

    def train(self, mode: bool = True) -> Self:
        """Switch modes and start over with a local turn, so that an epoch's draws depend on no earlier epoch."""
        self.turn = 0
        return super().train(mode)

    def _takes_a_global_turn(self) -> bool:
        self.turn += 1
        return int(self.turn * self.global_share) > int((self.turn - 1) * self.global_share)

    def _draw_per_sample(self, x: Tensor) -> Forward:
        is_global = torch.rand(len(x)) < self.global_share
        columns = torch.where(is_global, torch.randint(1, self.columns + 1, (len(x),)), 0)
        rows, answers = [], []
        for column in columns.unique().tolist():
            members = (columns == column).nonzero().squeeze(1)
            used = self._mask_of_column(column) if column else self._draw_local(len(members))
            rows.append(members)
            answers.append(self._run_segments(x[members.to(x.device, non_blocking=True)], used, alone=column > 0))
        back = torch.cat(rows).argsort().to(x.device, non_blocking=True)
        return Forward(
            logits=torch.cat([answer.logits for answer in answers])[back],
            route=torch.cat([answer.route for answer in answers])[back],
        )

    def _run_segments(self, x: Tensor, used: Tensor, *, alone: bool = False, everything: bool = False) -> Forward:
        route = used.to(x.device, non_blocking=True).expand(len(x), -1)
        for block, part in zip(self.blocks, used.chunk(len(self.blocks), dim=1), strict=True):
            x = block(x, part, alone=alone, everything=everything)
        return Forward(logits=self.head(x), route=route)

    def _draw_local(self, rows: int) -> Tensor:
        drawn = [drop_locally(self.segments, self.local_rate, rows) for _ in self.blocks]
        return torch.cat([reaching_the_end(self.segments, alive) for alive in drawn], dim=1)

    def _mask_of_column(self, column: int) -> Tensor:
        return only_column(self.segments, column).repeat(1, len(self.blocks))

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """Cross-entropy; with tied draws, plus the mean of the columns' cross-entropies."""
        total = self.cross_entropy(forward.logits, labels)
        if forward.exit_logits:
            columns = [self.cross_entropy(logits, labels) for logits in forward.exit_logits]
            total = total + torch.stack(columns).mean()
        return total

    def param_groups(self) -> list[ParamGroup]:
        """All alike, or weights, biases and scales of batch norm by the rule of `conventions`."""
        if self.conventions == "torch":
            return super().param_groups()
        named = list(self.named_parameters())
        biases = [parameter for name, parameter in named if name.endswith("bias")]
        scales = [parameter for name, parameter in named if not name.endswith("bias") and parameter.ndim == 1]
        groups = [
            ParamGroup(parameters=[parameter for _, parameter in named if parameter.ndim > 1]),
            ParamGroup(parameters=biases, lr_scale=2.0, weight_decay_scale=0.0),
            ParamGroup(parameters=scales, weight_decay_scale=0.0),
        ]
        return [group for group in groups if group.parameters]

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The convolutions of every column between two joins."""
        chains = [(chain,) for block in self.blocks for chain in block.chains]
        return dict(zip(self.units, chains, strict=True))

    def settings(self, validation: Validation) -> list[Setting]:
        """The whole network, and each column alone."""
        settings = [Setting(name="whole network", note="every column, joined by their mean")]
        for column in range(1, self.columns + 1) if self.columns > 1 else ():
            depth = f"{2 ** (column - 1)} convolutions per block"
            note = f"deepest, {depth}" if column == self.columns else depth
            settings.append(Setting(name=f"column {column}", values={"column": column}, note=note))
        return settings

    def use(self, setting: Setting) -> None:
        """Take `column`, from 1 (the shallowest), or nothing for the whole network.

        Raises:
            ValueError: other values, or no such column.
        """
        values: dict[str, Any] = dict(setting.values)
        column = values.pop("column", None)
        if values:
            raise ValueError(f"fractalnet's settings have column, not {list(values)}")
        if column is not None and column not in range(1, self.columns + 1):
            raise ValueError(f"column must be one of 1 to {self.columns}, not {column!r}")
        self.column, self.setting = column, setting


def _check_numbers(widths: Sequence[int], dropout: Sequence[float], local_rate: float, global_share: float) -> None:
    if not widths or min(widths) < 1:
        raise ValueError(f"widths must be one positive number per block, not {list(widths)}")
    if len(dropout) != len(widths) or not all(0 <= rate < 1 for rate in dropout):
        raise ValueError(f"dropout must be {len(widths)} rates of at least 0 and below 1, not {list(dropout)}")
    for name, value in (("local_rate", local_rate), ("global_share", global_share)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {value}")


def _final_area(task: Task, stem_kind: str, pools: int) -> int:
    stride = {"none": 1, "strided": 2, "imagenet": 4}[stem_kind]
    height, width = (-(-side // stride) >> pools for side in task.shape[1:])
    if min(height, width) < 1:
        raise ValueError(
            f"images of {task.shape[1]} x {task.shape[2]} pixels are smaller than the network's "
            f"stride {stride << pools}"
        )
    return height * width


def _init_xavier(network: nn.Module, *, fan_in_only: bool) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            if fan_in_only:
                nn.init.kaiming_uniform_(module.weight, nonlinearity="linear")  # variance 1 / fan-in
            else:
                nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
