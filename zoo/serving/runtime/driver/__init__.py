"""Runs a network that was cut at its decisions: ONNX Runtime computes the segments, a loop decides who runs what.

It needs NumPy and ONNX Runtime, not PyTorch: `python -m benchmarks.export` writes a copy of it beside the segments.

    network = load("my_net")
    answer = network(images)   # (N, C, H, W) float32, pixels in [0, 1]
    answer.logits.argmax(axis=1), answer.route
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .cascade import Cascade
from .gated import Gated
from .segments import Answer, Array, Segment
from .static import Static

__all__ = ["PLAN", "VERSION", "Answer", "Cascade", "Gated", "Network", "Segment", "Static", "load"]

PLAN = "plan.json"
VERSION = 1
"""Of plans."""


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

    Attributes:
        loop: who runs what.

    Raises:
        ValueError: a plan of another version.
    """

    def __init__(self, plan: Mapping[str, Any], segments: Mapping[str, Segment]) -> None:
        if plan["version"] != VERSION:
            raise ValueError(f"this file runs plans of version {VERSION}, not {plan['version']}")
        self.plan = plan
        kinds: Mapping[str, Any] = {"static": Static, "gated": Gated, "cascade": Cascade}
        self.loop: Static | Gated | Cascade = kinds[plan["kind"]](plan, segments)

    def __call__(self, images: Array) -> Answer:
        """Answer images (N, C, H, W), N at least 1, float32 with pixels in [0, 1]."""
        return self.loop(np.ascontiguousarray(images, dtype=np.float32))
