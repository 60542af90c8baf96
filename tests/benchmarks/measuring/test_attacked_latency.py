"""Seconds under attack: whose images are timed, beside which, and where there is nothing to time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import pytest
from torch import Tensor

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacked_latency import AttackedLatencyOptions, attacked_latency
from benchmarks.measuring.configurations import Configuration
from benchmarks.measuring.slowdown import SlowdownOptions, slowdown
from benchmarks.measuring.summaries.attacked_latency import attacked_latency_columns
from benchmarks.records.record import Record
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import small_study
from zoo.network import Setting

DYNAMIC = ("adanet", "branchynet")
NetworkOf = Callable[[str], TrainedNetwork]


@pytest.fixture
def in_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph for ONNX Runtime takes seconds."""
    monkeypatch.setattr("benchmarks.measuring.attacked_latency.in_runtime", lambda trained, own: [])


@pytest.fixture
def by_macs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass takes a nanosecond per multiply-accumulate of its images."""

    def timed(configuration: Configuration, batch: Tensor) -> tuple[float, float]:
        (places,) = [
            place
            for place in range(len(configuration.images) - len(batch) + 1)
            if configuration.images[place : place + len(batch)].data_ptr() == batch.data_ptr()
        ]
        return 1e-9 * float(configuration.macs[places : places + len(batch)].sum()), math.nan

    monkeypatch.setattr("benchmarks.measuring.turns._timed", timed)


@pytest.mark.parametrize("method", DYNAMIC)
def test_clean_and_attacked_images_are_timed_in_the_same_turns(method: str, records: Mapping[str, Record]) -> None:
    table = records[method].table("attacked_latency")
    assert set(table["batch_size"]) == {1, 8}
    assert set(table["epsilon"]) == {0.1}
    assert (table["note"] == "").all()
    assert (table["seconds"] > 0).all()
    for _, own in table.groupby(["engine", "batch_size"]):
        clean, attacked = (own[own["images"] == images] for images in ("clean", "attacked"))
        columns = ["repetition", "first"]
        assert clean[columns].to_numpy().tolist() == attacked[columns].to_numpy().tolist()
        assert (attacked["macs"].to_numpy() >= clean["macs"].to_numpy()).all()
        assert attacked["macs"].mean() > clean["macs"].mean()


@pytest.mark.parametrize("method", DYNAMIC)
def test_networks_are_timed_in_every_engine_that_serves_them(method: str, records: Mapping[str, Record]) -> None:
    assert set(records[method].table("attacked_latency")["engine"]) == {"PyTorch, fused", "ONNX Runtime"}


@pytest.mark.usefixtures("in_pytorch")
@pytest.mark.parametrize("method", DYNAMIC)
def test_the_images_are_those_of_the_table_slowdown(method: str, network_of: NetworkOf) -> None:
    trained = network_of(method)
    options = AttackedLatencyOptions(samples=30, steps=4, epsilon=0.1, batch_sizes=(30,), seconds=0.01)
    table = attacked_latency(trained, options).drop_duplicates("images").set_index("images")
    found = slowdown(trained, SlowdownOptions(samples=30, steps=4, epsilons=(0.05, 0.1), batch_size=30))
    for images, goal, epsilon in (("clean", "none", 0.0), ("attacked", "cost", 0.1)):
        own = found[(found["goal"] == goal) & (found["epsilon"] == epsilon)]
        assert table["macs"][images] == pytest.approx(own["macs"].mean())


@pytest.mark.usefixtures("in_pytorch", "by_macs")
@pytest.mark.parametrize("method", DYNAMIC)
def test_seconds_that_are_multiply_accumulates_grow_as_these_do(method: str, network_of: NetworkOf) -> None:
    trained = network_of(method)
    table = attacked_latency(trained, AttackedLatencyOptions(samples=16, steps=2, batch_sizes=(1, 16), seconds=0.05))
    rows = pd.DataFrame({"headline": True}, index=[trained.settings[0].name])
    (found,) = attacked_latency_columns(table, rows).to_dict("records")
    for size in (1, 16):
        assert found[f"attacked_growth_{size}"] == pytest.approx(found[f"attacked_macs_{size}"])
    assert found["attacked_growth_16"] > 1


@pytest.mark.usefixtures("in_pytorch", "by_macs")
def test_a_setting_may_be_called_attacked(network_of: NetworkOf) -> None:
    trained = network_of("branchynet")
    renamed = replace(trained, settings=(Setting(name="attacked", values=trained.settings[0].values),))
    options = AttackedLatencyOptions(samples=16, steps=2, batch_sizes=(16,), seconds=0.01)
    assert set(attacked_latency(renamed, options)["images"]) == {"clean", "attacked"}


def test_a_network_of_one_route_is_not_timed_and_says_why(records: Mapping[str, Record]) -> None:
    (row,) = records["resnet"].table("attacked_latency").to_dict("records")
    assert row["note"] == "every image takes the same route"
    assert math.isnan(row["seconds"])


@pytest.mark.usefixtures("in_pytorch")
def test_the_network_keeps_its_setting_and_its_parameters(network_of: NetworkOf) -> None:
    trained = network_of("adanet")
    before = {name: value.clone() for name, value in trained.net.state_dict().items()}
    setting = trained.net.setting
    attacked_latency(trained, AttackedLatencyOptions(samples=4, steps=1, batch_sizes=(4,), seconds=0.01))
    assert trained.net.setting is setting
    assert all(value.equal(before[name]) for name, value in trained.net.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in trained.net.parameters())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"epsilon": 8}, "epsilon: .*less than or equal to 1"),
        ({"steps": 0}, "steps: .*greater than or equal to 1"),
        ({"batch_sizes": [4, 4]}, "batch_sizes: .*must differ"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(options: dict[str, object], reason: str) -> None:
    with pytest.raises(StudyError, match=rf"attacked_latency\.{reason}") as error:
        small_study(evaluation={"attacked_latency": options})
    assert "\n" not in str(error.value)
