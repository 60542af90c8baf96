"""Costs side by side: the ledger, what ran, and two other counters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
import torch

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.cost import CostOptions, cost, fvcore_macs, ptflops_macs
from benchmarks.measuring.logits_only import LogitsOnly
from benchmarks.records.record import Record
from tests.benchmarks.cases import METHODS
from zoo import Task, create

TASK = Task(shape=(1, 28, 28), classes=10)
IMAGE = torch.zeros(1, 1, 28, 28)

# resnet[tiny] at 28 x 28: a 3x3 stem of stride 2 to 14 x 14, then three stages of two blocks at 14, 7 and 4 pixels.
STEM = 1 * 16 * 9 * 14**2
STAGE_1 = 4 * (16 * 16 * 9 * 14**2)
STAGE_2 = (16 * 32 * 9 + 3 * 32 * 32 * 9 + 16 * 32) * 7**2
STAGE_3 = (32 * 64 * 9 + 3 * 64 * 64 * 9 + 32 * 64) * 4**2
HEAD = 64 * 10
RESNET_TINY = STEM + STAGE_1 + STAGE_2 + STAGE_3 + HEAD


@pytest.fixture
def resnet_row(records: dict[str, Record]) -> pd.Series:
    (_, row), *_ = records["resnet"].table("cost").iterrows()
    return row


def test_the_nominal_cost_of_the_tiny_resnet_is_5537984(resnet_row: pd.Series) -> None:
    assert resnet_row["nominal"] == RESNET_TINY == 5_537_984


def test_fvcore_counts_the_tiny_resnet_exactly(resnet_row: pd.Series) -> None:
    assert resnet_row["fvcore"] == RESNET_TINY


def test_ptflops_counts_the_tiny_resnet_and_the_ten_biases_of_its_classifier(resnet_row: pd.Series) -> None:
    assert resnet_row["ptflops"] == RESNET_TINY + 10


def test_the_tiny_resnet_has_174970_parameters(resnet_row: pd.Series) -> None:
    convolutions = 9 * (16 + 4 * 16**2 + 16 * 32 + 3 * 32**2 + 32 * 64 + 3 * 64**2) + 16 * 32 + 32 * 64
    norms = 2 * (5 * 16 + 5 * 32 + 5 * 64)
    assert resnet_row["parameters"] == convolutions + norms + 64 * 10 + 10 == 174_970


@pytest.mark.parametrize("method", METHODS)
def test_what_ran_is_what_the_routes_ask_for(method: str, records: dict[str, Record]) -> None:
    table = records[method].table("cost")
    assert table["executed"].tolist() == table["routed"].tolist()


@pytest.mark.parametrize("method", METHODS)
def test_routed_is_the_mean_over_the_table_of_answers(method: str, records: dict[str, Record]) -> None:
    table = records[method].table("cost").set_index("setting")
    means = records[method].table("accuracy").groupby("setting")["macs"].mean()
    assert table["routed"].to_dict() == pytest.approx(means.to_dict())


@pytest.mark.parametrize("method", METHODS)
def test_other_counters_agree_on_the_nominal_cost_within_a_thousandth(method: str, records: dict[str, Record]) -> None:
    table = records[method].table("cost")
    for counter in ("fvcore", "ptflops"):
        assert table[counter].tolist() == pytest.approx(table["nominal"].tolist(), rel=1e-3)


def test_gates_and_exits_save_computation_at_some_setting(records: dict[str, Record]) -> None:
    for method in ("adanet", "branchynet"):
        table = records[method].table("cost")
        assert table["routed"].min() < 0.9 * table["nominal"].iloc[0]


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_what_ran_does_not_depend_on_the_batch_size(size: int, network_of: Callable[[str], TrainedNetwork]) -> None:
    trained = network_of("adanet")
    few = replace(trained.dataset, test=trained.dataset.test.take(10))
    trained = replace(trained, dataset=few, settings=trained.settings[:2])
    table = cost(trained, CostOptions(batch_size=size))
    assert table["executed"].tolist() == table["routed"].tolist()


def test_counting_leaves_the_setting_in_use(network_of: Callable[[str], TrainedNetwork]) -> None:
    trained = network_of("branchynet")
    before = trained.net.setting
    cost(trained, CostOptions())
    assert trained.net.setting is before


@pytest.mark.parametrize("count", [fvcore_macs, ptflops_macs])
def test_a_counter_prints_nothing(
    count: Callable[[LogitsOnly, torch.Tensor], int], capfd: pytest.CaptureFixture[str]
) -> None:
    count(LogitsOnly(create("resnet[tiny]", TASK).eval()), IMAGE)
    assert capfd.readouterr() == ("", "")


def test_ptflops_leaves_the_level_of_logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.ERROR)
    ptflops_macs(LogitsOnly(create("resnet[tiny]", TASK).eval()), IMAGE)
    assert root.level == logging.ERROR


def test_other_libraries_see_images_to_logits() -> None:
    net = create("branchynet[tiny]", TASK).eval()
    assert torch.equal(LogitsOnly(net)(IMAGE), net(IMAGE, compute="all").logits)
