"""Random numbers of a joint batch: every process draws those of all images and takes its own.

All processes have one random state. Without this, the images of different processes would get the same noise, and a
training would depend on the number of its processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from benchmarks.training.distributed.peers import Peers

Shape = tuple[int, ...]
SHAPED = (torch.rand, torch.randn)
"""Functions of a shape."""
LIKE = (torch.rand_like, torch.randn_like, torch.randint_like)
"""Functions of a tensor of which only the shape matters."""
DROPOUTS = (functional.dropout, functional.dropout1d, functional.dropout2d, functional.dropout3d)
IN_PLACE = (Tensor.uniform_, Tensor.normal_, Tensor.exponential_, Tensor.random_, Tensor.geometric_, Tensor.cauchy_)
UNKNOWN = (
    *(torch.bernoulli, torch.multinomial, torch.normal, torch.poisson, Tensor.bernoulli_),
    *(functional.gumbel_softmax, functional.rrelu, functional.alpha_dropout, functional.feature_alpha_dropout),
)
"""What draws by the values of a tensor, or as several operators."""
_of_the_whole: ContextVar[bool] = ContextVar("draws_of_the_whole_batch", default=False)


@contextmanager
def of_the_whole_batch() -> Iterator[None]:
    """Inside the block nothing is drawn per image, whatever the shapes look like."""
    token = _of_the_whole.set(True)
    try:
        yield
    finally:
        _of_the_whole.reset(token)


class JointDraws(TorchFunctionMode):
    """Inside the block, whatever is drawn for as many rows as a process has images is drawn for the joint batch.

    Draws with a generator, and those of other shapes, are the same for all processes: their random states are equal.

    Args:
        peers: whose images they are.
    """

    def __init__(self, peers: Peers) -> None:
        super().__init__()
        self._peers = peers

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Draw, or call any other function as it is."""
        kwargs = dict(kwargs or {})
        draw = DRAWS.get(func)
        if draw is None or kwargs.get("generator") is not None or _of_the_whole.get():
            return func(*args, **kwargs)
        return draw(self, func, *args, **kwargs)

    def shaped(self, func: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """Of `torch.rand(shape)`."""
        given = kwargs.pop("size", args[0] if args and not isinstance(args[0], int) else args)
        shape = tuple(given)
        return self._mine(func(self._joint(shape), **kwargs), shape)

    def integers(self, func: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """Of `torch.randint(low, high, shape)`, which may leave out `low`."""
        *bounds, size = (*args, kwargs.pop("size")) if "size" in kwargs else args
        return self._mine(func(*bounds, self._joint(tuple(size)), **kwargs), tuple(size))

    def like(self, func: Callable[..., Tensor], x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Of `torch.rand_like(x)`."""
        return self._mine(func(self._empty(x), *args, **kwargs), tuple(x.shape))

    def in_place(self, func: Callable[..., Tensor], x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Of `x.uniform_()`."""
        return x.copy_(self._mine(func(self._empty(x), *args, **kwargs), tuple(x.shape)))

    def dropout(
        self, func: Callable[..., Tensor], x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        """Of `functional.dropout(x)` and its like for channels."""
        if not training or p == 0:
            return x
        factors = self._mine(func(self._empty(x).fill_(1), p, True, False), tuple(x.shape))
        return x.mul_(factors) if inplace else x * factors

    def unknown(self, func: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """Refuse what cannot be drawn for the joint batch.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            f"{getattr(func, '__name__', func)} cannot be drawn for the images of several processes; "
            "draw with torch.rand, or train in one process"
        )

    def _joint(self, shape: Shape) -> Shape:
        return (self._peers.count * shape[0], *shape[1:]) if self._per_image(shape) else shape

    def _per_image(self, shape: Shape) -> bool:
        return bool(shape) and shape[0] == self._peers.rows

    def _mine(self, drawn: Tensor, shape: Shape) -> Tensor:
        self._peers.drawn += math.prod(drawn.shape)
        return drawn[self._peers.part(len(drawn))] if self._per_image(shape) else drawn

    def _empty(self, x: Tensor) -> Tensor:
        """Uninitialised values for the joint batch, in x's memory format, by which random numbers are ordered."""
        channels_last = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
        layout = torch.channels_last if channels_last else torch.contiguous_format
        return torch.empty(self._joint(tuple(x.shape)), dtype=x.dtype, device=x.device, memory_format=layout)


DRAWS: dict[Any, Callable[..., Tensor]] = {
    **dict.fromkeys(SHAPED, JointDraws.shaped),
    torch.randint: JointDraws.integers,
    **dict.fromkeys(LIKE, JointDraws.like),
    **dict.fromkeys(DROPOUTS, JointDraws.dropout),
    **dict.fromkeys(IN_PLACE, JointDraws.in_place),
    **dict.fromkeys(UNKNOWN, JointDraws.unknown),
}
"""What is done in the place of each function that draws."""
