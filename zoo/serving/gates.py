"""Lean forms of gates: the same log-odds from channel means, with fewer and larger matrix products."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

State = tuple[Tensor, Tensor] | None
"""Hidden and cell state (N, hidden) of a recurrent gate; None before the first gate."""


class LeanGates(nn.Module, ABC):
    """Gates that read the channel means of what their block gets, and nothing else of it.

    Where a block is skipped, the next gate reads the same means again, and nothing is averaged twice.
    """

    @abstractmethod
    def from_means(self, index: int, means: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Gate `index` on channel means (N, C): log-odds (N,), and the state for the next gate."""

    def forward(self, index: int, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Gate `index` on features (N, C, H, W); see `zoo.execution.skipping.Gates`."""
        return self.from_means(index, x.mean(dim=(2, 3)), state)


class LeanFeedForwardGates(LeanGates):
    """`zoo.methods.adanet.Gates` with batch norms folded in and one output each, gates of one width side by side.

    The hidden layers of A gates are one matrix product, and so are their outputs (a matrix with one block per gate on
    its diagonal): asking all of them costs little more than asking one.

    Attributes:
        together: for every gate, the range of gates that `ahead` asks with it.
    """

    def __init__(self, gates: Any) -> None:
        super().__init__()
        self.together = _equal_runs([gate.channels for gate in gates])
        for run in dict.fromkeys(self.together):
            hidden = [_folded_hidden(gates[i]) for i in run]
            choices = [gates[i].choice for i in run]
            outputs = [choice.weight.detach()[1:] - choice.weight.detach()[:1] for choice in choices]
            biases = [choice.bias.detach()[1:] - choice.bias.detach()[:1] for choice in choices]
            self.register_buffer(f"hidden{run.start}", torch.cat([h.weight for h in hidden]).detach().t().contiguous())
            self.register_buffer(f"hidden_bias{run.start}", torch.cat([h.bias for h in hidden]).detach())
            self.register_buffer(f"output{run.start}", torch.block_diag(*outputs).t().contiguous())
            self.register_buffer(f"bias{run.start}", torch.cat(biases))

    def from_means(self, index: int, means: Tensor, state: None) -> tuple[Tensor, None]:
        """See `LeanGates.from_means`; there is no state."""
        return self.ahead(index, means, 1)[:, index - self.together[index].start], None

    def ahead(self, index: int, sums: Tensor, pixels: int) -> Tensor:
        """Log-odds (N, A) of the gates together[index], from sums (N, C) over the pixels of each channel."""
        run = self.together[index].start
        hidden = torch.addmm(getattr(self, f"hidden_bias{run}"), sums, getattr(self, f"hidden{run}"), alpha=1 / pixels)
        return torch.addmm(getattr(self, f"bias{run}"), hidden.relu_(), getattr(self, f"output{run}"))

    def following(self, index: int, means: Tensor) -> Tensor:
        """Log-odds (N, A) of gate `index` and those after it in together[index], from channel means (N, C)."""
        run = self.together[index]
        hidden, output = getattr(self, f"hidden{run.start}"), getattr(self, f"output{run.start}")
        gate = index - run.start
        unit = gate * hidden.shape[1] // len(run)
        bias = getattr(self, f"hidden_bias{run.start}")[unit:]
        active = torch.addmm(bias, means, hidden[:, unit:]).relu_()
        return torch.addmm(getattr(self, f"bias{run.start}")[gate:], active, output[unit:, gate:])


def _folded_hidden(gate: Any) -> nn.Linear:
    """The hidden layer of a gate in eval mode, its batch norm folded in."""
    linear, norm = gate.hidden[2], gate.hidden[3]
    assert isinstance(linear, nn.Linear)
    assert isinstance(norm, nn.BatchNorm1d)
    return fuse_linear_bn_eval(linear.eval(), norm.eval())


def _equal_runs(widths: Sequence[int]) -> list[range]:
    """For every place in a sequence, the run of equal numbers that it belongs to."""
    lengths = [len(list(group)) for _, group in groupby(widths)]
    return [
        range(end - length, end)
        for length, end in zip(lengths, accumulate(lengths), strict=True)
        for _ in range(length)
    ]


class LeanRecurrentGates(LeanGates):
    """`zoo.methods.skipnet.gates.RecurrentGates`: matrix products on means, and an LSTM cell whose parts are reordered.

    The order is input, forget, output, candidate, so that one sigmoid serves three of them. A block's projection and
    the LSTM's own are one matrix, since nothing stands between them.
    """

    recurrent: Tensor
    choice: Tensor
    bias: Tensor

    def __init__(self, gates: Any) -> None:
        super().__init__()
        cell, self.hidden = gates.cell, gates.cell.hidden_size
        order = torch.arange(4 * self.hidden).view(4, -1)[[0, 1, 3, 2]].flatten()
        entry, bias = cell.weight_ih.detach()[order], (cell.bias_ih + cell.bias_hh).detach()[order]
        for index, project in enumerate(gates.project):
            self.register_buffer(f"weight{index}", (entry @ project.weight.detach()).t().contiguous())
            self.register_buffer(f"bias{index}", bias + entry @ project.bias.detach())
        self.register_buffer("recurrent", cell.weight_hh.detach()[order].t().contiguous())
        self.register_buffer("choice", gates.choice.weight.detach().t().contiguous())
        self.register_buffer("bias", gates.choice.bias.detach().clone())

    def from_means(self, index: int, means: Tensor, state: State) -> tuple[Tensor, State]:
        """See `LeanGates.from_means`."""
        parts = torch.addmm(getattr(self, f"bias{index}"), means, getattr(self, f"weight{index}"))
        if state is None:
            shares, candidate = parts.tensor_split((3 * self.hidden,), dim=1)
            take, _, give = shares.sigmoid_().chunk(3, dim=1)
            cell = take * candidate.tanh_()
        else:
            parts = torch.addmm(parts, state[0], self.recurrent)
            shares, candidate = parts.tensor_split((3 * self.hidden,), dim=1)
            take, keep, give = shares.sigmoid_().chunk(3, dim=1)
            cell = torch.addcmul(keep.mul_(state[1]), take, candidate.tanh_())
        hidden = give * cell.tanh()
        return torch.addmm(self.bias, hidden, self.choice).squeeze(1), (hidden, cell)
