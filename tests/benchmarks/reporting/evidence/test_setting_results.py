"""One row per network and setting."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.setting_results import completed, setting_results
from benchmarks.statistics import AnswerModel
from tests.benchmarks.reporting.hand_made import HandMade, answers, attacked, costs, timings


def point(evidence: Evidence, network: str, setting: str = "default") -> pd.Series:
    table = evidence.results
    return table[(table["network"] == network) & (table["setting"] == setting)].iloc[0]


def test_one_seed_keeps_its_wilson_interval(evidence: Evidence) -> None:
    resnet = point(evidence, "resnet")
    assert (resnet["accuracy"], resnet["seeds"]) == (0.9, 1)
    assert (resnet["accuracy_low"], resnet["accuracy_high"]) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert math.isnan(resnet["accuracy_std"])


def test_seeds_of_a_network_are_one_row_with_mean_deviation_and_the_models_interval(made: HandMade) -> None:
    outcomes = ("1111100000", "1111111000", "1111111110")
    for repetition, outcome in enumerate(outcomes):
        made.add(made.spec("adanet", repetition), accuracy=answers(outcome))
    made.add(made.spec("adanet", target_rate=0.5), accuracy=answers("1111111111"))
    evidence = made.evidence()
    assert [network.label for network in evidence.networks] == ["adanet", "adanet[target_rate=0.5]"]
    seeds = point(evidence, "adanet")
    assert seeds["seeds"] == 3
    assert seeds["accuracy"] == pytest.approx(0.7)
    assert seeds["accuracy_std"] == pytest.approx(0.2)
    right = np.array([[digit == "1" for digit in outcome] for outcome in outcomes])
    low, high = AnswerModel([right, np.ones((1, 10), dtype=bool)]).intervals()
    assert (seeds["accuracy_low"], seeds["accuracy_high"]) == (low[0], high[0])
    assert low[0] < 0.5  # three seeds and ten images say less than the range of the seeds does
    assert high[0] > 0.9


def test_a_time_of_one_of_several_seeds_keeps_its_interval(made: HandMade) -> None:
    timed = timings(0.006, 0.006, {"default": [0.001, 0.002, 0.003]})
    made.add(made.spec("resnet"), accuracy=answers("11"), latency=timed)
    alone = point(made.evidence(), "resnet")
    made.add(made.spec("resnet", 1), accuracy=answers("10"))
    both = point(made.evidence(), "resnet")
    columns = ["speedup_1", "speedup_1_low", "speedup_1_high"]
    assert both["seeds"] == 2
    assert both[columns].tolist() == alone[columns].tolist()
    assert both["speedup_1_low"] < both["speedup_1"] < both["speedup_1_high"]


def test_settings_other_than_the_headline_have_intervals_too(made: HandMade) -> None:
    notes = {"knee": "", "full": ""}
    for repetition, outcome in enumerate(("1111100000", "1111111000")):
        both = [answers(outcome, setting="knee"), answers(outcome, setting="full")]
        made.add(made.spec("branchynet", repetition), settings=notes, accuracy=pd.concat(both, ignore_index=True))
    rows = [point(made.evidence(), "branchynet", setting) for setting in notes]
    ends = [(row["accuracy_low"], row["accuracy_high"]) for row in rows]
    assert ends[0] == ends[1]
    assert ends[0][0] < 0.5


def test_a_setting_that_only_some_seeds_have_is_over_these(made: HandMade) -> None:
    both = {"default": "", "rate 60%": ""}
    for repetition, settings in enumerate(({"default": ""}, both)):
        tables = [answers("1111111110", setting=name) for name in settings]
        made.add(made.spec("skipnet", repetition), settings=settings, accuracy=pd.concat(tables, ignore_index=True))
    one = point(made.evidence(), "skipnet", "rate 60%")
    assert one["seeds"] == 1
    assert (one["accuracy_low"], one["accuracy_high"]) == pytest.approx((0.5958, 0.9821), abs=1e-4)  # Wilson, 9 of 10


def test_seeds_that_answered_other_images_have_no_interval(made: HandMade) -> None:
    for repetition, outcome in enumerate(("11110", "1110")):
        made.add(made.spec("adanet", repetition), accuracy=answers(outcome))
    found = point(made.evidence(), "adanet")
    assert found["accuracy"] == pytest.approx((0.8 + 0.75) / 2)
    assert math.isnan(found["accuracy_low"])
    assert math.isnan(found["accuracy_high"])


def test_times_are_means_per_image_and_the_speed_up_is_their_ratio(made: HandMade) -> None:
    seconds = [0.010, 0.020, 0.030, 0.050, 0.090]  # 0.2 s together
    made.add(made.spec("resnet"), latency=timings(0.06, 0.06, {"default": seconds}, batch_size=10))
    row = point(made.evidence(), "resnet")
    assert row["latency_10"] == pytest.approx(0.004)
    assert row["speedup_10"] == pytest.approx(1.5)
    for name in ("latency_10", "speedup_10"):
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]
    assert (row["faster_10"], row["passes_10"], row["narrow_10"]) == (0, 5, 0)


def test_realised_speed_up_compares_saved_time_with_saved_cost(made: HandMade) -> None:
    made.add(
        made.spec("adanet"),
        cost=costs(("default", 100, 25)),
        latency=timings(0.003, 0.004, {"default": [0.002]}),
    )
    assert point(made.evidence(), "adanet")["realised_1"] == pytest.approx((0.004 / 0.002) / (100 / 25))


def test_what_was_not_measured_is_not_a_number(made: HandMade) -> None:
    made.add(made.spec("resnet"))
    row = point(made.evidence(), "resnet")
    assert all(math.isnan(row[name]) for name in ("accuracy", "routed", "execution", "ptflops"))


def test_settings_keep_their_order_and_only_the_first_is_a_headline(evidence: Evidence) -> None:
    own = evidence.results[evidence.results["network"] == "branchynet"]
    assert list(zip(own["setting"], own["headline"], strict=True)) == [("knee", True), ("full", False)]


def test_seeds_of_which_one_never_breaks_even_have_no_deviation_of_that(made: HandMade) -> None:
    for repetition, seconds in enumerate((0.001, 0.003)):
        made.add(made.spec("adanet", repetition), latency=timings(0.002, 0.004, {"default": [seconds] * 8}))
    row = point(made.evidence(), "adanet")
    assert (row["break_even_low"], row["break_even"]) == (1.0, math.inf)
    assert math.isnan(row["break_even_std"])


def test_a_column_that_a_plug_in_adds_to_the_summary_is_a_result() -> None:
    rows = pd.DataFrame(
        {
            "model": ["net", "net #2"],
            "setting": "default",
            "headline": True,
            "note": "",
            "repetition": [0, 1],
            "watts": [10.0, 30.0],
            "watts_low": [9.0, 29.0],
            "colour": "red",
        }
    )
    (row,) = setting_results(completed(rows), {"net": "net", "net #2": "net"}).to_dict("records")
    assert (row["watts"], row["watts_low"], row["watts_high"]) == (20.0, 10.0, 30.0)
    assert {"watts_low_low", "colour", "repetition"}.isdisjoint(row)


@pytest.mark.parametrize("seeds", [1, 2])
def test_attacked_images_without_attack_have_an_interval_of_their_own_number(made: HandMade, seeds: int) -> None:
    """Ten of a hundred test images were attacked; without attack all ten are right, of all images 60."""
    balls = {("none", 0.0): "1" * 10, ("PGD-10", 0.1): "1111111110"}
    for repetition in range(seeds):
        tested = answers("1" * 60 + "0" * 40)
        made.add(made.spec("resnet", repetition), accuracy=tested, robustness=attacked(balls, dict.fromkeys(balls, 1)))
    rows = made.evidence().robustness.set_index("attack")
    clean, under = rows.loc["none"], rows.loc["PGD-10"]
    assert (clean["images"], clean["accuracy"], clean["accuracy_high"]) == pytest.approx((10, 1, 1))
    assert clean["accuracy_low"] == pytest.approx(0.7225, abs=1e-4)  # Wilson, 10 of 10: 10 / (10 + 1.96²)
    assert under["accuracy_low"] == pytest.approx(0.5958, abs=0.02)
    assert under["accuracy_low"] < 0.9 < under["accuracy_high"]
