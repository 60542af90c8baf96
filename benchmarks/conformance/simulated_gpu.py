"""A stand-in for a GPU on machines that have none: it computes on the CPU, and keeps a GPU's books.

Tensors on `DEVICE` hold real values, so that whatever depends on data takes its course, backward passes included.
What a GPU would refuse is an error here too: an operator that mixes devices, a generator of the host. And whatever
would make the host wait for the device is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter, tree_map
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

aten = torch.ops.aten

ANSWERS_THE_HOST = {
    aten._local_scalar_dense,
    aten.equal,
    aten.is_nonzero,
    aten.nonzero,
    aten.masked_select,
    aten._unique2,
    aten.unique_dim,
    aten.unique_consecutive,
    aten.bincount,
    aten.repeat_interleave,
}
"""Operators whose answer, or its size, the host has to know before it can go on."""
INDEXING = {aten.index, aten._unsafe_index, aten.index_put, aten.index_put_, aten._index_put_impl_}


def _lstm_cell(
    inputs: Tensor, hidden: Tensor, cell: Tensor, input_bias: Tensor | None = None, hidden_bias: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    parts = inputs + hidden + (0 if input_bias is None or hidden_bias is None else input_bias + hidden_bias)
    enter, keep, new, show = parts.chunk(4, dim=1)
    gates = enter.sigmoid(), keep.sigmoid(), new.tanh(), show.sigmoid()
    after = gates[1] * cell + gates[0] * gates[2]
    return gates[3] * after.tanh(), after, torch.cat(gates, dim=1)


def _lstm_cell_backward(
    grad_hidden: Tensor | None, grad_after: Tensor | None, cell: Tensor, after: Tensor, gates: Tensor, has_bias: bool
) -> tuple[Tensor, Tensor, Tensor | None]:
    enter, keep, new, show = gates.chunk(4, dim=1)
    shown = after.tanh()
    hidden = torch.zeros_like(cell) if grad_hidden is None else grad_hidden
    total = hidden * show * (1 - shown**2) + (0 if grad_after is None else grad_after)
    parts = torch.cat(
        [
            total * new * enter * (1 - enter),
            total * cell * keep * (1 - keep),
            total * enter * (1 - new**2),
            hidden * shown * show * (1 - show),
        ],
        dim=1,
    )
    return parts, total * keep, parts.sum(dim=0) if has_bias else None


CUDA_ONLY = {aten._thnn_fused_lstm_cell: _lstm_cell, aten._thnn_fused_lstm_cell_backward_impl: _lstm_cell_backward}
"""Operators of a GPU that the CPU has not."""


class _Backend(_DummyBackendModule):
    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]


_LIBRARY = torch.library.Library("aten", "IMPL")
_OTHERS = torch.library.Library("_", "IMPL", "AutocastPrivateUse1")
_WAITS: list[str] = []


AUTOCAST = {
    torch.bfloat16: [
        aten.conv2d.default,
        aten.linear.default,
        aten.matmul.default,
        aten.mm.default,
        aten.bmm.default,
        aten.addmm.default,
        aten.addmv.default,
        aten.lstm_cell.default,
    ],
    torch.float32: [
        aten.sum.default,
        aten.sum.dim_IntList,
        aten.softmax.int,
        aten.log_softmax.int,
        aten.nll_loss.default,
        aten.exp.default,
        aten.log.default,
        aten.reciprocal.default,
        aten.rsqrt.default,
        aten.pow.Tensor_Scalar,
    ],
}
"""What autocast does on CUDA (torch's "CUDA Op-Specific Behavior"), as far as the networks meet it."""


def _cast(operator: Any, dtype: torch.dtype) -> Any:
    autocast = torch._C.DispatchKeySet(torch._C._dispatch_key_parse("AutocastPrivateUse1"))

    def run(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = tree_map(
            lambda value: value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value,
            (args, kwargs),
        )
        with torch._C._ExcludeDispatchKeyGuard(autocast):
            return operator(*args, **kwargs)

    return run


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, **options: Any) -> OnDevice:
    """What `torch.tensor(values, device=...)` calls behind the back of every mode."""
    return OnDevice(torch.empty_strided(size, stride, dtype=dtype))


def _copy_from(source: Tensor, target: OnDevice, non_blocking: bool = False) -> Tensor:
    if not non_blocking:
        _WAITS.append("aten._copy_from")
    target.held.copy_(source)
    return target


def _register() -> torch.device:
    """Make the stand-in a device of torch, which has to come before the first backward pass of the process."""
    _setup_privateuseone_for_python_backend("simulated", _Backend())
    _LIBRARY.impl("empty_strided", _empty_strided, "PrivateUse1")
    _LIBRARY.impl("_copy_from", _copy_from, "PrivateUse1")
    _OTHERS.fallback(torch.library.fallthrough_kernel)
    for dtype, operators in AUTOCAST.items():
        for operator in operators:
            _LIBRARY.impl(operator, _cast(operator, dtype), "AutocastPrivateUse1")
    return torch.device("simulated:0")


DEVICE = torch.device("cuda:0") if torch.cuda.is_available() else _register()


class OnDevice(Tensor):
    """A tensor on the stand-in; `held` has its values."""

    __module__ = "torch"  # by which foolbox knows a tensor
    held: Tensor
    is_cuda = True
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, held: Tensor) -> OnDevice:
        """A tensor on the device, held by the host."""
        layout: dict[str, Any] = {
            "strides": held.stride(),
            "storage_offset": held.storage_offset(),
            "dtype": held.dtype,
        }
        with torch.inference_mode(False):  # else none could be a view of a weight
            made: OnDevice = Tensor._make_wrapper_subclass(cls, held.size(), **layout, device=DEVICE)
        made.held = held
        return made

    def tolist(self) -> Any:
        """Its numbers, for which the host waits."""
        return self.cpu().tolist()

    def data_ptr(self) -> int:
        """Of what is held."""
        return self.held.data_ptr()

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) not in memo:
            copied = self.detach().clone()
            is_parameter = isinstance(self, nn.Parameter)
            memo[id(self)] = nn.Parameter(copied, self.requires_grad) if is_parameter else copied
        found: Tensor = memo[id(self)]
        return found

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.held.__reduce_ex__(protocol)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return f"OnDevice({self.held!r})"

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        raise RuntimeError(f"{func} outside of `with SimulatedGpu()`")


