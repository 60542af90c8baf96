"""Stages of real networks answer as the network does, whatever batches are formed; networks are what rows say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import data
from benchmarks.data import Dataset
from benchmarks.speed.arrivals import comparison, plans, rows, trials
from benchmarks.speed.arrivals.clock import ProcessorClock, RealClock
from benchmarks.speed.arrivals.contestants import (
    Contestant,
    choose_setting,
    contestant,
    everything,
    straight_through,
    train_contestants,
)
from benchmarks.speed.arrivals.plans import Plan
from benchmarks.speed.arrivals.policies import AtOnce, Rebatching
from benchmarks.speed.arrivals.queueing import Policy, serve
from benchmarks.speed.arrivals.stage_times import StageTimes
from benchmarks.speed.arrivals.staged import StagedServer, StageOutput
from benchmarks.speed.arrivals.stages import requests_of, stages_of
from benchmarks.speed.exits import leaving
from benchmarks.speed.skipping import normalised
from benchmarks.training.recipe import Recipe
from zoo import RoutedNet, Setting, Task, create, optimize_for_inference
from zoo.serving.engines import Engine

TASK = Task(shape=(1, 28, 28), classes=10)
STATIC, BRANCHY = "resnet[tiny, blocks=(1, 1, 1)]", "branchynet[tiny, blocks=(1, 1, 1)]"


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return data.load("mnist5k", train=256, test=100)


def network(selector: str, dataset: Dataset) -> RoutedNet:
    torch.manual_seed(0)
    images, _ = everything(dataset.test)
    net = normalised(create(selector, TASK), images)
    if "branchynet" in selector:
        net.use(leaving(net, images, (0.4, 0.3)))
    if "msdnet" in selector:
        net.use(Setting(name="some", values={"thresholds": [0.8, None]}))
    return net


@pytest.fixture(params=["torch", "onnxruntime"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "onnxruntime":
        pytest.importorskip("onnxruntime")
        pytest.importorskip("onnxscript")
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("selector", [BRANCHY, "msdnet[tiny]"])
def test_a_cascade_in_stages_answers_as_the_network(selector: str, engine: Engine, dataset: Dataset) -> None:
    net = network(selector, dataset)
    images, _ = everything(dataset.test)
    requests = requests_of(images, engine)
    stages = stages_of(optimize_for_inference(net, engine=engine))
    with torch.no_grad():
        out = net(images)
    times = StageTimes((1, 64), [[1, 1.1]] * 3)
    policies: list[Policy] = [Rebatching(8, times, [1, 0.5, 0.3]), AtOnce(7)]
    for policy in policies:
        found = serve(StagedServer(stages), policy, ProcessorClock(), requests, np.zeros(len(images)) + 1e-9, 1e6)
        assert found.answers == out.logits.argmax(dim=1).tolist()
    on = [threshold is not None for threshold in net.thresholds] + [True]  # type: ignore[union-attr]
    exits = [e for e, enabled in enumerate(on) if enabled] if engine == "onnxruntime" else range(3)
    reached = out.route[:, ::2].sum(dim=1) - 1
    left = straight_through(StagedServer(stages), requests)[1]
    assert [exits[stage] for stage in left] == reached.tolist()
    assert 0 < reached.float().mean() < 2


def test_a_network_without_exits_is_one_stage(engine: Engine, dataset: Dataset) -> None:
    net = network(STATIC, dataset)
    images, _ = everything(dataset.test)
    server = StagedServer(stages_of(optimize_for_inference(net, engine=engine)))
    answers, stages = straight_through(server, requests_of(images, engine), batch=9)
    with torch.no_grad():
        assert answers == net(images).logits.argmax(dim=1).tolist()
    assert set(stages) == {0}


def test_stages_may_compute_in_numpy() -> None:
    def positive(features: tuple[np.ndarray, ...]) -> StageOutput:
        (x,) = features
        return StageOutput((x[:, 0] > 0).tolist(), [1] * len(x), (x + 10,))

    def rest(features: tuple[np.ndarray, ...]) -> StageOutput:
        return StageOutput([True] * len(features[0]), features[0][:, 0].tolist(), ())

    rows = [(np.array([[value]]),) for value in (3, -4, -5, 6)]
    assert straight_through(StagedServer([positive, rest]), rows) == ([1, 6, 5, 1], [0, 1, 1, 0])


def test_the_cheapest_setting_that_is_accurate_enough_is_taken(dataset: Dataset) -> None:
    net = network(BRANCHY, dataset)
    images, _ = everything(dataset.validation)
    few, many = leaving(net, images, (0.1, 0.1)), leaving(net, images, (0.7, 0.2))
    everyone, nobody = (Setting(name="all", values={"thresholds": 2 * [value]}) for value in (1e9, 0.0))
    settings = [few, many, everyone, nobody]
    assert choose_setting(net, settings, dataset.validation, wanted=0.0)
    assert net.setting == many
    assert not choose_setting(net, settings, dataset.validation, wanted=1.1)
    assert net.setting in (few, many)


def test_a_network_whose_images_all_take_one_route_has_a_setting_too(dataset: Dataset) -> None:
    net = network(BRANCHY, dataset)
    everyone, nobody = (Setting(name="all", values={"thresholds": 2 * [value]}) for value in (1e9, 0.0))
    assert choose_setting(net, [nobody, everyone], dataset.validation, wanted=0.0)
    assert net.setting == everyone


def test_contestants_are_trained_on_the_data_set(dataset: Dataset) -> None:
    recipe = Recipe(lr=0.1, batch_size=32, epochs=2)
    static, cascade = train_contestants([STATIC, BRANCHY], dataset, recipe, "torch")
    assert static.within
    assert (static.server.stages, cascade.server.stages) == (1, 3)
    assert cascade.reach == sorted(cascade.reach, reverse=True)
    assert cascade.name.startswith(f"{BRANCHY} at ")
    assert all(0 <= each.accuracy <= 1 for each in (static, cascade))


@pytest.fixture
def contestants(dataset: Dataset) -> list[Contestant]:
    return [contestant(name, network(name, dataset), dataset, "torch", within=True) for name in (STATIC, BRANCHY)]


def rows_of(contestants: list[Contestant], wall: float, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The comparison with a search that finds every rate as predicted in CPU time, and a share of it on the wall."""

    def search(entry: trials.Entry, *arguments: object, **options: object) -> None:
        entry.rates.append(wall * entry.plan.rate)
        entry.processor_rates.append(entry.plan.rate)
        entry.disturbed.extend([True, False])

    def fixed(server: StagedServer, *arguments: object) -> StageTimes:
        return StageTimes((1, 64), [[1e-3, 4e-3]] * server.stages)

    monkeypatch.setattr(comparison, "measure_times", fixed)
    monkeypatch.setattr(trials, "_search", search)
    monkeypatch.setattr(trials, "FEWEST_REQUESTS", 50)
    monkeypatch.setattr(plans, "LARGEST", (8,))
    monkeypatch.setattr(plans, "REQUESTS", 200)
    return comparison.compare(contestants, seconds=0, trial=0)


