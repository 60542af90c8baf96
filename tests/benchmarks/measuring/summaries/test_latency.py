"""What is concluded from timings, worked out by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from benchmarks.measuring.summaries.latency import break_even, percentiles


def passes(*rows: tuple[int, str, str, float]) -> pd.DataFrame:
    """Timed passes in natural order, of images that cost the same."""
    table = pd.DataFrame(rows, columns=["batch_size", "setting", "compute", "seconds"])
    return table.assign(order="natural", macs=1.0)


@pytest.mark.parametrize(
    ("faster", "batch"),
    [
        ({1: False, 8: True, 64: True}, 8),
        ({1: True, 8: False, 64: True}, 64),
        ({1: True, 8: True, 64: True}, 1),
        ({1: True, 8: True, 64: False}, math.inf),
    ],
)
def test_break_even_is_the_batch_from_which_on_routing_is_faster(faster: dict[int, bool], batch: float) -> None:
    assert break_even(faster) == batch


def test_paths_are_distinguished_by_what_single_images_cost() -> None:
    seconds, macs = [1.0, 3.0, 2.0, 8.0, 9.0] * 20, [10.0, 10.0, 14.0, 15.0, 20.0] * 20
    rows = [(1, "default", "needed", second) for second in seconds]
    table = passes(*rows, (8, "default", "needed", 99.0), (1, "default", "all", 99.0)).assign(macs=[*macs, 10.0, 20.0])
    row = percentiles(table).loc["default"]
    # the middle between 10 and 20 is long
    assert (row["any_n"], row["short_n"], row["long_n"]) == (100, 60, 40)
    assert (row["any_p50"], row["short_p50"], row["short_p99"], row["long_p90"]) == (3.0, 2.0, 3.0, 9.0)


@pytest.mark.parametrize(("timings", "known"), [(19, False), (20, True)])
def test_fewer_than_twenty_timings_have_no_percentiles(timings: int, known: bool) -> None:
    (row,) = percentiles(passes(*[(1, "default", "needed", 1.0)] * timings)).to_dict("records")
    assert row["any_n"] == timings
    assert [row[f"any_p{p}"] == 1.0 for p in (50, 90, 99)] == [known] * 3


def test_a_network_whose_images_all_cost_the_same_has_no_short_and_no_long_path() -> None:
    row = percentiles(passes(*[(1, "default", "needed", 1.0)] * 30)).loc["default"]
    assert row["any_p50"] == 1.0
    assert row[["short_n", "short_p50", "long_n", "long_p50"]].isna().all()


def test_networks_that_were_not_timed_on_single_images_have_no_percentiles() -> None:
    assert percentiles(passes((8, "default", "needed", 1.0))).empty
