"""The processes that train one network together, and what they tell each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd import Function

T = TypeVar("T")


class PeerLost(RuntimeError):
    """Another process of the training no longer answers; a training that is tried again goes on from its checkpoint."""


class Peers:
    """The processes of a joint training, seen by one of them. torch's process group has been set up.

    Tensors of a device are exchanged by that device's backend, values of the host by the CPU's: on GPUs the group needs
    both, as `cpu:gloo,cuda:nccl`.

    Args:
        rank: of this process, from 0; the first one keeps checkpoints and the record.
        count: number of processes.

    Attributes:
        rows: images of this process in the present step; those of all processes are as many.
        drawn: random numbers that this process has drawn, which is the same for all.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.count = rank, count
        self.rows = 0
        self.drawn = 0

    @classmethod
    def of_group(cls) -> Peers:
        """Those of torch's default process group."""
        return cls(dist.get_rank(), dist.get_world_size())

    def __deepcopy__(self, memo: dict[int, Any]) -> Peers:
        """Itself: a copy of a network is trained by the same processes."""
        return self

    def part(self, total: int) -> slice:
        """The rows of a joint batch of `total` images that are this process's: consecutive ones, as many for each."""
        size = total // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def gather(self, mine: Tensor) -> Tensor:
        """The rows (n, ...) of all processes, (count * n, ...), in order.

        Every process takes the same function of them, so that a gradient comes back to its own rows only: the sum of
        all processes' gradients is that of the joint batch.
        """
        return cast(Tensor, _Gather.apply(mine, self))

    def every(self, mine: Tensor) -> list[Tensor]:
        """The tensors of all processes, of one shape, in order; without gradients."""
        sent = mine.detach().contiguous()
        parts = [torch.empty_like(sent) for _ in range(self.count)]
        with _answered():
            dist.all_gather(parts, sent)
        return parts

    def sum_(self, values: Tensor) -> Tensor:
        """The sum over all processes, in the place of this one's contiguous values; without gradients."""
        with _answered():
            dist.all_reduce(values)
        return values

    def told(self, value: T) -> T:
        """What the first process has; any object that can be pickled."""
        box = [value]
        with _answered():
            dist.broadcast_object_list(box, src=0, device=torch.device("cpu"))
        return box[0]


class _Gather(Function):
    @staticmethod
    def forward(ctx: Any, mine: Tensor, peers: Peers) -> Tensor:
        ctx.part = peers.part(peers.count * len(mine))
        plain = mine.to(torch.uint8) if mine.dtype == torch.bool else mine
        return torch.cat(peers.every(plain)).to(mine.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0][ctx.part], None


@contextmanager
def _answered() -> Iterator[None]:
    """Tell a lost peer from every other error.

    Raises:
        PeerLost: torch's backend gave up.
    """
    try:
        yield
    except RuntimeError as error:
        raise PeerLost(f"another process of the training is gone: {' '.join(str(error).split())[:200]}") from error
