"""Segments with exits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .segments import Answer, Array, Memory, Segment, Shape


class Exit(NamedTuple):
    """A segment of a cascade, up to an exit.

    Attributes:
        run: gives logits, but for the last exit a score, and what the next segment takes.
        place: which exit it is.
        threshold: of the score, as the 32-bit number it is; images below it leave, and all if it is None.
        before: shapes of a row of what it takes.
        after: the same of what the next segment takes.
    """

    run: Segment
    place: int
    threshold: float | None
    before: list[Shape]
    after: list[Shape]


class Bound(NamedTuple):
    """A segment bound to memory.

    Attributes:
        run: overwrites the others.
        logits: (n, K).
        score: (n,), or None at the last exit.
    """

    run: Callable[[], None]
    logits: Array
    score: Array | None


class Cascade:
    """Segments in a row, each with an exit; an image leaves at the first exit whose score is below its threshold.

    A segment reads its images in one of two places and writes to the other. Those who stay are gathered into the first,
    if somebody leaves. Segments are bound to these places once for every number of images.

    Attributes:
        exits: those that are on, in order.
    """

    def __init__(self, plan: Mapping[str, Any], segments: Mapping[str, Segment]) -> None:
        self.exits = _rehearse_exits(plan["steps"], segments, np.zeros((1, *plan["shape"]), np.float32))
        self._classes = plan["classes"]
        used = np.zeros(2 * plan["exits"], bool)
        used[0::2] = True
        used[[2 * own.place + 1 for own in self.exits]] = True
        column = np.arange(2 * plan["exits"]) // 2
        self._routes = np.array([used & (column <= last) for last in range(plan["exits"])])
        self._memory = Memory(0, {})
        self._bound: dict[tuple[int, str, int], Bound] = {}
        self._single: list[Bound] = []

    def __call__(self, images: Array) -> Answer:
        """See `Network`."""
        samples = len(images)
        if samples > self._memory.rows:
            self._memory, self._bound, self._single = Memory(samples, self._largest()), {}, []
        np.copyto(self._memory.view("a0", samples, images.shape[1:]), images)
        return self._several(samples) if samples > 1 else self._one()

    def _one(self) -> Answer:
        """For a single image: no gathering, and numbers instead of arrays."""
        if not self._single:
            places = [("a", "b") if index % 2 == 0 else ("b", "a") for index in range(len(self.exits))]
            self._single = [self._at(index, place, other, 1) for index, (place, other) in enumerate(places)]
        for own, bound in zip(self.exits, self._single, strict=True):
            bound.run()
            if bound.score is None or own.threshold is None or bound.score.item() < own.threshold:
                break
        return Answer(bound.logits.copy(), self._routes[own.place : own.place + 1].copy())

    def _several(self, samples: int) -> Answer:
        logits, reached = np.empty((samples, self._classes), np.float32), np.empty(samples, np.int64)
        rows, place, other = np.arange(samples), "a", "b"
        for index, own in enumerate(self.exits):
            bound = self._at(index, place, other, len(rows))
            bound.run()
            logits[rows], reached[rows] = bound.logits, own.place
            if bound.score is None or own.threshold is None:
                break
            stay = np.flatnonzero(~(bound.score < own.threshold))
            if len(stay) == 0:
                break
            if len(stay) == len(rows):
                place, other = other, place
                continue
            for k, shape in enumerate(own.after):
                source = self._memory.view(f"{other}{k}", len(rows), shape)
                np.take(source, stay, axis=0, mode="clip", out=self._memory.view(f"{place}{k}", len(stay), shape))
            rows = rows[stay]
        return Answer(logits, self._routes[reached])

    def _largest(self) -> dict[str, int]:
        sizes = {"logits": self._classes, "score": 1}
        for shapes in (shapes for own in self.exits for shapes in (own.before, own.after)):
            for k, shape in enumerate(shapes):
                for place in "ab":
                    sizes[f"{place}{k}"] = max(sizes.get(f"{place}{k}", 0), math.prod(shape))
        return sizes

    def _at(self, index: int, place: str, other: str, rows: int) -> Bound:
        """A segment bound to read so many images in one place, and write to the other."""
        key = index, place, rows
        if key not in self._bound:
            own, view = self.exits[index], self._memory.view
            inputs = [view(f"{place}{k}", rows, shape) for k, shape in enumerate(own.before)]
            features = [view(f"{other}{k}", rows, shape) for k, shape in enumerate(own.after)]
            logits = view("logits", rows, (self._classes,))
            score = view("score", rows, ()) if features else None
            outputs = [logits, *features] if score is None else [logits, score, *features]
            self._bound[key] = Bound(own.run.bound(inputs, outputs), logits, score)
        return self._bound[key]


def _rehearse_exits(steps: Sequence[Mapping[str, Any]], segments: Mapping[str, Segment], image: Array) -> list[Exit]:
    """The exits of a cascade, with the shapes that one image takes on its way to the last."""
    features = [image]
    exits = []
    for step in steps:
        before = [array.shape[1:] for array in features]
        run = segments[step["run"]]
        _, *score_and_features = run(*features)
        features = score_and_features[1:]
        threshold = None if step["threshold"] is None else float(np.float32(step["threshold"]))
        exits.append(Exit(run, step["exit"], threshold, before, [array.shape[1:] for array in features]))
    return exits
