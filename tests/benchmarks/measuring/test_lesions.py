"""The table of what networks answer without their parts, against the networks changed by hand."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
import torch
from torch import nn

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.lesions import LesionsOptions, lesions
from benchmarks.records.record import Record

NetworkOf = Callable[[str], TrainedNetwork]
FEW = LesionsOptions(samples=60)


@pytest.fixture
def table(records: dict[str, Record]) -> pd.DataFrame:
    return records["resnet"].table("lesions")


def test_the_intact_network_comes_first_and_answers_as_it_does(table: pd.DataFrame, records: dict[str, Record]) -> None:
    intact = table[table["lesion"] == 0]
    answers = records["resnet"].table("accuracy").set_index("index")
    assert set(intact["kind"]) == {"intact"}
    assert set(intact["parts"]) == {""}
    assert intact["prediction"].tolist() == answers["prediction"].loc[intact["index"]].tolist()
    assert intact["macs"].tolist() == answers["macs"].loc[intact["index"]].tolist()


def test_every_block_is_taken_out_once(table: pd.DataFrame, records: dict[str, Record], few_digits: Dataset) -> None:
    single = table[table["kind"] == "block"]
    assert list(dict.fromkeys(single["parts"])) == records["resnet"].config["units"]
    for _, own in single.groupby("lesion"):
        assert own["index"].tolist() == list(range(100))
        assert own["label"].tolist() == few_digits.test.labels.tolist()
    assert (single["count"] == 1).all()


def test_what_is_left_costs_the_block_less(table: pd.DataFrame, records: dict[str, Record]) -> None:
    macs = records["resnet"].table("ledger").set_index("unit")["macs"]
    whole = table[table["lesion"] == 0]["macs"].iloc[0]
    for name, own in table[table["kind"] == "block"].groupby("parts"):
        assert set(whole - own["macs"]) == {macs[name]}


def test_a_block_that_does_nothing_is_not_missed(network_of: NetworkOf) -> None:
    trained = network_of("resnet")
    branch = trained.net.unit_modules()["stage3.block2"][0]
    last = [module for module in branch.modules() if isinstance(module, nn.BatchNorm2d)][-1]
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    found = lesions(trained, FEW).set_index(["parts", "index"])["prediction"]
    assert found.loc["stage3.block2"].equals(found.loc[""])
    assert not found.loc["stage1.block1"].equals(found.loc[""])


def test_without_an_exit_images_go_on(network_of: NetworkOf) -> None:
    found = lesions(network_of("branchynet"), FEW)
    cost = found.groupby("parts")["macs"].mean()
    assert cost["exit1"] > cost[""]
    kinds = found.drop_duplicates("lesion").set_index("parts")["kind"]
    assert kinds["exit1"] == kinds["exit2"] == "exit"
    assert (kinds.drop(["", "exit1", "exit2"]) == "block").all()


def test_groups_and_orders_are_drawn_by_the_seed(network_of: NetworkOf) -> None:
    options = LesionsOptions(samples=20, most=3, swaps=2, draws=2)
    found = lesions(network_of("resnet"), options)
    once = found.drop_duplicates("lesion")
    several = once[once["kind"] == "several"]
    assert several["count"].tolist() == [2, 2, 3, 3]
    assert [len(set(parts.split(", "))) for parts in several["parts"]] == [2, 2, 3, 3]
    orders = once[once["kind"] == "order"]
    assert len(orders) == 4
    assert orders["disorder"].between(-1, 1).all()
    pd.testing.assert_frame_equal(found, lesions(network_of("resnet"), options))


def test_two_blocks_that_change_places_once_are_disordered_by_one_pair(network_of: NetworkOf) -> None:
    # The only blocks of tiny that may change places are the first two of six: one of 15 pairs is the other way round.
    options = LesionsOptions(samples=20, swaps=1, draws=1)
    orders = lesions(network_of("resnet"), options).query("kind == 'order'")
    assert orders["disorder"].iloc[0] == pytest.approx((14 - 1) / 15)


def test_more_parts_than_there_are_cannot_be_out(network_of: NetworkOf) -> None:
    found = lesions(network_of("resnet"), LesionsOptions(samples=20, most=40, draws=1))
    assert found["count"].max() == len(network_of("resnet").net.units)


def test_the_network_is_as_before(network_of: NetworkOf) -> None:
    trained = network_of("adanet")
    images = torch.rand(4, *trained.net.task.shape)
    with torch.no_grad():
        before = trained.net(images).logits
        lesions(trained, LesionsOptions(samples=20, most=2, swaps=1))
        assert torch.equal(trained.net(images).logits, before)
