"""Digits and trained networks that many tests share; whoever changes a record works on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.records.record import Record
from benchmarks.running.campaign import Campaign
from benchmarks.running.jobs import load_dataset, load_network
from benchmarks.running.scheduling import InlineScheduler
from tests.benchmarks.cases import DATASET, METHODS, ignore, small_campaign, small_study

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def few_digits() -> Dataset:
    """512 training, 500 validation and 100 test digits."""
    return load_dataset(DATASET, None)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A static, a gated and an early-exit network, trained for three epochs and measured. Not to be changed."""
    campaign = small_campaign(tmp_path_factory.mktemp("results"), small_study(*METHODS))
    outcomes = campaign.run(InlineScheduler(), ignore)
    assert [outcome.error for outcome in outcomes] == [""] * 6
    return campaign


@pytest.fixture
def copied(trained: Campaign, tmp_path: Path) -> Campaign:
    """The trained networks, to change."""
    shutil.copytree(trained.options.results, tmp_path / "copied")
    return small_campaign(tmp_path / "copied", trained.study)


@pytest.fixture(scope="session")
def records(trained: Campaign) -> dict[str, Record]:
    """The trained networks' records by method."""
    return {record.spec.method: record for record in trained.store.records()}


@pytest.fixture
def network_of(records: dict[str, Record], few_digits: Dataset) -> Callable[[str], TrainedNetwork]:
    """A trained network by method, read from its record each time."""
    return lambda method: load_network(records[method], few_digits, CPU)


@pytest.fixture
def resnet(network_of: Callable[[str], TrainedNetwork]) -> TrainedNetwork:
    """The trained static network."""
    return network_of("resnet")
