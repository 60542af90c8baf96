"""Segments of a network, the memory that they read and write, and what comes out in the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort

Array = Any
"""A NumPy array."""
Shape = tuple[int, ...]
"""Of a row of an array."""
Places = Sequence[tuple[str, Shape]]
"""Names of pieces of memory, and the shape of a row there."""


class Answer(NamedTuple):
    """What a network says of N images.

    Attributes:
        logits: (N, K) float32.
        route: (N, U) bool, the units that each image used.
        log_odds: (N, G) of its gates, or None without gates.
    """

    logits: Array
    route: Array
    log_odds: Array | None = None


class Segment:
    """A part of the network that runs without a decision.

    Args:
        model: in ONNX's format.
        inputs: names of its inputs.
        outputs: names of its outputs.
        threads: of each operator.
        optimised: whether the model is for this machine already.
    """

    def __init__(
        self, model: bytes, inputs: Sequence[str], outputs: Sequence[str], threads: int, *, optimised: bool = False
    ) -> None:
        options = ort.SessionOptions()
        if optimised:
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.use_env_allocators", "1")
        _share_memory()
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._inputs, self._outputs = list(inputs), list(outputs)

    def __call__(self, *arrays: Array) -> list[Array]:
        """Outputs, new arrays, of inputs with the same number of rows."""
        outputs: list[Array] = self._session.run(self._outputs, dict(zip(self._inputs, arrays, strict=True)))
        return outputs

    def bound(self, inputs: Sequence[Array], outputs: Sequence[Array]) -> Callable[[], None]:
        """What runs the segment from these arrays to those, whatever they contain by then.

        Args:
            inputs: contiguous, as many rows each.
            outputs: are overwritten; contiguous.
        """
        binding = self._session.io_binding()
        given = dict(zip(self._inputs, inputs, strict=True))
        passed_on = []
        for name, array in given.items():
            binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
        for name, array in zip(self._outputs, outputs, strict=True):
            if name in given:  # ONNX Runtime does not write there
                passed_on.append((array, given[name]))
            else:
                binding.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(array))
        run: Callable[[], None] = partial(self._session.run_with_iobinding, binding)
        return partial(_run_and_copy, run, passed_on) if passed_on else run


def _run_and_copy(run: Callable[[], None], copies: Sequence[tuple[Array, Array]]) -> None:
    run()
    for target, source in copies:
        np.copyto(target, source)


@cache
def _share_memory() -> None:
    """Let all segments of this process allocate from one arena, so that a segment reuses what is in the cache."""
    memory = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(memory, None)


class Memory:
    """Pieces of memory by name, which segments read and write, whatever shape their rows have.

    Args:
        rows: how many there is room for.
        largest: numbers in the largest row of each piece.
    """

    def __init__(self, rows: int, largest: Mapping[str, int]) -> None:
        self.rows = rows
        self._flat = {name: np.empty(rows * size, np.float32) for name, size in largest.items()}

    def view(self, name: str, rows: int, shape: Shape) -> Array:
        """The first so many rows of that shape."""
        return self._flat[name][: rows * math.prod(shape)].reshape(rows, *shape)

    def bind(self, segment: Segment, inputs: Places, outputs: Places, rows: int) -> Callable[[], None]:
        """What runs a segment on the first so many rows of these pieces."""
        views = ([self.view(name, rows, shape) for name, shape in places] for places in (inputs, outputs))
        return segment.bound(*views)
