"""From places in a drawing to the numbers that its axes say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from tests.benchmarks.reporting.numbers.reading import words
from tests.benchmarks.reporting.numbers.records import Floats
from tests.benchmarks.reporting.numbers.saying import NUMBER

Axis = Callable[[Any], Any]
"""From pixels to numbers."""


def axis(drawing: ET.Element, name: str, anchor: str = "") -> Axis:
    """An axis of a drawing by Matplotlib; where it has no ticks, its texts stand where they would be.

    Args:
        drawing: an SVG element.
        name: `x` or `y`.
        anchor: how its texts are set: by default those along the bottom and the left.
    """
    anchor, places = anchor or {"x": "middle", "y": "end"}[name], []
    tick: ET.Element | None = None
    for element in drawing.iter():
        tick = element if element.tag == "use" else tick
        style = element.get("style", "")
        beside = f"text-anchor: {anchor}" in style and "fill: var(--muted)" in style
        if beside and re.fullmatch(NUMBER, words(element)):
            places.append((float((element if tick is None else tick).get(name, "")), float(words(element))))
    return _even(*zip(*places, strict=True))


def little_axes(drawing: ET.Element) -> tuple[Axis, Axis]:
    """Both axes of a little plot, whose grid has a line per number: the numbers to the right, then those upwards."""
    grid = next(drawing.iter("path")).get("d", "")
    across = [float(place) for place in re.findall(r"M([\d.]+) [\d.]+V", grid)]
    up = [float(place) for place in re.findall(r"M[\d.]+ ([\d.]+)H", grid)]
    texts = [text for text in drawing.iter("text") if "text-anchor" in text.get("style", "")]
    sides = [[float(words(t)) for t in texts if f"text-anchor:{anchor}" in t.get("style", "")] for anchor in ANCHORS]
    return _even(across, sides[0]), _even(up, sides[1])


ANCHORS = ("middle", "end")
"""How texts to the right and upwards are set."""


def _even(pixels: Sequence[float], values: Sequence[float]) -> Axis:
    """The axis on which some numbers stand at even steps, of themselves or of their logarithms."""
    for way, back in ((np.array, np.array), (np.log, np.exp)):
        if way is np.array or min(values) > 0:
            wanted = way(values)
            line = np.polyfit(pixels, wanted, 1)
            if np.abs(np.polyval(line, pixels) - wanted).max() < 1e-3 * np.ptp(wanted):
                return lambda own, back=back, line=line: back(np.polyval(line, own))  # type: ignore[misc]
    raise AssertionError(f"numbers {values} at {pixels} are on no axis")


def corners(path: ET.Element) -> Floats:
    """The points of a path, (N, 2)."""
    return np.array(re.findall(r"-?\d+\.?\d*", path.get("d", "")), dtype=float).reshape(-1, 2)
