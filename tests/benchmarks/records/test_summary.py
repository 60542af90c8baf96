"""Averages and intervals, worked out by hand from tables of a few rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import zoo
from benchmarks.measuring.summaries.intervals import wilson_interval
from benchmarks.records.record import REQUIRED_FIELDS, Record, write_record
from benchmarks.records.summary import summarise
from benchmarks.running.campaign import Campaign
from tests.benchmarks.cases import METHODS, models, small_study

SETTINGS = [{"name": "default", "values": {}, "note": "as trained"}, {"name": "half", "values": {}, "note": "cheaper"}]


def make_record(path: Path, **tables: pd.DataFrame) -> Record:
    """A record of two settings with these tables."""
    (spec,) = models(small_study("adanet"))
    config = dict.fromkeys(REQUIRED_FIELDS, "") | {
        "spec": spec.model_dump(mode="json"),
        "baseline": {"network": "resnet[tiny]", "macs": 1_000, "parameters": 100},
        "settings": SETTINGS,
        "seconds": 12.5,
    }
    del config["format"]
    path.mkdir(parents=True)
    write_record(path, config, pd.DataFrame({"epoch": [1]}), {})
    record = Record(path)
    for name, table in tables.items():
        record.write_table(name, table, {"version": {}, "environment": {}, "seconds": 1.0})
    return record


def summary(path: Path, **tables: pd.DataFrame) -> pd.DataFrame:
    return summarise({"adanet": make_record(path / "adanet-1", **tables)}).set_index("setting")


def answers(setting: str, *rows: tuple[int, int, float, float, bool]) -> pd.DataFrame:
    """A table of label, prediction, confidence, nll and top5."""
    return pd.DataFrame(rows, columns=["label", "prediction", "confidence", "nll", "top5"]).assign(setting=setting)


ACCURACY = pd.concat(
    [
        answers(
            "default", (1, 1, 0.9, 0.1, True), (2, 2, 0.9, 0.3, True), (3, 3, 0.9, 0.2, True), (4, 0, 0.9, 1, True)
        ),
        answers("half", (1, 0, 0.5, 1, False), (2, 2, 0.5, 2, True), (3, 0, 0.5, 3, False), (4, 4, 0.5, 4, True)),
    ]
)
COST = pd.DataFrame(
    {
        "setting": ["default", "half"],
        "parameters": 1_000,
        "nominal": 800,
        "fvcore": 800,
        "ptflops": 810,
        "routed": [600.0, 400.0],
        "executed": [600.0, 400.0],
    }
)


def timing(*rows: tuple[int, str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["batch_size", "setting", "compute", "seconds"])
    turn = table.groupby(["batch_size", "setting", "compute"]).cumcount()
    return table.assign(repetition=turn, order="natural", macs=1.0, measured_as=table["setting"], ended_by="interval")


LATENCY = timing(
    *[(10, "static resnet", "all", seconds) for seconds in (0.9, 1.0, 1.1)],
    *[(10, "default", "all", seconds) for seconds in (2.0, 2.0, 5.0)],
    *[(10, "default", "needed", seconds) for seconds in (1.5, 2.0, 8.5)],
    *[(10, "half", "needed", seconds) for seconds in (0.45, 0.5, 0.55)],
)


def test_there_is_a_row_per_setting_and_the_first_is_the_headline(tmp_path: Path) -> None:
    table = summary(tmp_path)
    assert table["headline"].to_dict() == {"default": True, "half": False}
    assert table["note"].to_dict() == {"default": "as trained", "half": "cheaper"}


def test_a_row_says_which_model_it_is_of(tmp_path: Path) -> None:
    row = summary(tmp_path).loc["default"]
    assert (row["model"], row["method"], row["preset"], row["id"]) == ("adanet", "adanet", "tiny", "adanet-1")
    assert row["train_seconds"] == 12.5


def test_accuracy_is_the_share_of_right_answers_at_each_setting(tmp_path: Path) -> None:
    table = summary(tmp_path, accuracy=ACCURACY)
    assert table["accuracy"].to_dict() == {"default": 0.75, "half": 0.5}
    assert table["samples"].to_dict() == {"default": 4, "half": 4}


def test_top5_and_nll_are_means(tmp_path: Path) -> None:
    table = summary(tmp_path, accuracy=ACCURACY)
    assert table["top5"].to_dict() == {"default": 1.0, "half": 0.5}
    assert table["nll"].to_dict() == pytest.approx({"default": 0.4, "half": 2.5})


def test_the_interval_of_accuracy_is_wilsons(tmp_path: Path) -> None:
    row = summary(tmp_path, accuracy=ACCURACY).loc["default"]
    assert (row["accuracy_low"], row["accuracy_high"]) == wilson_interval(3, 4)


def test_execution_is_routed_over_nominal(tmp_path: Path) -> None:
    assert summary(tmp_path, cost=COST)["execution"].to_dict() == {"default": 0.75, "half": 0.5}


def test_latency_is_the_mean_per_image(tmp_path: Path) -> None:
    # 12 s and 1.5 s in three batches of 10
    found = summary(tmp_path, latency=LATENCY)["latency_10"].to_dict()
    assert found == pytest.approx({"default": 0.4, "half": 0.05})


def test_the_static_networks_mean_stands_beside_every_setting(tmp_path: Path) -> None:
    found = summary(tmp_path, latency=LATENCY)["static_10"].to_dict()
    assert found == pytest.approx({"default": 0.1, "half": 0.1})


def test_the_speed_up_is_the_ratio_of_means_with_its_interval(tmp_path: Path) -> None:
    table = summary(tmp_path, latency=LATENCY)
    assert table["speedup_10"].to_dict() == pytest.approx({"default": 0.25, "half": 2.0})
    noisy = table.loc["default"]
    assert noisy["speedup_10_low"] < 0.25 < noisy["speedup_10_high"]
    # half takes half of the static network's time in every turn: what all share is no uncertainty of the ratio
    half = table.loc["half"]
    assert (half["speedup_10_low"], half["speedup_10_high"]) == pytest.approx((2.0, 2.0))
    assert table["faster_10"].to_dict() == {"default": 0.0, "half": 1.0}


def test_the_number_of_passes_and_what_ended_them_are_known(tmp_path: Path) -> None:
    row = summary(tmp_path, latency=LATENCY).loc["default"]
    assert (row["passes_10"], row["narrow_10"]) == (3, 1)


def test_settings_that_were_measured_once_have_the_same_numbers(tmp_path: Path) -> None:
    once = LATENCY[LATENCY["setting"] != "half"]
    both = pd.concat([once, once[once["setting"] == "default"].assign(setting="half")])
    table = summary(tmp_path, cost=COST, latency=both)
    times = [str(c) for c in table if str(c).startswith(("latency", "speedup", "dense", "faster"))]
    assert len(times) == 8
    rows = table[times].to_dict("index")
    assert rows["half"] == rows["default"]


def test_realised_speed_up_is_time_saved_over_macs_saved(tmp_path: Path) -> None:
    # nominal takes 3 s; default takes 4 s with 6/8 of the MACs, half takes .5 s with 4/8 of them
    table = summary(tmp_path, cost=COST, latency=LATENCY)
    assert table["realised_10"].to_dict() == pytest.approx({"default": (3 / 4) / (8 / 6), "half": (3 / 0.5) / (8 / 4)})
    for row in table.to_dict("records"):
        assert row["realised_10_low"] < row["realised_10"] < row["realised_10_high"]


def test_realised_speed_up_needs_counts(tmp_path: Path) -> None:
    assert "realised_10" not in summary(tmp_path, latency=LATENCY)


def test_the_same_network_computing_everything_stands_beside_its_headline(tmp_path: Path) -> None:
    dense = summary(tmp_path, latency=LATENCY)["dense_10"]
    assert dense["default"] == pytest.approx(0.3)
    assert math.isnan(dense["half"])


def test_the_spread_is_the_range_of_the_quartiles_over_the_median(tmp_path: Path) -> None:
    spread = summary(tmp_path, latency=LATENCY)["spread_10"]
    # 1.5, 2, 8.5: quartiles 1.75 and 5.25; 0.45, 0.5, 0.55: quartiles 0.475 and 0.525
    assert spread.to_dict() == pytest.approx({"default": 3.5 / 2, "half": 0.05 / 0.5})


def test_sorted_and_compiled_passes_have_columns_of_their_own(tmp_path: Path) -> None:
    more = pd.concat([LATENCY, timing(*[(10, "default", "needed", 1.0)] * 3).assign(order="sorted")])
    more = pd.concat([more, timing(*[(10, "static resnet", "compiled", 0.5)] * 3)])
    row = summary(tmp_path, latency=more).loc["default"]
    found = (row["latency_10"], row["sorted_10"], row["compiled_10"], row["static_10"])
    assert found == pytest.approx((0.4, 0.1, 0.05, 0.1))


def test_break_even_compares_with_the_static_network(tmp_path: Path) -> None:
    # static takes 1 s a batch, default 4 s, half .5 s
    assert summary(tmp_path, latency=LATENCY)["break_even"].to_dict() == {"default": math.inf, "half": 10}


def joules(*rows: tuple[int, str, str, int, float], note: str = "") -> pd.DataFrame:
    """An energy table of runs of a second, on a GPU that takes 20 W idle."""
    table = pd.DataFrame(rows, columns=["batch_size", "setting", "compute", "passes", "joules"])
    return table.assign(seconds=1.0, idle_watts=20.0, note=note)


ENERGY = joules(
    *[(10, "static resnet", "all", 10, total) for total in (90.0, 100.0, 120.0)],
    *[(10, "default", "all", 10, total) for total in (200.0, 200.0, 200.0)],
    *[(10, "default", "needed", passes, 50.0) for passes in (8, 10, 5)],
    *[(10, "half", "needed", 20, total) for total in (100.0, 100.0, 100.0)],
)


def test_energy_is_the_median_joules_per_image(tmp_path: Path) -> None:
    table = summary(tmp_path, energy=ENERGY)
    # 50 J for 80, 100 and 50 images
    assert table["energy_10"].to_dict() == {"default": 0.625, "half": 0.5}
    assert table["energy_static_10"].to_dict() == {"default": 1.0, "half": 1.0}
    assert table["energy_dense_10"]["default"] == 2.0
    assert math.isnan(table["energy_dense_10"]["half"])
    assert table["energy_note"].to_dict() == {"default": "", "half": ""}


def test_idle_energy_is_what_the_gpu_takes_in_that_time_doing_nothing(tmp_path: Path) -> None:
    # 20 J in a second, for 80, 100 and 50 images, and for 200
    assert summary(tmp_path, energy=ENERGY)["energy_idle_10"].to_dict() == {"default": 0.25, "half": 0.1}


def test_the_spread_of_energy_is_the_range_of_the_quartiles_over_the_median(tmp_path: Path) -> None:
    # 0.5, 0.625 and 1: quartiles 0.5625 and 0.8125
    assert summary(tmp_path, energy=ENERGY)["energy_spread_10"].to_dict() == {"default": 0.4, "half": 0.0}


def test_where_there_is_no_energy_the_summary_says_why(tmp_path: Path) -> None:
    none = joules((1, "default", "needed", 0, math.nan), (1, "half", "needed", 0, math.nan), note="not available: x")
    table = summary(tmp_path, energy=none.assign(seconds=math.nan, idle_watts=math.nan))
    assert table["energy_note"].to_dict() == {"default": "not available: x", "half": "not available: x"}
    columns = [f"energy{kind}_1" for kind in ("", "_idle", "_spread", "_static", "_dense")]
    assert table[columns].isna().all(axis=None)


def test_timings_of_an_older_version_are_still_read(tmp_path: Path) -> None:
    table = summary(tmp_path, latency=LATENCY.drop(columns=["order", "macs", "measured_as", "ended_by"]))
    assert table["latency_10"].to_dict() == pytest.approx({"default": 0.4, "half": 0.05})
    assert table["short_p50"].isna().all()
    assert (table["narrow_10"] == 0).all()


def attacks(*rows: tuple[str, float, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["attack", "epsilon", "label", "prediction"])


ATTACKS = attacks(
    ("none", 0.0, 1, 0),
    ("FGSM", 8 / 255, 1, 1),
    ("FGSM", 8 / 255, 2, 2),
    ("PGD-20", 8 / 255, 1, 1),
    ("PGD-20", 8 / 255, 2, 0),
    ("PGD-20", 0.3, 1, 0),
)


def test_robust_accuracy_belongs_to_the_headline_alone(tmp_path: Path) -> None:
    found = summary(tmp_path, robustness=ATTACKS)["robust_PGD-20_0.03137"]
    assert found["default"] == 0.5
    assert math.isnan(found["half"])


def test_what_one_model_lacks_is_nan_beside_another_that_has_it(tmp_path: Path) -> None:
    records = {
        "bare": make_record(tmp_path / "bare"),
        "counted": make_record(tmp_path / "counted", cost=COST),
    }
    table = summarise(records)
    routed = dict(zip(table["model"] + " " + table["setting"], table["routed"], strict=True))
    assert math.isnan(routed["bare default"])
    assert routed["counted default"] == 600


def test_no_records_are_an_empty_table() -> None:
    assert summarise({}).empty


def test_a_trained_study_has_every_documented_column(trained: Campaign) -> None:
    table = pd.read_parquet(trained.store.root / "summary.parquet")
    documented: list[Any] = [
        *("model", "method", "preset", "repetition", "id", "setting", "headline", "note", "samples", "accuracy"),
        *("accuracy_low", "accuracy_high", "top5", "nll", "calibration_error", "parameters", "nominal", "routed"),
        *("executed", "fvcore", "ptflops", "execution", "latency_1", "static_1", "realised_1", "train_seconds"),
        *("energy_1", "energy_dense_1", "energy_static_1", "energy_idle_8", "energy_spread_8", "energy_note"),
        *("dense_1", "sorted_8", "spread_1", "break_even", "any_n", "any_p50", "short_p50", "long_p99"),
        *("speedup_1", "speedup_1_low", "faster_8", "realised_8_high", "passes_1", "narrow_1"),
        *("robust_FGSM_0.02", "robust_FGSM_0.1", "robust_PGD-5_0.02", "robust_PGD-5_0.1"),
    ]
    assert set(documented) <= set(table)


def test_summary_rows_are_in_the_order_of_the_zoo(trained: Campaign) -> None:
    table = pd.read_parquet(trained.store.root / "summary.parquet")
    assert list(dict.fromkeys(table["model"])) == [name for name in zoo.list_methods() if name in METHODS]
