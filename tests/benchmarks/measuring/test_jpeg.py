"""Attacks on networks behind JPEG, of briefly trained networks on real digits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks.contract import Target
from benchmarks.measuring.attacks.fgsm import FGSM
from benchmarks.measuring.compression import compress
from benchmarks.measuring.jpeg import JpegOptions, jpeg
from benchmarks.measuring.options import Evaluation
from benchmarks.records.record import Record
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import METHODS, small_study

NetworkOf = Callable[[str], TrainedNetwork]
SAMPLES = 40
KEYS = ["attack", "quality", "knows", "epsilon"]


def options(**others: object) -> JpegOptions:
    values = {"samples": SAMPLES, "qualities": [75, 10], "epsilons": [0.1], "pgd_steps": 4}
    return JpegOptions.model_validate(values | others)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Tables that were made before, by method."""
    return {}


@pytest.fixture
def table_of(network_of: NetworkOf, tables: dict[str, pd.DataFrame]) -> Callable[[str], pd.DataFrame]:
    def made(method: str) -> pd.DataFrame:
        if method not in tables:
            tables[method] = jpeg(network_of(method), options())
        return tables[method]

    return made


def at(table: pd.DataFrame, attack: str, quality: int, *, knows: bool = False) -> pd.DataFrame:
    rows = table[(table["attack"] == attack) & (table["quality"] == quality) & (table["knows"] == knows)]
    return rows.sort_values("index", ignore_index=True)


def accuracy(table: pd.DataFrame, attack: str, quality: int, *, knows: bool = False) -> float:
    rows = at(table, attack, quality, knows=knows)
    return float((rows["label"] == rows["prediction"]).mean())


def test_no_study_is_compressed_unless_it_asks_for_it() -> None:
    assert Evaluation().options("jpeg") is None


def test_every_image_is_shown_in_every_way(table_of: Callable[[str], pd.DataFrame]) -> None:
    table = table_of("resnet")
    ways = [tuple(way) for way in table[KEYS].drop_duplicates().itertuples(index=False)]
    attacked = [
        (attack, quality, knows, 0.1)
        for attack in ("FGSM", "PGD-4")
        for quality, knows in ((0, False), (75, False), (75, True), (10, False), (10, True))
    ]
    assert set(ways) == {("none", quality, False, 0.0) for quality in (0, 75, 10)} | set(attacked)
    assert len(ways) == len(set(ways))
    assert table.groupby(KEYS)["index"].apply(list).map(lambda own: own == [*range(SAMPLES)]).all()


@pytest.mark.parametrize("method", METHODS)
def test_uncompressed_clean_images_have_the_answers_of_the_headline_setting(
    method: str, table_of: Callable[[str], pd.DataFrame], records: dict[str, Record]
) -> None:
    stored = records[method].table("accuracy")
    stored = stored[stored["setting"] == records[method].settings[0].name].head(SAMPLES).reset_index(drop=True)
    columns = ["index", "label", "prediction", "macs", "route"]
    pd.testing.assert_frame_equal(at(table_of(method), "none", 0)[columns], stored[columns])


def test_what_does_not_know_of_the_compression_is_compressed_afterwards(
    resnet: TrainedNetwork, table_of: Callable[[str], pd.DataFrame]
) -> None:
    batch = next(resnet.dataset.test.take(SAMPLES).batches(SAMPLES))
    images = FGSM().prepare(Target(resnet.net, resnet.device))(batch.images, batch.labels, 0.1)
    with torch.inference_mode():
        wanted = resnet.net(compress(images, 10), compute="needed").logits.argmax(dim=1)
    answers = at(table_of("resnet"), "FGSM", 10)["prediction"].to_numpy()
    assert (answers == wanted.numpy()).mean() >= 0.95  # the network that is attacked has its batch norm folded


@pytest.mark.parametrize("method", METHODS)
def test_knowing_is_no_worse_for_pgd_than_not_knowing(method: str, table_of: Callable[[str], pd.DataFrame]) -> None:
    table = table_of(method)
    for quality in (75, 10):
        known, unknown = (accuracy(table, "PGD-4", quality, knows=knows) for knows in (True, False))
        assert known <= unknown + 0.05


def test_attacks_cost_accuracy_behind_jpeg_too(table_of: Callable[[str], pd.DataFrame]) -> None:
    table = table_of("resnet")
    for quality, knows in ((0, False), (75, False), (75, True)):
        assert accuracy(table, "PGD-4", quality, knows=knows) < accuracy(table, "none", quality) - 0.1


def test_a_high_quality_answers_clean_digits_as_no_compression_does(table_of: Callable[[str], pd.DataFrame]) -> None:
    table = table_of("resnet")
    assert np.mean(at(table, "none", 75)["prediction"] == at(table, "none", 0)["prediction"]) > 0.9


def test_the_same_network_gives_the_same_table(resnet: TrainedNetwork) -> None:
    torch.manual_seed(1)
    one = jpeg(resnet, options(samples=10, qualities=[50]))
    torch.manual_seed(2)
    pd.testing.assert_frame_equal(one, jpeg(resnet, options(samples=10, qualities=[50])), check_exact=True)


def test_without_epsilons_the_data_sets_own_are_used(resnet: TrainedNetwork) -> None:
    table = jpeg(resnet, options(samples=2, qualities=[50], epsilons=None, pgd_steps=1))
    assert sorted(set(table["epsilon"])) == [0.0, 0.05, 0.1, 0.2, 0.3]


def test_the_network_is_as_before(resnet: TrainedNetwork) -> None:
    before = {name: value.clone() for name, value in resnet.net.state_dict().items()}
    jpeg(resnet, options(samples=4, qualities=[50]))
    assert all(torch.equal(before[name], value) for name, value in resnet.net.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in resnet.net.parameters())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"qualities": [0]}, r"qualities must be different whole numbers from 1 to 100, not \[0\]"),
        ({"qualities": [101]}, r"qualities must be different whole numbers from 1 to 100, not \[101\]"),
        ({"qualities": []}, r"qualities must be different whole numbers from 1 to 100, not \[\]"),
        ({"qualities": [75, 75]}, r"qualities must be different whole numbers from 1 to 100, not \[75, 75\]"),
        ({"epsilons": [0]}, r"epsilons must be different numbers above 0 and at most 1, not \[0"),
        ({"epsilons": [0.1, 0.1]}, r"epsilons must be different numbers above 0 and at most 1, not \[0\.1, 0\.1\]"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(given: dict[str, object], reason: str) -> None:
    with pytest.raises(StudyError, match=rf"jpeg[.\w]*: {reason}") as error:
        small_study(evaluation={"jpeg": given})
    assert "\n" not in str(error.value)
