"""Heatmaps: labels that can be read, of few columns and of many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.reporting.drawing.heatmap import NAMES, heatmap
from benchmarks.reporting.drawing.style import look

PHOTOGRAPHS = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
ROWS = ["stage1.block1", "stage1.block2", "stage2.block1"]


def test_long_labels_are_shortened_and_leave_room_for_the_map() -> None:
    columns = ["tench, Tinca tinca, a fish of still waters and slow rivers", "goldfish, Carassius auratus"]
    with look():
        drawn, axes = heatmap(np.full((3, 2), 50.0), rows=ROWS, columns=columns)
        drawn.draw_without_rendering()
        assert [label.get_text() for label in axes.get_xticklabels()] == ["tench, Tinca tinc…", "goldfish, Carassi…"]
        assert axes.get_window_extent().height > drawn.bbox.height / 3
    assert NAMES[axes] == (ROWS, columns)


@pytest.mark.parametrize(
    ("columns", "written"),
    [
        ([str(n) for n in range(10)], 10),
        ([str(n + 1) for n in range(12)], 12),
        ([str(n + 1) for n in range(30)], 15),  # 81 letters and spaces: every second one
        ([str(n + 1) for n in range(200)], 19),  # 692: every eleventh
        (PHOTOGRAPHS, 10),
        ([f"class {n}" for n in range(100)], 20),  # slanted: every fifth
    ],
    ids=["digits", "epochs12", "epochs30", "epochs200", "photographs", "hundred"],
)
def test_labels_of_columns_do_not_touch(columns: Sequence[str], written: int) -> None:
    with look():
        drawn, axes = heatmap(np.full((3, len(columns)), 50.0), rows=ROWS, columns=columns)
        drawn.draw_without_rendering()
        labels = [label for label in axes.get_xticklabels() if label.get_text()]
        assert len(labels) == written
        boxes = [label.get_window_extent() for label in labels]
        assert min(box.y0 for box in boxes) >= 0
        assert min(box.x0 for box in boxes) >= 0
        angle, size = float(labels[0].get_rotation()), float(labels[0].get_fontsize())
        if angle == 0:
            assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
        else:  # lines of text stand apart by their distance along the axis times the sine of the angle
            apart = min(right.x1 - left.x1 for left, right in pairwise(boxes))
            assert apart * np.sin(np.deg2rad(angle)) > 0.75 * size / 72 * drawn.dpi
    assert NAMES[axes] == (ROWS, columns)
