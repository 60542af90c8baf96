"""The growth of seconds under attack, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from benchmarks.measuring.summaries.attacked_latency import attacked_latency_columns

ROWS = pd.DataFrame({"headline": [True, False]}, index=["default", "other"])


def passes(engine: str, size: int, clean: list[float], attacked: list[float]) -> pd.DataFrame:
    """Seconds of every turn; each image of 100 multiply-accumulates, and of 150 under attack."""
    turns = list(range(len(clean)))
    both = [
        pd.DataFrame({"images": images, "repetition": turns, "seconds": seconds, "macs": macs})
        for images, seconds, macs in (("clean", clean, 100.0), ("attacked", attacked, 150.0))
    ]
    return pd.concat(both).assign(engine=engine, batch_size=size, epsilon=0.1, note="")


def test_the_engine_that_is_faster_on_clean_images_counts() -> None:
    slow = passes("PyTorch, fused", 4, [0.4, 0.4], [0.4, 0.4])
    fast = passes("ONNX Runtime", 4, [0.1, 0.3], [0.5, 0.7])
    found = attacked_latency_columns(pd.concat([slow, fast], ignore_index=True), ROWS).loc["default"].to_dict()
    assert found["attacked_growth_4"] == pytest.approx(0.6 / 0.2)
    assert found["attacked_growth_4_low"] < 3 < found["attacked_growth_4_high"]
    assert found["attacked_seconds_4"] == pytest.approx(0.6 / 4)
    assert found["attacked_macs_4"] == 1.5
    assert found["attacked_epsilon"] == 0.1


def test_only_the_headline_setting_is_attacked() -> None:
    found = attacked_latency_columns(passes("PyTorch, fused", 1, [1.0, 1.0], [2.0, 2.0]), ROWS)
    assert found.loc["default", "attacked_growth_1"] == 2
    assert found.loc["other"].isna().all()


def test_a_network_whose_cost_cannot_be_attacked_has_no_columns() -> None:
    table = pd.DataFrame([{"epsilon": 0.1, "batch_size": 0, "note": "every image takes the same route"}])
    found = attacked_latency_columns(table.assign(seconds=math.nan), ROWS)
    assert list(found.index) == ["default", "other"]
    assert found.empty
