"""Random numbers of two processes are together those of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.training.distributed.draws import JointDraws, of_the_whole_batch
from benchmarks.training.distributed.peers import Peers

IMAGES = 8
DRAWS: dict[str, Callable[[Tensor], Tensor]] = {
    "by shape": lambda x: torch.rand(x.shape),
    "by length": lambda x: torch.rand(len(x)),
    "by several lengths": lambda x: torch.randn(len(x), 3),
    "integers": lambda x: torch.randint(1, 4, (len(x),)),
    "like": lambda x: torch.rand_like(x),
    "in place": lambda x: torch.empty_like(x).uniform_(-1, 1),
    "dropout": lambda x: functional.dropout(x, 0.3),
    "dropout in place": lambda x: functional.dropout(x.clone(), 0.3, inplace=True),
    "dropout of channels": lambda x: functional.dropout2d(x, 0.3),
}


def drawn(draw: Callable[[Tensor], Tensor], x: Tensor, rank: int, count: int) -> Tensor:
    """What a process draws, and then once more: its random state is that of the others."""
    peers = Peers(rank, count)
    mine = x[peers.part(len(x))]
    peers.rows = len(mine)
    torch.manual_seed(5)
    with JointDraws(peers):
        first = draw(mine)
        return torch.stack([first, draw(mine)])


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("name", DRAWS)
def test_what_two_processes_draw_is_what_one_draws(name: str, layout: torch.memory_format) -> None:
    x = torch.linspace(1, 2, IMAGES * 12).view(IMAGES, 3, 2, 2).to(memory_format=layout)
    torch.manual_seed(5)
    first = DRAWS[name](x)
    alone = torch.stack([first, DRAWS[name](x)])
    assert torch.equal(torch.cat([drawn(DRAWS[name], x, rank, 2) for rank in range(2)], dim=1), alone)


BATCHWISE: dict[str, Callable[[Tensor], Tensor]] = {
    "one number": lambda x: torch.rand(()),
    "one row": lambda x: torch.rand(1, 6),
    "with a generator": lambda x: torch.rand(len(x), generator=torch.Generator().manual_seed(3)),
    "said to be": lambda x: _for_the_batch(len(x)),
    "nothing dropped": lambda x: functional.dropout(torch.ones(1, 4), 0.5, training=False),
}


def _for_the_batch(length: int) -> Tensor:
    with of_the_whole_batch():
        return torch.rand(length)


@pytest.mark.parametrize("name", BATCHWISE)
def test_what_is_drawn_for_a_batch_is_the_same_for_all_processes(name: str) -> None:
    x = torch.zeros(IMAGES, 3, 2, 2)
    first, second = (drawn(BATCHWISE[name], x, rank, 2) for rank in range(2))
    assert torch.equal(first, second)


def test_a_draw_by_values_is_refused() -> None:
    peers = Peers(0, 2)
    peers.rows = 4
    with JointDraws(peers), pytest.raises(NotImplementedError, match="bernoulli cannot be drawn"):
        torch.bernoulli(torch.full((4,), 0.5))