def test_every_network_has_rows_and_the_better_way_of_a_cascade_has_the_target(
    contestants: list[Contestant], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows_of(contestants, 0.9, monkeypatch)
    highest = found[found["what"].str.startswith("highest rate with 99 %")]
    assert highest["what"].str.endswith(rows.WALL).tolist() == [True, True, False, False]
    assert highest["target"].notna().sum() == 1
    assert highest["target"].iloc[:2].dropna().tolist() == [rows.TARGET]
    assert highest["configuration"].str.contains("50% of the trials disturbed").tolist() == [True, True, False, False]
    assert highest["configuration"].str.endswith("by torch").all()
    assert found["what"].str.contains("re-batching at exits over").sum() == 2
    assert found["what"].str.startswith("goodput").sum() == 3 * len(comparison.LOADS)
    same = found[found["configuration"].str.startswith(f"{STATIC}, by")]
    assert (same["ratio"] == 1).all()
    assert (found["turns"] == trials.FEWEST_TURNS).all()


def test_where_the_wall_clock_finds_no_rate_cpu_time_has_the_target(
    contestants: list[Contestant], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows_of(contestants, 0.0, monkeypatch)
    highest = found[found["what"].str.startswith("highest rate with 99 %")]
    assert highest["what"].str.endswith(rows.PROCESSOR).all()
    assert highest["target"].dropna().tolist() == [rows.TARGET]


def test_a_trial_that_others_disturbed_is_repeated_and_any_success_counts(
    contestants: list[Contestant], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = trials.Entry("one", contestants[0], Plan(AtOnce(8), 8, 0.0, 100.0))
    found, stolen = iter([False, False, True, False]), iter([0.4, 0.4, 0.4, 0.0])
    monkeypatch.setattr(RealClock, "stolen", property(lambda clock: next(stolen)))
    monkeypatch.setattr(trials.Entry, "trial", lambda *arguments: SimpleNamespace(sustained=next(found)))
    assert entry.sustains(100.0, 1.0, 1.0, 0)
    assert not entry.sustains(100.0, 1.0, 1.0, 0)
    assert entry.disturbed == [True, True, True, False]


def test_every_size_that_is_expected_is_run_before_the_turn(contestants: list[Contestant]) -> None:
    met: list[tuple[int, int]] = []
    cascade = contestants[1]
    run = cascade.server.run

    def recorded(stage: int, batch: list[tuple[object, ...]]) -> object:
        met.append((stage, len(batch)))
        return run(stage, batch)

    cascade.server.run = recorded  # type: ignore[assignment, method-assign]
    cascade.leaves = [0] * 99 + [2]
    cascade.warm_up(16)
    assert met == [(0, n) for n in range(16, 0, -1)] + [(stage, n) for stage in (1, 2) for n in range(5, 0, -1)]
