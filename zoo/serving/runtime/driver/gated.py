"""Blocks that a gate may skip."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .segments import Answer, Array, Memory, Segment, Shape


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
            self._bound[key] = self._memory.bind(step.gate, inputs, outputs, samples)
        self._bound[key]()

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
            outputs = list(zip((other, "read"), step.after, strict=False))
            self._bound[key] = self._memory.bind(segment, [(place, step.before)], outputs, samples)
        self._bound[key]()
        return other

    def _some(self, index: int, rows: int) -> None:
        """Run a block for the images that have been gathered."""
        key = index, rows
        if key not in self._bound:
            step = self._steps[index]
            outputs = list(zip(("part", "read part"), step.after, strict=False))
            self._bound[key] = self._memory.bind(step.run, [("gathered", step.before)], outputs, rows)
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
