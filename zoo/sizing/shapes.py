"""Building and running a network for its shapes alone: tensors on the meta device have no values.

PyTorch fills such tensors, normalises them and applies activations by decompositions in Python, which takes half of the
time that it takes to count a network, and changes no shape. Here these few functions return at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class ShapesOnly(TorchFunctionMode):
    """Inside `with torch.device("meta"), torch.no_grad(), ShapesOnly():`, networks run faster, and to the same shapes.

    For tensors on the meta device, filling one returns that tensor, and batch norm, dropout and activations return an
    empty tensor like their input. None of these multiplies and accumulates by PyTorch's `FlopCounterMode`, so that it
    counts what it would count without. Every other function, and every tensor elsewhere, is left alone.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Return at once, or call the function."""
        kwargs = kwargs or {}
        result = _RESULTS.get(func)
        if result is not None:
            tensor = args[0] if args else kwargs.get("tensor", kwargs.get("input"))
            if isinstance(tensor, Tensor) and tensor.is_meta:
                return result(tensor)
        return func(*args, **kwargs)


def _itself(tensor: Tensor) -> Tensor:
    return tensor


_FILLING: Sequence[Callable[..., Any]] = (
    nn.init.constant_,
    nn.init.kaiming_normal_,
    nn.init.kaiming_uniform_,
    nn.init.normal_,
    nn.init.uniform_,
    Tensor.fill_,
    Tensor.normal_,
    Tensor.uniform_,
    Tensor.zero_,
)
_KEEPING_THE_SHAPE: Sequence[Callable[..., Any]] = (
    functional.batch_norm,
    functional.dropout,
    functional.relu,
    torch.relu,
    torch.sigmoid,
)
_RESULTS: Mapping[Callable[..., Any], Callable[[Tensor], Tensor]] = {
    **dict.fromkeys(_FILLING, _itself),
    **dict.fromkeys(_KEEPING_THE_SHAPE, torch.empty_like),
}
