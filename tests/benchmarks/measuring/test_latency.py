"""Timing: who is timed, in which order, on what."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
import torch
from torch import Tensor

import zoo
from benchmarks.measuring import TrainedNetwork, configurations
from benchmarks.measuring.configurations import Configuration, distinct
from benchmarks.measuring.contenders import in_runtime
from benchmarks.measuring.engine_names import (
    AUTOTUNED,
    BASELINE_SETTING,
    COMPILED,
    EAGER,
    RACING,
    RUNTIME,
    SERVED,
    EngineName,
)
from benchmarks.measuring.latency import LatencyOptions, latency
from benchmarks.measuring.turns import COLUMNS, FIRST_LOOK, MIN_PASSES
from benchmarks.records.record import Record
from tests.benchmarks.cases import METHODS
from zoo.network import Compute, Forward, RoutedNet, Setting
from zoo.serving.optimize import Served
from zoo.sizing.unit_costs import measure_ledger


def options(
    *batch_sizes: int, seconds: float = 0.01, engines: tuple[EngineName, ...] = (), half_width: float = 0.015
) -> LatencyOptions:
    """Without other engines: a graph for ONNX Runtime takes seconds."""
    return LatencyOptions(seconds=seconds, batch_sizes=batch_sizes, engines=engines, half_width=half_width)


@pytest.fixture
def gated(network_of: Callable[[str], TrainedNetwork]) -> TrainedNetwork:
    return network_of("adanet")


@pytest.fixture(params=METHODS)
def record(request: pytest.FixtureRequest, records: dict[str, Record]) -> Record:
    return records[request.param]


Watched = list[tuple[Served, str, Tensor]]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Every pass of a served network: which, at which setting and computing what, on which images."""
    seen: Watched = []
    run = Served.forward

    def watch(served: Served, images: Tensor, *, compute: Compute = "needed") -> Forward:
        seen.append((served, f"{served.setting.name} {compute}", images))
        return run(served, images, compute=compute)

    monkeypatch.setattr(Served, "forward", watch)
    return seen


def timed(record: Record) -> pd.DataFrame:
    """The passes of a record without those that chose the engines."""
    table = record.table("latency")
    return table[table["ended_by"] != RACING]


def turns(table: pd.DataFrame) -> list[list[tuple[str, str]]]:
    """The configurations of every repetition, in the order in which they were timed."""
    natural = table[(table["order"] == "natural") & (table["ended_by"] != RACING)]
    grouped = natural.groupby(["batch_size", "repetition"], sort=False)
    return [list(zip(group["setting"], group["compute"], strict=True)) for _, group in grouped]


def test_the_columns_are_those_that_are_documented(record: Record) -> None:
    assert list(record.table("latency")) == COLUMNS


def test_all_configurations_take_their_turn_in_each_repetition(record: Record) -> None:
    settings = [setting.name for setting in record.settings]
    expected = [(BASELINE_SETTING, "all"), (settings[0], "all"), *((name, "needed") for name in settings)]
    alike = {(name, "all") for _, names in distinct(record.settings)[:1] for name in names}
    assert all(sorted({*turn} - alike) == sorted(expected) for turn in turns(record.table("latency")))


def test_configurations_of_a_repetition_answer_the_same_images(record: Record) -> None:
    table = timed(record)
    assert table.groupby(["batch_size", "repetition"])["first"].nunique().max() == 1


def test_repetitions_go_on_to_other_images(record: Record) -> None:
    ones = timed(record).query("batch_size == 1")
    firsts = ones.groupby("repetition")["first"].first()
    assert len(firsts) >= MIN_PASSES
    assert len(set(firsts.head(90))) == len(firsts.head(90))


def test_every_pass_took_time(record: Record) -> None:
    assert (record.table("latency")["seconds"] > 0).all()


def test_every_batch_size_is_timed_a_few_times_whatever_the_budget(gated: TrainedNetwork) -> None:
    table = latency(gated, options(1, 100, seconds=1e-9))
    assert table.groupby("batch_size")["repetition"].nunique().to_dict() == {1: MIN_PASSES, 100: MIN_PASSES}


