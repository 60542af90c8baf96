"""A network that takes no decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .segments import Answer, Array, Segment


class Static:
    """A network in one segment: all images take the same route, or every unit is computed."""

    def __init__(self, plan: Mapping[str, Any], segments: Mapping[str, Segment]) -> None:
        self._answer = segments["answer"]
        self._route = None if plan["route"] is None else np.array([plan["route"]])

    def __call__(self, images: Array) -> Answer:
        """See `Network`."""
        logits, *route = self._answer(images)
        return Answer(logits, route[0] if self._route is None else self._route.repeat(len(images), axis=0))
