"""Accuracy and cost on corrupted images, of briefly trained networks on real digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import zoo
from benchmarks.data import DataMissing
from benchmarks.data.cifar import CIFAR10
from benchmarks.data.splitting import hold_out
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.corrupting import CORRUPTIONS
from benchmarks.measuring.corruptions import CorruptionsOptions, corruptions
from benchmarks.measuring.options import Evaluation
from benchmarks.measuring.preparation import prepare
from benchmarks.measuring.summaries.corruptions import corruption_rates
from benchmarks.records.record import Record
from benchmarks.study.study import StudyError
from benchmarks.training.tasks import task_of
from tests.benchmarks.cases import METHODS, small_study
from zoo.network import Compute, Forward, Setting

NetworkOf = Callable[[str], TrainedNetwork]


def options(**others: object) -> CorruptionsOptions:
    return CorruptionsOptions.model_validate({"samples": 30, "severities": [1, 5], **others})


def accuracy(table: pd.DataFrame, corruption: str, severity: int) -> float:
    rows = table[(table["corruption"] == corruption) & (table["severity"] == severity)]
    return float((rows["label"] == rows["prediction"]).mean())


def test_no_study_is_corrupted_unless_it_asks_for_it() -> None:
    assert Evaluation().options("corruptions") is None
    assert Evaluation.model_validate({"corruptions": {}}).options("corruptions") == CorruptionsOptions()


def test_every_corruption_meets_every_image_at_every_severity(resnet: TrainedNetwork) -> None:
    table = corruptions(resnet, options())
    assert len(table) == 30 * (1 + 2 * len(CORRUPTIONS))
    assert set(zip(table["corruption"], table["severity"], strict=True)) == {
        ("none", 0),
        *((name, severity) for name in CORRUPTIONS for severity in (1, 5)),
    }
    assert set(table["source"]) == {"RouteBench"}
    assert table.groupby(["corruption", "severity"])["index"].apply(list).map(lambda own: own == [*range(30)]).all()


@pytest.mark.parametrize("method", METHODS)
def test_severity_zero_has_the_answers_of_the_headline_setting(
    method: str, network_of: NetworkOf, records: dict[str, Record]
) -> None:
    table = corruptions(network_of(method), options(corruptions=["noise"], severities=[1]))
    clean = table[table["severity"] == 0].reset_index(drop=True)
    stored = records[method].table("accuracy")
    stored = stored[stored["setting"] == records[method].settings[0].name].head(30).reset_index(drop=True)
    columns = ["index", "label", "prediction", "macs", "route"]
    pd.testing.assert_frame_equal(clean[columns], stored[columns])


def test_the_worst_corruptions_cost_accuracy(resnet: TrainedNetwork) -> None:
    table = corruptions(resnet, options(samples=100))
    clean = accuracy(table, "none", 0)
    for name in ("noise", "blur", "contrast", "brightness", "rotation"):
        assert accuracy(table, name, 5) < clean - 0.2


def test_a_static_network_costs_the_same_whatever_it_sees(resnet: TrainedNetwork) -> None:
    assert corruption_rates(corruptions(resnet, options()))["relative"].tolist() == [1.0] * 15


def test_an_early_exit_networks_cost_depends_on_the_corruption(network_of: NetworkOf) -> None:
    rates = corruption_rates(corruptions(network_of("branchynet"), options()))
    assert rates["relative"].nunique() > 1


def test_neither_the_batch_size_nor_the_other_corruptions_change_the_table(resnet: TrainedNetwork) -> None:
    whole = corruptions(resnet, options())
    keys = ["corruption", "severity", "index"]
    parts = corruptions(resnet, options(batch_size=7, corruptions=["rotation", "noise"]))
    chosen = whole[whole["corruption"].isin(["none", "noise", "rotation"])]
    pd.testing.assert_frame_equal(
        chosen.sort_values(keys, ignore_index=True)[[*keys, "prediction", "route"]],
        parts.sort_values(keys, ignore_index=True)[[*keys, "prediction", "route"]],
    )


def test_more_images_than_there_are_is_all_of_them(resnet: TrainedNetwork) -> None:
    table = corruptions(resnet, options(samples=1_000, corruptions=["contrast"], severities=[3]))
    assert len(table) == 200


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"corruptions": ["fogg"]}, r"unknown corruption 'fogg'; did you mean fog\? \(valid: noise, blur, "),
        ({"corruptions": []}, "corruptions must be one or more different names, or null"),
        ({"corruptions": ["blur", "blur"]}, "corruptions must be one or more different names, or null"),
        ({"severities": []}, r"severities must be different whole numbers from 1 to 5, not \[\]"),
        ({"severities": [0, 1]}, r"severities must be different whole numbers from 1 to 5, not \[0, 1\]"),
        ({"severities": [2, 2]}, r"severities must be different whole numbers from 1 to 5, not \[2, 2\]"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(given: dict[str, object], reason: str) -> None:
    with pytest.raises(StudyError, match=rf"corruptions[.\w]*: {reason}") as error:
        small_study(evaluation={"corruptions": given})
    assert "\n" not in str(error.value)


@pytest.fixture
def cifar10(tmp_path: Path) -> TrainedNetwork:
    """An untrained network, and 20 grey test images beside CIFAR-10-C's fog (white), brightness (black) and labels."""
    labels = np.arange(20, dtype=np.int64) % 10
    grey = np.full((20, 3, 32, 32), 128, dtype=np.uint8)
    dataset = hold_out(CIFAR10, (grey, labels), (grey, labels), validation=10)
    folder = tmp_path / "CIFAR-10-C"
    folder.mkdir()
    np.save(folder / "fog.npy", np.full((100, 32, 32, 3), 255, dtype=np.uint8))
    np.save(folder / "brightness.npy", np.zeros((100, 32, 32, 3), dtype=np.uint8))
    np.save(folder / "labels.npy", np.tile(labels, 5).astype(np.uint8))
    net = zoo.create("resnet[tiny]", task_of(CIFAR10))
    return prepare(
        zoo.Selector("resnet", "tiny", {}),
        net.state_dict(),
        [Setting(name="default", values={})],
        baseline="resnet[tiny]",
        dataset=replace(dataset, files=(tmp_path / "cifar-10-batches-py" / "test_batch",)),
        device=torch.device("cpu"),
        seed=0,
    )


