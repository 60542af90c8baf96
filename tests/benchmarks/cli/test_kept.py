"""What an interrupted run says that it keeps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.cli.kept import kept
from benchmarks.records.store import CHECKPOINT
from benchmarks.running.campaign import Campaign
from tests.benchmarks.cases import METHODS, small_campaign, small_study


def interrupt(campaign: Campaign, *methods: str) -> None:
    """Leave a checkpoint, as of a training that was interrupted, of these networks."""
    for spec in campaign.specs:
        if spec.method in methods:
            shutil.rmtree(campaign.store.path(campaign.identity(spec)), ignore_errors=True)
            workspace = campaign.store.workspace(campaign.identity(spec))
            workspace.mkdir(parents=True)
            (workspace / CHECKPOINT).touch()


def measure_again(campaign: Campaign, method: str, table: str) -> None:
    """Remove a table of a network."""
    (record,) = (record for record in campaign.store.records() if record.spec.method == method)
    (record.path / f"{table}.parquet").unlink()


def test_a_finished_study_is_kept_as_a_whole(trained: Campaign) -> None:
    assert kept(trained) == "3 of 3 networks are trained and measured"


def test_what_is_trained_only_and_what_has_a_checkpoint_is_counted(copied: Campaign) -> None:
    measure_again(copied, "resnet", "latency")
    interrupt(copied, "adanet")
    assert kept(copied) == ("1 of 3 networks is trained and measured, 1 is trained, 1 continues from its checkpoint")


def test_several_are_said_in_the_plural(copied: Campaign) -> None:
    interrupt(copied, "adanet", "branchynet")
    assert kept(copied) == "1 of 3 networks is trained and measured, 2 continue from their checkpoints"


def test_of_nothing_nothing_is_kept(tmp_path: Path) -> None:
    assert kept(small_campaign(tmp_path, small_study(*METHODS))) == "0 of 3 networks are trained and measured"


def test_results_that_cannot_be_read_are_not_counted(trained: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Campaign) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Campaign, "plan", refuse)
    assert kept(trained) == ""
