"""The ledger as a table."""

from __future__ import annotations

import pytest

from benchmarks.records.record import Record
from tests.benchmarks.cases import METHODS


def test_the_ledger_of_the_tiny_resnet_is_its_branches_and_the_rest(records: dict[str, Record]) -> None:
    table = records["resnet"].table("ledger")
    assert dict(zip(table["unit"], table["macs"], strict=True)) == {
        "stage1.block1": 2 * 16 * 16 * 9 * 14**2,
        "stage1.block2": 2 * 16 * 16 * 9 * 14**2,
        "stage2.block1": (16 * 32 + 32 * 32) * 9 * 7**2,
        "stage2.block2": 2 * 32 * 32 * 9 * 7**2,
        "stage3.block1": (32 * 64 + 64 * 64) * 9 * 4**2,
        "stage3.block2": 2 * 64 * 64 * 9 * 4**2,
        "fixed": 16 * 9 * 14**2 + 16 * 32 * 7**2 + 32 * 64 * 4**2 + 64 * 10,
    }


@pytest.mark.parametrize("method", METHODS)
def test_the_ledger_adds_up_to_the_nominal_cost(method: str, records: dict[str, Record]) -> None:
    assert records[method].table("ledger")["macs"].sum() == records[method].table("cost")["nominal"].iloc[0]


@pytest.mark.parametrize("method", METHODS)
def test_the_ledger_is_in_the_order_of_the_routes_columns(method: str, records: dict[str, Record]) -> None:
    record = records[method]
    assert record.table("ledger")["unit"].tolist() == [*record.config["units"], "fixed"]
    assert set(record.table("accuracy")["route"].str.len()) == {len(record.config["units"])}