def test_a_batch_larger_than_the_test_split_is_the_whole_split_once(gated: TrainedNetwork) -> None:
    table = latency(gated, options(200, 500))
    assert set(table["batch_size"]) == {100}
    assert not table.duplicated(["batch_size", "repetition", "order", "setting", "compute"]).any()


def test_a_batch_size_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"batch_sizes must differ, unlike those of \[8, 8\]"):
        options(8, 8)


def test_the_order_is_shuffled_in_every_turn_and_the_same_again(
    gated: TrainedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many turns warm up depends on the clock; what is recorded begins with the second here."""
    monkeypatch.setattr("benchmarks.measuring.turns.WARM_UP", 0.0)
    first, again = (turns(latency(gated, options(4, seconds=0.3)))[:MIN_PASSES] for _ in range(2))
    assert first == again
    assert len({tuple(turn) for turn in first}) > 1


def test_settings_with_equal_values_are_timed_once_and_have_the_same_rows(
    gated: TrainedNetwork, watched: Watched
) -> None:
    headline, *others = gated.settings
    twin = Setting(name="twin", values=dict(headline.values))
    table = latency(replace(gated, settings=[headline, *others, twin]), options(4, seconds=0.3))
    assert not [what for _, what, _ in watched if what == "twin needed"]
    both = [table[table["setting"] == name].drop(columns="setting").reset_index() for name in (headline.name, "twin")]
    assert both[0].drop(columns="index").equals(both[1].drop(columns="index"))
    assert (table["measured_as"] == table["setting"].replace("twin", headline.name)).all()


@pytest.mark.parametrize(("noise", "ended_by"), [(0.0, "interval"), (0.5, "budget")])
def test_turns_end_where_the_interval_is_narrow_or_the_time_is_spent(
    noise: float, ended_by: str, gated: TrainedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(0).gauss

    def timed(configuration: Configuration, batch: Tensor) -> tuple[float, float]:
        time.sleep(0.0005)
        return math.exp(draw(0, noise)), math.nan

    monkeypatch.setattr("benchmarks.measuring.turns._timed", timed)
    table = latency(gated, options(4, seconds=0.6))
    assert set(table["ended_by"]) == {ended_by}
    turns = table["repetition"].max() + 1
    assert turns == FIRST_LOOK if ended_by == "interval" else turns >= MIN_PASSES


def own_passes(watched: Watched, trained: TrainedNetwork) -> list[str]:
    """What the trained's network computed in batches of 4."""
    return [what for served, what, images in watched if type(served.net) is type(trained.net) and len(images) == 4]


def test_each_configuration_computes_at_its_own_setting(gated: TrainedNetwork, watched: Watched) -> None:
    table = latency(gated, options(4))
    headline = gated.settings[0].name
    turn = [f"{headline} all", f"{headline} needed"]
    turn += [f"{headline} needed"] * ("sorted" in set(table["order"]))
    turn += [f"{setting.name} needed" for setting in gated.settings[1:]]
    seen = own_passes(watched, gated)
    assert len(seen) % len(turn) == 0
    for start in range(0, len(seen), len(turn)):
        assert sorted(seen[start : start + len(turn)]) == sorted(turn)


def test_images_are_real_test_images_in_a_shuffled_order(gated: TrainedNetwork, watched: Watched) -> None:
    latency(gated, options(100))
    images = next(gated.dataset.test.batches(100)).images
    shown = next(images for served, _, images in watched if len(images) == 100)
    assert not torch.equal(shown, images)
    assert sorted(shown.sum(dim=(1, 2, 3)).tolist()) == pytest.approx(sorted(images.sum(dim=(1, 2, 3)).tolist()))


def test_images_of_the_same_route_stand_together_where_they_are_sorted(gated: TrainedNetwork, watched: Watched) -> None:
    table = latency(gated, options(10))
    first = table[(table["order"] == "sorted") & (table["repetition"] == 0)]
    assert set(first["setting"]) == {gated.settings[0].name}
    sums = [
        {images.sum().item() for served, what, images in watched if what == f"{gated.settings[0].name} {compute}"}
        for compute in ("all", "needed")
    ]
    assert len(sums[1]) > len(sums[0])  # other batches of the same images
    natural = table[(table["order"] == "natural") & (table["compute"] == "needed")]
    spread = natural[natural["setting"] == gated.settings[0].name]["macs"].std()
    assert table[table["order"] == "sorted"]["macs"].std() > spread


def test_a_pass_knows_what_its_images_cost(gated: TrainedNetwork) -> None:
    table = latency(gated, options(1))
    assert table[table["setting"] == BASELINE_SETTING]["macs"].isna().all()
    assert (table[table["compute"] == "all"]["macs"].dropna() == gated.ledger.nominal).all()
    costs = table[table["compute"] == "needed"]["macs"]
    assert costs.between(gated.ledger.fixed_macs, gated.ledger.nominal).all()
    assert costs.nunique() > 1


def test_single_images_are_not_sorted(gated: TrainedNetwork) -> None:
    assert set(latency(gated, options(1))["order"]) == {"natural"}


@pytest.mark.parametrize(
    ("engine", "chosen"), [(COMPILED, None), (AUTOTUNED, {"freezing": True, "max_autotune": True})]
)
def test_the_compiled_static_network_races_where_that_is_asked_for(
    engine: EngineName, chosen: object, gated: TrainedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []

    def compile_(net: torch.nn.Module, *, dynamic: bool, options: object) -> torch.nn.Module:
        compiled.append(options)
        return net

    monkeypatch.setattr(torch, "compile", compile_)
    table = latency(gated, options(4, engines=(engine,)))
    assert compiled == [chosen]
    assert set(table[table["engine"] == engine]["setting"]) == {BASELINE_SETTING}
    assert {SERVED, engine} == set(table[table["ended_by"] == RACING]["engine"])


def test_there_is_no_device_clock_on_a_cpu(gated: TrainedNetwork) -> None:
    assert latency(gated, options(4))["device_seconds"].isna().all()


def test_no_gradients_are_computed(gated: TrainedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: set[bool] = set()
    run = type(gated.net).run

    def watch(net: RoutedNet, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        modes.add(torch.is_inference_mode_enabled())
        return run(net, x, compute=compute, generator=generator)

    monkeypatch.setattr(type(gated.net), "run", watch)
    latency(gated, options(4))
    assert modes == {True}


def test_timing_leaves_the_setting_in_use(gated: TrainedNetwork) -> None:
    gated.net.use(gated.settings[-1])
    latency(gated, options(4))
    assert gated.net.setting is gated.settings[-1]


def test_the_baseline_is_the_static_resnet_of_the_same_scale(gated: TrainedNetwork) -> None:
    assert type(gated.baseline).__name__ == "ResNet"
    assert gated.baseline.units == gated.net.units


def test_every_network_is_timed_in_the_engine_that_won_its_race(
    network_of: Callable[[str], TrainedNetwork], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The baseline is the fastest in PyTorch here, the network in ONNX Runtime."""

    def timed(configuration: Configuration, batch: Tensor) -> tuple[float, float]:
        best = SERVED if configuration.setting is None else RUNTIME
        return 0.001 if configuration.engine == best else 0.002, math.nan

    monkeypatch.setattr("benchmarks.measuring.turns._timed", timed)
    table = latency(network_of("adanet"), options(4, engines=(EAGER, RUNTIME)))
    race, turns = table[table["ended_by"] == RACING], table[table["ended_by"] != RACING]
    baseline = turns["setting"] == BASELINE_SETTING
    assert set(turns[baseline]["engine"]) == {SERVED}
    assert set(turns[~baseline]["engine"]) == {RUNTIME}
    assert {EAGER, SERVED, RUNTIME} == set(race[race["setting"] == BASELINE_SETTING]["engine"])
    assert set(race[race["setting"] != BASELINE_SETTING]["engine"]) == {SERVED, RUNTIME}


def test_a_network_that_onnx_runtime_does_not_serve_stays_in_pytorch(gated: TrainedNetwork) -> None:
    deformable = zoo.create("deformable[tiny]", gated.net.task)
    other = replace(gated, net=deformable.eval(), settings=[deformable.setting], ledger=measure_ledger(deformable))
    own = [c for c in configurations.configurations(other) if c.setting is not None]
    assert in_runtime(other, own) == []
