"""Runs a network that was cut at its decisions: ONNX Runtime computes the segments, this loop decides who runs what.

It needs NumPy and ONNX Runtime, not PyTorch: `python -m benchmarks.export` writes a copy of it beside the segments.

    network = load("my_net")
    answer = network(images)   # (N, C, H, W) float32, pixels in [0, 1]
    answer.logits.argmax(axis=1), answer.route
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort

Array = Any
"""A NumPy array."""
Shape = tuple[int, ...]
"""Of a row of an array."""
Places = Sequence[tuple[str, Shape]]
"""Names of pieces of memory, and the shape of a row there."""
PLAN = "plan.json"
VERSION = 1
"""Of plans."""
TRIALS = 12
"""Runs of each way to answer a single image, of which the fastest counts."""


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


def load(folder: str | Path, threads: int = 1) -> Network:
    """A network from the folder that `python -m benchmarks.export` wrote.

    Args:
        folder: with `plan.json` and the segments.
        threads: of each operator.

    Raises:
        FileNotFoundError: there is no plan, or a segment of it is missing.
    """
    where = Path(folder)
    plan = json.loads((where / PLAN).read_text(encoding="utf-8"))
    segments = {
        name: Segment((where / f"{name}.onnx").read_bytes(), **ends, threads=threads)
        for name, ends in plan["segments"].items()
    }
    return Network(plan, segments)


class Network:
    """A network at one of its settings.

    Args:
        plan: what runs after what; `zoo.serving.runtime.plans` explains it.
        segments: all that the plan names.
        single: makes the same network as one segment for one image (`zoo.serving.runtime.single`). The first single
            image decides whether it or the loop here is faster, by a few runs of each.

    Raises:
        ValueError: a plan of another version.
    """

    def __init__(
        self,
        plan: Mapping[str, Any],
        segments: Mapping[str, Segment],
        single: Callable[[], Segment] | None = None,
    ) -> None:
        if plan["version"] != VERSION:
            raise ValueError(f"this file runs plans of version {VERSION}, not {plan['version']}")
        self.plan = plan
        kinds: Mapping[str, Any] = {"static": Static, "gated": Gated, "cascade": Cascade}
        self._run: Callable[[Array], Answer] = kinds[plan["kind"]](plan, segments)
        self._run_one = self._run if single is None else None
        self._single = single

    def __call__(self, images: Array) -> Answer:
        """Answer images (N, C, H, W), N at least 1, float32 with pixels in [0, 1]."""
        images = np.ascontiguousarray(images, dtype=np.float32)
        if len(images) > 1:
            return self._run(images)
        if self._run_one is None:
            assert self._single is not None
            segment = self._single()
            self._run_one = _faster([self._run, lambda image: Answer(*segment(image))], images)
        return self._run_one(images)


def _faster(ways: Sequence[Callable[[Array], Answer]], image: Array) -> Callable[[Array], Answer]:
    """The way whose best time is the shortest."""
    best = [math.inf] * len(ways)
    for _ in range(TRIALS):
        for place, way in enumerate(ways):
            started = time.perf_counter()
            way(image)
            best[place] = min(best[place], time.perf_counter() - started)
    return ways[best.index(min(best))]


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
        for name, array in zip(self._inputs, inputs, strict=True):
            binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
        for name, array in zip(self._outputs, outputs, strict=True):
            binding.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(array))
        return partial(self._session.run_with_iobinding, binding)


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


class Static:
    """A network in one segment: all images take the same route, or every unit is computed."""

    def __init__(self, plan: Mapping[str, Any], segments: Mapping[str, Segment]) -> None:
        self._answer = segments["answer"]
        self._route = None if plan["route"] is None else np.array([plan["route"]])

    def __call__(self, images: Array) -> Answer:
        """See `Network`."""
        logits, *route = self._answer(images)
        return Answer(logits, route[0] if self._route is None else self._route.repeat(len(images), axis=0))


class Step(NamedTuple):
    """A gated block.

    Attributes:
        run: the block, and what gates read of its output.
        skip: the same for images that skip it, or None where they stay as they are.
        gate: asks its gate, or None where gates are known ahead.
        ahead: the gates whose log-odds `run` and `skip` answer, or None.
        before: shape of a row before the block.
        after: shapes of a row after it, and of what gates read of it.
        state: shapes of what the gate hands on.
    """

    run: Segment
    skip: Segment | None
    gate: Segment | None
    ahead: slice | None
    before: Shape
    after: list[Shape]
    state: list[Shape]


class Gated:
    """Blocks in a row, each of which runs for the images whose gate's log-odds are above a limit.

    Gates are known `ahead`, all those of a stage from what the block before them made, or are asked one after another.
    Features are in one of two places and go to the other where all images change; some images are gathered, run, and
    put back. Segments are bound to these places once for every number of images.
    """

    def __init__(self, plan: Mapping[str, Any], segments: Mapping[str, Segment]) -> None:
        self._entry, self._head = segments["entry"], segments["head"]
        self._first_ahead = slice(*plan["ahead"]) if plan["ahead"] else None
        self._limit = float(np.float32(plan["limit"]))  # log-odds are compared as 32-bit numbers at every batch size
        image = np.zeros((1, *plan["shape"]), np.float32)
        first = self._entry(image)
        self._entered = [array.shape[1:] for array in first]
        self._steps = _rehearse(plan["blocks"], segments, first)
        reads = [self._entered[1:], *(step.after[1:] for step in self._steps)]
        self._read_by = [shapes[0] if shapes else None for shapes in reads]
        self._memory = Memory(0, {})
        self._bound: dict[tuple[object, ...], Callable[[], None]] = {}

    def __call__(self, images: Array) -> Answer:
        """See `Network`."""
        samples = len(images)
        if samples > self._memory.rows:
            self._memory, self._bound = Memory(samples, self._largest()), {}
        entered = [self._view(name, samples, shape) for name, shape in zip(("a", "read"), self._entered, strict=False)]
        self._entry.bound([images], entered)()
        decide = self._known_ahead if self._first_ahead else self._asked
        x, log_odds = decide(samples) if samples > 1 or not self._first_ahead else self._one_ahead()
        (logits,) = self._head(x)
        return Answer(logits, log_odds > self._limit, log_odds)

    def _largest(self) -> dict[str, int]:
        features = max(math.prod(shape) for step in self._steps for shape in (step.before, step.after[0]))
        read = max(math.prod(shape) for shape in self._read_by if shape is not None) if self._read_by[0] else 0
        state = {f"{turn}{k}": math.prod(shape) for turn in "st" for k, shape in enumerate(self._steps[0].state)}
        sizes = dict.fromkeys(("a", "b", "gathered", "part"), features) | dict.fromkeys(("read", "read part"), read)
        return {**sizes, **state, "odds": 1}

    def _view(self, name: str, rows: int, shape: Shape) -> Array:
        return self._memory.view(name, rows, shape)

    def _one_ahead(self) -> tuple[Array, Array]:
        """For a single image: no gathering, and numbers instead of arrays."""
        answers = self._view("read", 1, self._entered[1])[0].tolist()
        assert self._first_ahead is not None
        start, place, limit = self._first_ahead.start, "a", self._limit
        decided = []
        for index, step in enumerate(self._steps):
            odds = answers[index - start]
            decided.append(odds)
            way = "run" if odds > limit else "skip"
            if way == "skip" and step.skip is None:
                continue
            place = self._all(index, way, place, 1)
            if step.ahead:
                start, answers = step.ahead.start, self._view("read", 1, step.after[1])[0].tolist()
        return self._view(place, 1, self._steps[-1].after[0]), np.array([decided], dtype=np.float32)

    def _known_ahead(self, samples: int) -> tuple[Array, Array]:
        known = np.empty((samples, len(self._steps)), np.float32)
        decided = np.empty_like(known)
        known[:, self._first_ahead] = self._view("read", samples, self._entered[1])
        place = "a"
        for index, step in enumerate(self._steps):
            decided[:, index] = known[:, index]
            place, changed = self._step(index, place, samples, np.flatnonzero(decided[:, index] > self._limit))
            if step.ahead and changed is not None:
                known[changed, step.ahead] = self._view("read", samples, step.after[1])[changed]
        return self._view(place, samples, self._steps[-1].after[0]), decided

    def _asked(self, samples: int) -> tuple[Array, Array]:
        decided = np.empty((samples, len(self._steps)), np.float32)
        odds = self._view("odds", samples, ())
        place = "a"
        for index in range(len(self._steps)):
            self._ask(index, place, samples)
            decided[:, index] = odds
            place, _ = self._step(index, place, samples, np.flatnonzero(odds > self._limit))
        return self._view(place, samples, self._steps[-1].after[0]), decided

    def _ask(self, index: int, place: str, samples: int) -> None:
        """Ask a gate; its state goes to the other of two places."""
        key = index, "gate", place, samples
        if key not in self._bound:
            step = self._steps[index]
            assert step.gate is not None
            read = self._read_by[index]
            source = ("read", read) if read is not None else (place, step.before)
            old, new = ("s", "t") if index % 2 else ("t", "s")
            before = self._steps[index - 1].state if index else []
            inputs = [source, *((f"{old}{k}", shape) for k, shape in enumerate(before))]
            outputs = [("odds", ()), *((f"{new}{k}", shape) for k, shape in enumerate(step.state))]
            self._bound[key] = self._bind(step.gate, inputs, outputs, samples)
        self._bound[key]()

    def _bind(self, segment: Segment, inputs: Places, outputs: Places, rows: int) -> Callable[[], None]:
        views = ([self._view(name, rows, shape) for name, shape in places] for places in (inputs, outputs))
        return segment.bound(*views)

    def _step(self, index: int, place: str, samples: int, rows: Array) -> tuple[str, Array | slice | None]:
        """Run a block for some rows; where the features are then, and the rows of which gates read anew."""
        step = self._steps[index]
        if len(rows) == samples:
            return self._all(index, "run", place, samples), slice(None)
        if len(rows):
            np.take(
                self._view(place, samples, step.before),
                rows,
                axis=0,
                mode="clip",
                out=self._view("gathered", len(rows), step.before),
            )
            self._some(index, len(rows))
        if step.skip is not None:
            place = self._all(index, "skip", place, samples)
        for name, part, shape in zip((place, "read"), ("part", "read part"), step.after, strict=False):
            if len(rows):
                self._view(name, samples, shape)[rows] = self._view(part, len(rows), shape)
        return place, slice(None) if step.skip is not None else rows if len(rows) else None

    def _all(self, index: int, way: str, place: str, samples: int) -> str:
        """Run a block, or its shortcut, for all images; the place of its output."""
        other = "b" if place == "a" else "a"
        key = index, way, place, samples
        if key not in self._bound:
            step = self._steps[index]
            segment = step.run if way == "run" else step.skip
            assert segment is not None
            outputs = [
                self._view(name, samples, shape) for name, shape in zip((other, "read"), step.after, strict=False)
            ]
            self._bound[key] = segment.bound([self._view(place, samples, step.before)], outputs)
        self._bound[key]()
        return other

    def _some(self, index: int, rows: int) -> None:
        """Run a block for the images that have been gathered."""
        key = index, rows
        if key not in self._bound:
            step = self._steps[index]
            outputs = [
                self._view(name, rows, shape) for name, shape in zip(("part", "read part"), step.after, strict=False)
            ]
            self._bound[key] = step.run.bound([self._view("gathered", rows, step.before)], outputs)
        self._bound[key]()


def _rehearse(
    blocks: Sequence[Mapping[str, Any]], segments: Mapping[str, Segment], entered: Sequence[Array]
) -> list[Step]:
    """The steps of gated blocks, with the shapes that one image takes on its way through all of them."""
    x, *read = entered
    state: list[Array] = []
    steps = []
    for block in blocks:
        run, skip, gate = (segments.get(block[name]) for name in ("run", "skip", "gate"))
        assert run is not None
        if gate is not None:
            _, *state = gate(*(read or [x]), *state)
        before = x.shape[1:]
        x, *read = out = run(x)
        ahead = slice(*block["ahead"]) if block["ahead"] else None
        steps.append(Step(run, skip, gate, ahead, before, [a.shape[1:] for a in out], [a.shape[1:] for a in state]))
    return steps


class Cascade:
    """Segments in a row, each with an exit; an image leaves at the first exit whose score is below its threshold."""

    def __init__(self, plan: Mapping[str, Any], segments: Mapping[str, Segment]) -> None:
        self._steps = [(segments[step["run"]], step["exit"], step["threshold"]) for step in plan["steps"]]
        used = np.zeros(2 * plan["exits"], bool)
        used[0::2] = True
        used[[2 * step["exit"] + 1 for step in plan["steps"]]] = True
        column = np.arange(2 * plan["exits"]) // 2
        self._routes = np.array([used & (column <= last) for last in range(plan["exits"])])

    def __call__(self, images: Array) -> Answer:
        """See `Network`."""
        features = [images]
        logits = np.empty((0, 0), np.float32)
        rows: Array | None = None
        reached = np.empty(len(images), np.int64)
        for run, place, threshold in self._steps:
            out = run(*features)
            if rows is None:
                logits = out[0]
                reached[:] = place
            else:
                logits[rows], reached[rows] = out[0], place
            if threshold is None:
                break
            stay = np.flatnonzero(~(out[1] < threshold))
            if len(stay) == 0:
                break
            features = out[2:]
            if len(stay) < len(out[1]):
                features = [part[stay] for part in features]
                rows = stay if rows is None else rows[stay]
        return Answer(logits, self._routes[reached])