class SimulatedGpu(TorchDispatchMode):
    """Where the stand-in works.

    Attributes:
        waits: operators for which the host waited for the device, in order.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.waits = _WAITS
        self.waits.clear()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func._can_decompose():  # inference mode has not taken it apart
            with self:
                return func.decompose(*args, **kwargs)
        tensors = [value for value in tree_iter((args, kwargs)) if isinstance(value, Tensor)]
        ours = {id(t.held): t for t in tensors if isinstance(t, OnDevice)}
        place = kwargs.get("device")
        there = bool(ours) if place is None else torch.device(place).type == DEVICE.type
        if there and place is not None:
            kwargs["device"] = torch.device("cpu")
        if ours or there:
            self._note(func, args, kwargs, tensors, there)
        args, kwargs = tree_map(lambda value: value.held if isinstance(value, OnDevice) else value, (args, kwargs))
        out = CUDA_ONLY.get(func.overloadpacket, func)(*args, **kwargs)
        assert all(t.shape == t.held.shape for t in ours.values()), f"{func} changed a shape in place"
        hosts = {id(t) for t in tensors}

        def placed(value: Any) -> Any:
            if not there or not isinstance(value, Tensor) or id(value) in hosts:
                return value
            return ours[id(value)] if id(value) in ours else OnDevice(value)

        return tree_map(placed, out)

    def _note(self, func: Any, args: Any, kwargs: dict[str, Any], tensors: Sequence[Tensor], there: bool) -> None:
        operator = func.overloadpacket
        if there and kwargs.get("generator") is not None:
            raise RuntimeError(f"{func} on the device with a generator of the host")
        strangers = [t for t in tensors if not isinstance(t, OnDevice)]
        if operator in (aten._to_copy, aten.copy_, aten.copy):
            source, target = (args[0], there) if operator is aten._to_copy else (args[1], isinstance(args[0], OnDevice))
            asynchronous = target and (kwargs.get("non_blocking", False) or (*args, False, False)[2] is True)
            if isinstance(source, OnDevice) != target and not asynchronous:
                self.waits.append(str(func))
            return
        if operator in ANSWERS_THE_HOST:
            self.waits.append(str(func))
        if operator in INDEXING:
            indices = [index for index in args[1] if index is not None]
            strangers = [t for t in strangers if not any(t is index for index in indices)]
            if any(not isinstance(i, OnDevice) or i.dtype in (torch.bool, torch.uint8) for i in indices):
                self.waits.append(str(func))
        if any(t.ndim > 0 or torch.Tag.pointwise not in func.tags for t in strangers):
            shapes = [("device" if isinstance(t, OnDevice) else "host", tuple(t.shape)) for t in tensors]
            raise RuntimeError(f"{func} mixes devices: {shapes}")
