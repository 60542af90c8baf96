"""Computation under attack on trained networks, and where there is none to attack."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import pytest

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.slowdown import SlowdownOptions, slowdown
from benchmarks.records.record import Record
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import small_study

DYNAMIC = ("adanet", "branchynet")
EPSILONS = (0.02, 0.1)
SAMPLES = 60
ROUNDING = 1e-6
NetworkOf = Callable[[str], TrainedNetwork]


@pytest.fixture(params=DYNAMIC)
def table(request: pytest.FixtureRequest, records: Mapping[str, Record]) -> pd.DataFrame:
    return records[request.param].table("slowdown")


def at(table: pd.DataFrame, goal: str, epsilon: float) -> pd.DataFrame:
    return table[(table["goal"] == goal) & (table["epsilon"] == epsilon)].sort_values("index", ignore_index=True)


def test_every_image_has_a_row_per_goal_and_epsilon(table: pd.DataFrame) -> None:
    goals = ("cost", "kept", "lost", "noise")
    for goal, epsilon in [("none", 0.0), *((goal, epsilon) for goal in goals for epsilon in EPSILONS)]:
        assert at(table, goal, epsilon)["index"].tolist() == list(range(SAMPLES))
    assert len(table) == (1 + len(goals) * len(EPSILONS)) * SAMPLES
    assert (table["note"] == "").all()


@pytest.mark.parametrize("method", DYNAMIC)
def test_the_clean_rows_are_those_of_the_headline_setting(method: str, records: Mapping[str, Record]) -> None:
    record = records[method]
    answers = record.table("accuracy")
    answers = answers[answers["setting"] == record.settings[0].name].head(SAMPLES).reset_index(drop=True)
    columns = ["index", "label", "prediction", "macs", "route"]
    pd.testing.assert_frame_equal(at(record.table("slowdown"), "none", 0.0)[columns], answers[columns])


def test_cost_is_never_below_the_clean_cost_nor_that_of_a_smaller_ball(table: pd.DataFrame) -> None:
    for goal in ("cost", "kept", "lost", "noise"):
        before = at(table, "none", 0.0)["macs"]
        for epsilon in EPSILONS:
            here = at(table, goal, epsilon)["macs"]
            assert (here >= before).all()
            before = here


def test_no_other_goal_is_dearer_than_cost_alone(table: pd.DataFrame) -> None:
    for goal in ("kept", "lost"):
        assert (at(table, goal, 0.1)["macs"] <= at(table, "cost", 0.1)["macs"]).all()


def test_answers_are_kept_or_lost_where_that_is_the_goal(table: pd.DataFrame) -> None:
    clean, kept, lost = at(table, "none", 0.0), at(table, "kept", 0.1), at(table, "lost", 0.1)
    assert kept["prediction"].tolist() == clean["prediction"].tolist()
    found = lost["linf"] > 0
    assert found.any()
    assert (lost["prediction"] != lost["label"])[found].all()


def test_no_image_is_further_away_than_epsilon(table: pd.DataFrame) -> None:
    assert (table["linf"] <= table["epsilon"] + ROUNDING).all()


def test_the_attack_finds_more_than_noise(table: pd.DataFrame) -> None:
    saved = table["nominal"].iloc[0] - at(table, "none", 0.0)["macs"].mean()
    assert at(table, "cost", 0.1)["macs"].mean() > at(table, "noise", 0.1)["macs"].mean() + 0.05 * saved


def test_routes_are_what_is_paid_for(table: pd.DataFrame, records: Mapping[str, Record]) -> None:
    full = table["route"].map(lambda route: "0" not in route)
    assert ((table["macs"] == table["nominal"]) == full).all()


def test_a_network_of_one_route_is_not_attacked_and_says_why(records: Mapping[str, Record]) -> None:
    table = records["resnet"].table("slowdown")
    assert set(table["goal"]) == {"none"}
    assert set(table["note"]) == {"every image takes the same route"}
    assert table["index"].tolist() == list(range(SAMPLES))


def test_a_network_that_skips_nothing_has_nothing_to_lose(network_of: NetworkOf) -> None:
    trained = network_of("branchynet")
    setting = trained.settings[0].__class__(name="never", values={"thresholds": [0.0, 0.0]})
    everything = TrainedNetwork(**{**vars(trained), "settings": [setting]})
    table = slowdown(everything, SlowdownOptions(samples=4, epsilons=(0.1,)))
    assert set(table["note"]) == {"every image has the nominal cost without an attack"}


def test_more_is_found_for_a_goal_that_has_steps_of_its_own(network_of: NetworkOf) -> None:
    found = {}
    for also in ((), ("kept", "lost")):
        chosen = SlowdownOptions.model_validate({"samples": 40, "epsilons": [0.1], "steps": 4, "also": also})
        table = slowdown(network_of("branchynet"), chosen)
        found[also] = {goal: at(table, goal, 0.1) for goal in ("cost", "kept", "lost")}
    wrong = {also: (goals["lost"]["prediction"] != goals["lost"]["label"]).sum() for also, goals in found.items()}
    assert wrong["kept", "lost"] > wrong[()]
    tries = {goal: rows["tries"].iloc[0] for goal, rows in found["kept", "lost"].items()}
    assert tries == {"cost": 4, "kept": 2, "lost": 2}
    assert {goal: rows["tries"].iloc[0] for goal, rows in found[()].items()} == {"cost": 4, "kept": 0, "lost": 0}


def test_the_same_network_gives_the_same_table(network_of: NetworkOf) -> None:
    chosen = SlowdownOptions(samples=8, epsilons=(0.1,), steps=2)
    one, other = (slowdown(network_of("adanet"), chosen) for _ in range(2))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_parameters_stay_as_they_were(network_of: NetworkOf) -> None:
    trained = network_of("adanet")
    before = {name: value.clone() for name, value in trained.net.state_dict().items()}
    slowdown(trained, SlowdownOptions(samples=4, epsilons=(0.1,), steps=2))
    assert all(value.equal(before[name]) for name, value in trained.net.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in trained.net.parameters())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"epsilons": [8]}, "epsilons: .*at most 1"),
        ({"epsilons": [0.1, 0.1]}, "epsilons: .*must differ"),
        ({"also": ["loss"]}, "also"),
        ({"steps": 0}, "steps: .*greater than or equal to 1"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(options: dict[str, object], reason: str) -> None:
    with pytest.raises(StudyError, match=rf"slowdown\.{reason}") as error:
        small_study(evaluation={"slowdown": options})
    assert "\n" not in str(error.value)
