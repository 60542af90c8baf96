"""The table of answers, against the network's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.records.record import Record
from tests.benchmarks.cases import METHODS
from zoo.network import Forward, Setting

pytestmark = pytest.mark.parametrize("method", METHODS)


@pytest.fixture
def network(method: str, network_of: Callable[[str], TrainedNetwork]) -> TrainedNetwork:
    return network_of(method)


@pytest.fixture
def table(method: str, records: dict[str, Record]) -> pd.DataFrame:
    return records[method].table("accuracy")


@pytest.fixture
def labels(few_digits: Dataset) -> Tensor:
    return few_digits.test.labels


def answer(network: TrainedNetwork, setting: Setting) -> Forward:
    """All test images at once, every unit computed."""
    images = next(network.dataset.test.batches(100)).images
    with network.at(setting) as net, torch.no_grad():
        out: Forward = net(images, compute="all")
    return out


def at(table: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    return table[table["setting"] == setting.name].reset_index(drop=True)


def test_there_is_a_row_per_setting_and_test_image(table: pd.DataFrame, network: TrainedNetwork) -> None:
    found = list(zip(table["setting"], table["index"], strict=True))
    assert found == [(setting.name, index) for setting in network.settings for index in range(100)]


def test_labels_are_those_of_the_test_split(table: pd.DataFrame, network: TrainedNetwork, labels: Tensor) -> None:
    for setting in network.settings:
        assert at(table, setting)["label"].tolist() == labels.tolist()


def test_predictions_are_the_networks_answers_at_each_setting(table: pd.DataFrame, network: TrainedNetwork) -> None:
    for setting in network.settings:
        assert at(table, setting)["prediction"].tolist() == answer(network, setting).logits.argmax(dim=1).tolist()


def test_confidence_is_the_softmax_of_the_prediction(table: pd.DataFrame, network: TrainedNetwork) -> None:
    for setting in network.settings:
        expected = answer(network, setting).logits.softmax(dim=1).amax(dim=1)
        np.testing.assert_allclose(at(table, setting)["confidence"], expected, rtol=1e-4)


def test_nll_is_the_cross_entropy_with_the_label(table: pd.DataFrame, network: TrainedNetwork, labels: Tensor) -> None:
    for setting in network.settings:
        expected = functional.cross_entropy(answer(network, setting).logits, labels, reduction="none")
        np.testing.assert_allclose(at(table, setting)["nll"], expected, rtol=1e-4, atol=1e-5)


def test_top5_is_whether_fewer_than_five_classes_score_higher(
    table: pd.DataFrame, network: TrainedNetwork, labels: Tensor
) -> None:
    for setting in network.settings:
        logits = answer(network, setting).logits
        higher = (logits > logits.gather(1, labels.unsqueeze(1))).sum(dim=1)
        assert at(table, setting)["top5"].tolist() == (higher < 5).tolist()


def test_macs_and_routes_tell_the_same(table: pd.DataFrame, network: TrainedNetwork) -> None:
    units = network.ledger.unit_macs.tolist()
    for route, macs in zip(table["route"], table["macs"], strict=True):
        assert macs == network.ledger.fixed_macs + sum(
            cost for used, cost in zip(route, units, strict=True) if used == "1"
        )


def test_routes_are_the_networks_at_each_setting(table: pd.DataFrame, network: TrainedNetwork) -> None:
    for setting in network.settings:
        rows = ["".join(str(int(used)) for used in row) for row in answer(network, setting).route.tolist()]
        assert at(table, setting)["route"].tolist() == rows
