"""A network's computation as a graph for any batch size, from running it: Python decides, operators are written down.

`torch.export` follows a network without running it. A batch size that Python reads (`len(x)`) is then fixed for good,
and a branch that depends on a tensor is refused, even where that tensor is the same for all images, as the columns of
a FractalNet. Here the network runs. What does not depend on the images is computed once and becomes a constant of the
graph; what depends on them is recorded, and may not be read by Python. Two runs with different numbers of images tell
which numbers stand for the batch size.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

SAMPLES = (3, 5)
"""Numbers of images of the two runs."""
READS = frozenset(
    {
        torch.ops.aten._local_scalar_dense.default,
        torch.ops.aten.nonzero.default,
        torch.ops.aten.masked_select.default,
    }
)
"""Operators with which Python learns what is in a tensor, or which give as many rows as it says."""


class Unsupported(ValueError):
    """A network that cannot be written down as a graph; the message says why."""


@dataclass(frozen=True)
class Value:
    """A tensor of a recording that depends on the images.

    Attributes:
        step: number of the operator that made it, or None for an input.
        place: among the outputs of the operator, or of the inputs; None for an operator's only output.
    """

    step: int | None
    place: int | None


@dataclass(frozen=True)
class Constant:
    """A tensor that depends on no image."""

    tensor: Tensor


@dataclass(frozen=True)
class Step:
    """An operator that was called: it, its flattened arguments, and how they are put together again."""

    target: Any
    arguments: Sequence[Any]
    spec: pytree.TreeSpec


class Recorder(TorchDispatchMode):
    """Writes down every operator that depends on the inputs.

    Attributes:
        steps: in the order of calls.
        marks: values that were given names.
    """

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.steps: list[Step] = []
        self.marks: dict[str, Value] = {}
        self._values: dict[int, Value] = {}
        self._overwritten: dict[int, list[tuple[int, Step]]] = {}
        self._views: dict[int, list[Tensor]] = defaultdict(list)  # kept: a tensor that is freed would pass on its id
        for place, tensor in enumerate(inputs):
            self._remember(tensor, Value(None, place))

    def mark(self, name: str, tensor: Tensor) -> None:
        """Give a value a name.

        Raises:
            Unsupported: it is the same for all images.
        """
        value = self._argument(tensor)
        if not isinstance(value, Value):
            raise Unsupported(f"{name} does not depend on the images")
        self.marks[name] = value

    def depends(self, tensor: Tensor) -> bool:
        """Whether a tensor depends on the inputs."""
        return id(tensor) in self._values

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call an operator, and write it down if it depends on the inputs."""
        flat, spec = pytree.tree_flatten((args, kwargs or {}))
        if not any(id(a) in self._values for a in flat if isinstance(a, Tensor)):
            return func(*args, **(kwargs or {}))
        if func in READS or (func is torch.ops.aten.index.Tensor and _by_mask(flat[1:])):
            raise Unsupported("Python decides by what is in a tensor that depends on the images")
        if func in REWRITTEN:
            with self:
                return REWRITTEN[func](*args, **(kwargs or {}))
        step = Step(func, [self._argument(a) for a in flat], spec)
        if func._schema.is_mutable:
            step = self._without_writing(step, flat[0])
        self.steps.append(step)
        out = func(*args, **(kwargs or {}))
        several = isinstance(out, tuple | list)
        for place, tensor in enumerate(out if several else (out,)):
            if isinstance(tensor, Tensor):
                self._remember(tensor, Value(len(self.steps) - 1, place if several else None))
        return out

    def _without_writing(self, step: Step, own: Tensor) -> Step:
        """The operator that computes what this one writes over `own`; `_argument` goes back on it for another view."""
        name, _, rest = step.target._schema.name.partition("::")[2].rpartition("_")
        if rest or id(own) not in self._values or not hasattr(torch.ops.aten, name):
            raise Unsupported(f"{step.target} writes what depends on the images where a graph cannot")
        for view in self._views[_storage(own)]:
            if view is not own and _overlap(own, view):
                self._overwritten.setdefault(id(view), []).append((len(self.steps), step))
        return replace(step, target=getattr(getattr(torch.ops.aten, name), step.target._overloadname))

    def _argument(self, argument: Any) -> Any:
        if not isinstance(argument, Tensor):
            return argument
        for place, step in self._overwritten.pop(id(argument), ()):
            self.steps[place] = step
        return self._values.get(id(argument)) or Constant(argument.clone())

    def _remember(self, tensor: Tensor, value: Value) -> None:
        self._values[id(tensor)] = value
        self._views[_storage(tensor)].append(tensor)


