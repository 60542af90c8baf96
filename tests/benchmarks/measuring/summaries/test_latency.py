"""What is concluded from timings, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from benchmarks.measuring.summaries.latency import break_even, by_route


def passes(*rows: tuple[int, str, str, float]) -> pd.DataFrame:
    """Timed passes in natural order, of images that cost the same."""
    table = pd.DataFrame(rows, columns=["batch_size", "setting", "compute", "seconds"])
    return table.assign(order="natural", macs=1.0)


@pytest.mark.parametrize(
    ("speedups", "batch"),
    [
        ({1: 0.5, 8: 1.0, 64: 1.5}, 8),
        ({1: 1.5, 8: 0.9, 64: 1.5}, 64),
        ({1: 1.1, 8: 1.2, 64: 1.3}, 1),
        ({1: 2.0, 8: 2.0, 64: 0.99}, math.inf),
    ],
)
def test_break_even_is_the_batch_from_which_on_routing_is_no_slower(speedups: dict[int, float], batch: float) -> None:
    assert break_even(speedups) == batch


def test_paths_are_distinguished_by_what_single_images_cost() -> None:
    seconds, macs = [1.0, 3.0, 2.0, 8.0, 9.0], [10.0, 10.0, 14.0, 15.0, 20.0]
    rows = [(1, "default", "needed", second) for second in seconds]
    table = passes(*rows, (8, "default", "needed", 99.0), (1, "default", "all", 99.0)).assign(macs=[*macs, 10.0, 20.0])
    row = by_route(table).loc["default"]
    # the middle between 10 and 20 is long
    assert (row["short_p50"], row["short_p99"]) == pytest.approx((2.0, 2.98))
    assert (row["long_p50"], row["long_p90"]) == pytest.approx((8.5, 8.9))


def test_a_network_whose_images_all_cost_the_same_has_no_paths() -> None:
    assert by_route(passes((1, "default", "needed", 1.0), (1, "default", "needed", 2.0))).empty