def test_cifar10_has_the_published_corruptions_that_are_there(cifar10: TrainedNetwork) -> None:
    table = corruptions(cifar10, options(severities=[2]))
    assert list(dict.fromkeys(table["corruption"])) == ["none", "fog", "brightness"]
    assert set(table.loc[table["severity"] > 0, "source"]) == {"CIFAR-10-C"}


def test_the_network_sees_the_images_of_the_files_and_own_ones_where_there_is_none(
    cifar10: TrainedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    run = cifar10.net.forward

    def watched(images: torch.Tensor, *, compute: Compute) -> Forward:
        seen.append(float(images.mean()))
        return run(images, compute=compute)

    monkeypatch.setattr(cifar10.net, "forward", watched)
    table = corruptions(cifar10, options(severities=[2], corruptions=["fog", "brightness", "contrast"]))
    assert seen == pytest.approx([128 / 255, 1.0, 0.0, 128 / 255])
    assert table.groupby("corruption")["source"].first().to_dict() == {
        **{"none": "RouteBench", "fog": "CIFAR-10-C", "brightness": "CIFAR-10-C", "contrast": "RouteBench"},
    }


def test_a_published_corruption_whose_file_is_missing_is_named_with_its_path(cifar10: TrainedNetwork) -> None:
    with pytest.raises(DataMissing, match=r"corruption snow is read from .*/CIFAR-10-C/snow\.npy is not there"):
        corruptions(cifar10, options(corruptions=["snow"]))


def test_a_published_corruption_without_its_file_says_where_it_belongs(resnet: TrainedNetwork) -> None:
    with pytest.raises(DataMissing, match="corruption fog is read from CIFAR-10-C: the folder CIFAR-10-C in "):
        corruptions(resnet, options(corruptions=["noise", "fog"]))
