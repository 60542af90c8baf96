"""Taking samples out of a batch and putting them back, in both memory formats."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from zoo.execution.rows import gather_for_update, gather_rows, scatter_add_rows, scatter_rows

ROWS = torch.tensor([0, 2])
formats = pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])


def batch(memory_format: torch.memory_format) -> Tensor:
    return torch.arange(3 * 2 * 2 * 5.0).view(3, 2, 2, 5).contiguous(memory_format=memory_format)


@formats
def test_rows_are_taken_in_the_memory_format_of_the_batch(memory_format: torch.memory_format) -> None:
    x = batch(memory_format)
    taken = gather_rows(x, ROWS)
    assert torch.equal(taken, x[[0, 2]])
    assert taken.is_contiguous(memory_format=memory_format)


@formats
@pytest.mark.parametrize("other_format", [torch.contiguous_format, torch.channels_last])
def test_rows_are_put_into_a_copy(memory_format: torch.memory_format, other_format: torch.memory_format) -> None:
    x = batch(memory_format)
    new = torch.full((2, 2, 2, 5), -1.0).contiguous(memory_format=other_format)
    out = scatter_rows(x, ROWS, new)
    assert torch.equal(out, torch.cat([new[:1], x[1:2], new[1:]]))
    assert torch.equal(x, batch(memory_format))
    assert out.is_contiguous(memory_format=memory_format)


@formats
def test_rows_are_put_in_place_on_demand(memory_format: torch.memory_format) -> None:
    x = batch(memory_format)
    out = scatter_rows(x, ROWS, torch.zeros(2, 2, 2, 5), overwrite=True)
    assert out is x
    assert x[ROWS].abs().sum() == 0
    assert torch.equal(x[1], batch(memory_format)[1])


@formats
@pytest.mark.parametrize("width", [5, 6])
@torch.no_grad()
def test_what_was_taken_is_changed_and_put_back(memory_format: torch.memory_format, width: int) -> None:
    x = torch.arange(3 * 2 * 2.0 * width).view(3, 2, 2, width).contiguous(memory_format=memory_format)
    before, taken = x.clone(), gather_for_update(x, ROWS)
    assert torch.equal(taken.samples, x[ROWS])
    assert taken.samples.is_contiguous(memory_format=memory_format)
    taken.samples.mul_(-1)
    assert torch.equal(x, before)
    taken.scatter_back()
    assert taken.is_view
    assert torch.equal(x, before * torch.tensor([-1.0, 1.0, -1.0]).view(3, 1, 1, 1))


@torch.no_grad()
def test_what_was_taken_from_samples_apart_in_memory_does_not_go_back_by_itself() -> None:
    x = batch(torch.contiguous_format)[:, :, :, ::2]
    assert not gather_for_update(x, ROWS).is_view
    assert torch.equal(gather_for_update(x, ROWS).samples, x[ROWS])


@formats
def test_rows_are_added_to_a_copy(memory_format: torch.memory_format) -> None:
    x = batch(memory_format)
    out = scatter_add_rows(x, ROWS, torch.ones(2, 2, 2, 5))
    assert torch.equal(out - x, torch.tensor([1.0, 0.0, 1.0]).view(3, 1, 1, 1).expand_as(x))
    assert out.is_contiguous(memory_format=memory_format)


def test_gradients_reach_the_batch_and_the_new_rows() -> None:
    x = batch(torch.channels_last).requires_grad_()
    new = torch.zeros(2, 2, 2, 5, requires_grad=True)
    scatter_rows(x, ROWS, new).sum().backward()
    assert x.grad is not None
    assert x.grad.sum(dim=(1, 2, 3)).tolist() == [0, 20, 0]
    assert new.grad is not None
    assert new.grad.sum() == 40


def test_tables_have_rows_too() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert scatter_rows(x, torch.tensor([1]), torch.zeros(1, 2)).tolist() == [[1, 2], [0, 0], [5, 6]]
