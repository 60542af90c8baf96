"""Digits and trained networks that many tests share; whoever changes a record works on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.records.record import Record
from benchmarks.running.campaign import Campaign
from benchmarks.running.jobs import load_dataset
from benchmarks.running.loaded import load_network
from benchmarks.running.scheduling import InlineScheduler
from tests.benchmarks.cases import DATASET, METHODS, ignore, small_campaign, small_study
from zoo.execution.early_exit import EarlyExitNet
from zoo.network import Setting, Validation

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def few_digits() -> Dataset:
    """512 training, 500 validation and 100 test digits."""
    return load_dataset(DATASET, None)


SETTINGS = EarlyExitNet.settings


def some_leave_at_every_exit(net: EarlyExitNet, validation: Validation) -> list[Setting]:
    """The proposed settings, with the first one's thresholds such that of the images at an early exit half leave.

    Whether exits are worth it after three epochs on 512 digits depends on the processor; what tests need does not.
    """
    staying = torch.ones_like(validation.labels, dtype=torch.bool)
    thresholds = []
    for logits in validation.forward.exit_logits[:-1]:
        scores = net.uncertainty(logits)
        thresholds.append(float(scores[staying].median()))
        staying &= scores >= thresholds[-1]
    first, *others = SETTINGS(net, validation)
    return [replace(first, values={**first.values, "thresholds": thresholds}), *others]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A static, a gated and an early-exit network, trained for three epochs and measured. Not to be changed."""
    campaign = small_campaign(tmp_path_factory.mktemp("results"), small_study(*METHODS))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(EarlyExitNet, "settings", some_leave_at_every_exit)
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
