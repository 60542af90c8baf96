"""Names beside points."""

from __future__ import annotations

import itertools

from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.drawing.labels import Named, label
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence


def test_names_cover_neither_each_other_nor_the_edge(evidence: Evidence) -> None:
    with look():
        figure, axes = canvas()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        label(axes, [Named(network, 0.5, 0.5 + 0.01 * place) for place, network in enumerate(evidence.networks)])
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in axes.texts]
        inside = axes.get_window_extent()
    assert [text.get_text() for text in axes.texts] == [network.name for network in evidence.networks]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)
