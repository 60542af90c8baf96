"""What routes say, on routes written by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.reporting.evidence import routes
from tests.benchmarks.reporting.hand_made import BLOCKS, EXITS, answers


def test_execution_rates_are_shares_of_each_class() -> None:
    table = answers("1111", ["110", "101", "100", "111"])  # labels 0 1 0 1
    rates = routes.execution_by_class(table, BLOCKS)
    assert rates[0].to_dict() == {"stage1.block1": 1.0, "stage1.block2": 0.5, "stage2.block1": 0.0}
    assert rates[1].to_dict() == {"stage1.block1": 1.0, "stage1.block2": 0.5, "stage2.block1": 1.0}


def test_a_image_leaves_at_the_last_exit_of_its_route() -> None:
    knee = answers("11111", ["1100", "1111", "1100", "1100", "1111"], setting="knee")
    full = answers("11", ["1011"], setting="full")
    shares = routes.exit_shares(pd.concat([knee, full]), EXITS)
    assert list(shares.index) == ["knee", "full"]
    assert shares.loc["knee"].to_dict() == {"exit1": 0.6, "exit2": 0.4}
    assert shares.loc["full"].to_dict() == {"exit1": 0.0, "exit2": 1.0}


def test_a_image_that_used_no_exit_left_at_the_end() -> None:
    shares = routes.exit_shares(answers("11", ["100", "110"]), ("segment1", "exit1", "segment2"))
    assert shares.loc["default"].to_dict() == {"exit1": 0.5, routes.NO_EXIT: 0.5}


def test_exit_shares_need_an_exit() -> None:
    with pytest.raises(ValueError, match="no unit is an exit"):
        routes.exit_shares(answers("1"), BLOCKS)


def test_the_commonest_routes_come_first_with_their_own_accuracy() -> None:
    table = answers("1101111", ["110", "110", "110", "111", "110", "011", "110"])
    first, *others = routes.common_routes(table, most=2).to_dict("records")
    assert (first["route"], first["images"], first["accuracy"], first["macs"]) == ("110", 5, 0.8, 2_000_000)
    assert first["share"] == pytest.approx(5 / 7)
    assert [row["route"] for row in others] == ["011"]  # as common as 111, and before it in the alphabet


@pytest.mark.parametrize(
    ("route", "units", "drawn"),
    [("101", BLOCKS, "■□ ■"), ("1100", EXITS, "■■□□"), ("", (), "")],
)
def test_squares_have_gaps_between_stages(route: str, units: tuple[str, ...], drawn: str) -> None:
    assert routes.route_squares(route, units) == drawn


@pytest.mark.parametrize(("dealt", "varies"), [(["111"], False), (["111", "110"], True)])
def test_a_route_varies_where_there_is_more_than_one(dealt: list[str], varies: bool) -> None:
    assert routes.varies(answers("1111", dealt)) is varies