def _by_mask(indices: Sequence[Any]) -> bool:
    return any(isinstance(index, Tensor) and index.dtype == torch.bool for index in indices)


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _overlap(one: Tensor, other: Tensor) -> bool:
    """Whether two views of one storage share an element."""
    touched = torch.zeros(one.untyped_storage().nbytes() // one.itemsize, dtype=torch.bool)
    touched.as_strided(one.size(), one.stride(), one.storage_offset()).fill_(True)
    return bool(touched.as_strided(other.size(), other.stride(), other.storage_offset()).any())


def _adaptive_max_pool(x: Tensor, size: Sequence[int]) -> tuple[Tensor, None]:
    """`torch.nn.AdaptiveMaxPool2d`, which ONNX does not have, as maxima of slices; without the indices."""
    rows, columns = (
        [(i * full // parts, -(-(i + 1) * full // parts)) for i in range(parts)]
        for full, parts in zip(x.shape[2:], size, strict=True)
    )
    maxima = [[x[:, :, a:b, c:d].amax(dim=(2, 3)) for c, d in columns] for a, b in rows]
    return torch.stack([torch.stack(row, dim=2) for row in maxima], dim=2), None


def _split(x: Tensor, size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`torch.Tensor.split` as slices: ONNX Runtime copies the parts of its own into a list first."""
    return tuple(x.narrow(dim, start, min(size, x.shape[dim] - start)) for start in range(0, x.shape[dim], size))


def _addcmul(x: Tensor, one: Tensor, other: Tensor, *, value: float = 1) -> Tensor:
    """`torch.addcmul`, for whose `value` of 1 the exporter writes a multiplication and a cast."""
    product = one * other
    return x + (product if value == 1 else product * value)


REWRITTEN: Mapping[Any, Callable[..., Any]] = {
    torch.ops.aten.adaptive_max_pool2d.default: _adaptive_max_pool,
    torch.ops.aten.addcmul.default: _addcmul,
    torch.ops.aten.split.Tensor: _split,
}
"""Operators that are recorded as others."""

Run = Callable[[Recorder, Tensor], None]
"""Runs on images (N, C, H, W) and marks what it finds."""


def record(run: Run, shape: Sequence[int]) -> tuple[fx.GraphModule, tuple[str, ...], dict[str, str]]:
    """The graph of what a function computes, for any number of images.

    Args:
        run: is called twice without autograd; must do the same for any number of images above one.
        shape: (C, H, W) of an image.

    Returns:
        A module from images (N, C, H, W) to a tuple of all marked values, the names of these values, and for every
        mark the name that its value has: the same value may be marked twice.

    Raises:
        Unsupported: what is computed depends on images or on their number in a way that a graph cannot say.
    """
    recorders = []
    for samples in SAMPLES:
        images = torch.rand(samples, *shape, generator=torch.Generator().manual_seed(samples))
        recorder = Recorder([images])
        with torch.no_grad(), recorder:
            run(recorder, images)
        recorders.append(recorder)
    first, second = recorders
    same = [step.target for step in first.steps] == [step.target for step in second.steps]
    if not same or first.marks != second.marks:
        raise Unsupported(f"other operators run for {SAMPLES[0]} images than for {SAMPLES[1]}")
    names: dict[Value, str] = {}
    canonical = {mark: names.setdefault(value, mark) for mark, value in first.marks.items()}
    graph = _Builder().build(first.steps, second.steps, list(names))
    return graph, tuple(names.values()), canonical


class _Builder:
    """Makes an FX graph of two recordings of the same steps."""

    def __init__(self) -> None:
        self.graph = fx.Graph()
        self.root = nn.Module()
        self.images = self.graph.placeholder("images")
        self.size: fx.Node | None = None
        self.nodes: list[fx.Node] = []
        self.constants = 0

    def build(self, first: Sequence[Step], second: Sequence[Step], outputs: Sequence[Value]) -> fx.GraphModule:
        for one, other in zip(first, second, strict=True):
            pairs = zip(one.arguments, other.arguments, strict=True)
            args, kwargs = pytree.tree_unflatten([self._argument(a, b) for a, b in pairs], one.spec)
            self.nodes.append(self.graph.call_function(one.target, args, kwargs))
        self.graph.output(tuple(self._value(value) for value in outputs))
        return fx.GraphModule(self.root, self.graph)

    def _argument(self, one: Any, other: Any) -> Any:
        if isinstance(one, Value):
            return self._value(one)
        if isinstance(one, Constant):
            return self._constant(one.tensor, other.tensor)
        return one if one == other else self._size(_times_the_batch(one, other))

    def _value(self, value: Value) -> fx.Node:
        if value.step is None:
            return self.images
        node = self.nodes[value.step]
        return node if value.place is None else self.graph.call_function(operator.getitem, (node, value.place))

    def _constant(self, one: Tensor, other: Tensor) -> fx.Node:
        if one.shape == other.shape:
            if not torch.equal(one, other):
                raise Unsupported(f"a tensor of shape {tuple(one.shape)} depends on the number of images")
            return self._stored(one)
        row = one[:1]
        if not torch.equal(row.expand_as(one), one) or not torch.equal(row.expand_as(other), other):
            raise Unsupported(f"a tensor of shape {tuple(one.shape)} differs from image to image")
        size = [self._size(1), *row.shape[1:]]
        return self.graph.call_function(torch.ops.aten.expand.default, (self._stored(row), size))

    def _stored(self, tensor: Tensor) -> fx.Node:
        name = f"constant{self.constants}"
        self.constants += 1
        self.root.register_buffer(name, tensor)
        return self.graph.get_attr(name)

    def _size(self, times: int) -> Any:
        if self.size is None:
            self.size = self.graph.call_function(torch.ops.aten.sym_size.int, (self.images, 0))
        return self.size if times == 1 else self.graph.call_function(operator.mul, (self.size, times))


def _times_the_batch(one: Any, other: Any) -> int:
    """What the number of images is multiplied by, of an argument of both runs."""
    times, rest = divmod(one, SAMPLES[0]) if type(one) is int else (0, 1)
    if rest or times * SAMPLES[1] != other:
        raise Unsupported(f"a number is {one} for {SAMPLES[0]} images and {other} for {SAMPLES[1]}")
    return times
