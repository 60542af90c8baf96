"""A network at a setting: whichever loop its plan asks for."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .cascade import Cascade
from .gated import Gated
from .segments import Answer, Array, Segment
from .static import Static

PLAN = "plan.json"
VERSION = 1
"""Of plans."""
TRIALS = 12
"""Runs of each way to answer a single image, of which the fastest counts."""


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

    Attributes:
        loop: who runs what.

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
        self.loop: Static | Gated | Cascade = kinds[plan["kind"]](plan, segments)
        self._single = single
        self._one: Callable[[Array], Answer] | None = self.loop if single is None else None

    def __call__(self, images: Array) -> Answer:
        """Answer images (N, C, H, W), N at least 1, float32 with pixels in [0, 1]."""
        images = np.ascontiguousarray(images, dtype=np.float32)
        if len(images) > 1:
            return self.loop(images)
        if self._one is None:
            assert self._single is not None
            segment = self._single()
            self._one = faster([self.loop, lambda image: Answer(*segment(image))], images)
        return self._one(images)


def faster(ways: Sequence[Callable[[Array], Answer]], image: Array) -> Callable[[Array], Answer]:
    """The way to answer an image whose best time of a few is the shortest."""
    best = [math.inf] * len(ways)
    for _ in range(TRIALS):
        for place, way in enumerate(ways):
            started = time.perf_counter()
            way(image)
            best[place] = min(best[place], time.perf_counter() - started)
    return ways[best.index(min(best))]
