"""The table of what every exit says, against logits written by hand and the table of answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.exits import TEMPERATURES, exits, fitted_temperature
from benchmarks.records.record import Record

NetworkOf = Callable[[str], TrainedNetwork]


@pytest.fixture
def table(records: dict[str, Record]) -> pd.DataFrame:
    return records["branchynet"].table("exits")


def of_test(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["split"] == "test"]


class Says(nn.Module):
    """A classifier that says the same of every image: these log-odds."""

    def __init__(self, log_odds: list[float]) -> None:
        super().__init__()
        self.register_buffer("log_odds", torch.tensor(log_odds))

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) to (N, 10)."""
        logits: Tensor = self.get_buffer("log_odds").expand(len(features), -1)
        return logits


def test_confidence_and_entropy_are_those_of_the_exits_softmax(network_of: NetworkOf) -> None:
    # Odds of 9 to 1 against each of nine classes make .5 and nine times 1/18; the other exits know nothing.
    sure = [math.log(9.0) if place == 3 else 0.0 for place in range(10)]
    trained = network_of("branchynet")
    trained.net.heads = nn.ModuleList([Says([0.0] * 10), Says(sure), Says([0.0] * 10)])
    table = of_test(exits(trained, None))
    other, one = (table[table["exit"] == name] for name in ("exit1", "exit2"))
    assert one["index"].tolist() == other["index"].tolist() == list(range(100))
    assert set(one["prediction"]) == {3}
    np.testing.assert_allclose(one["confidence"], 0.5, rtol=1e-6)
    np.testing.assert_allclose(one["entropy"], 0.5 * math.log(2) + 0.5 * math.log(18), rtol=1e-6)
    np.testing.assert_allclose(other["confidence"], 0.1, rtol=1e-6)
    np.testing.assert_allclose(other["entropy"], math.log(10), rtol=1e-6)


def test_every_exit_answers_every_test_and_validation_image(table: pd.DataFrame, few_digits: Dataset) -> None:
    assert list(dict.fromkeys(table["exit"])) == ["exit1", "exit2", "exit3"]
    for (split, _), own in table.groupby(["split", "exit"]):
        labels = few_digits.test.labels if split == "test" else few_digits.validation.labels
        assert own["index"].tolist() == list(range(len(labels)))
        assert own["label"].tolist() == labels.tolist()
    assert set(table["split"]) == {"test", "validation"}
    assert (table["note"] == "").all()


def test_the_network_decides_by_its_uncertainty(table: pd.DataFrame, network_of: NetworkOf) -> None:
    np.testing.assert_allclose(table["uncertainty"], table["entropy"])  # BranchyNet's
    np.testing.assert_allclose(table["doubt"], 1 - table["confidence"].astype(float), atol=1e-6)


def test_a_temperature_undoes_what_logits_were_multiplied_by() -> None:
    # Of 100 answers with log-odds of log 4 to nothing, 80 are right: the likelihood is greatest as they are.
    logits = torch.tensor([[math.log(4.0), 0.0]]).expand(100, -1)
    labels = torch.tensor([0] * 80 + [1] * 20)
    for factor in (0.5, 1.0, 3.0):
        assert fitted_temperature(factor * logits, labels) == pytest.approx(factor, rel=1e-3)


def test_answers_that_are_all_right_have_the_lowest_temperature() -> None:
    logits = torch.tensor([[1.0, 0.0]]).expand(10, -1)
    assert fitted_temperature(logits, torch.zeros(10, dtype=torch.int64)) == pytest.approx(TEMPERATURES[0], rel=1e-3)


def test_temperatures_are_fitted_on_validation_images(table: pd.DataFrame) -> None:
    """At the exit's own temperature the scaled confidence of validation images is, on average, their accuracy.

    That is not so in general; the temperature that is best by likelihood brings it closer than a tenth all the same.
    """
    assert (table.groupby("exit")["temperature"].nunique() == 1).all()
    held_out = table[table["split"] == "validation"]
    right = (held_out["prediction"] == held_out["label"]).groupby(held_out["exit"]).mean()
    sure = 1 - held_out["scaled_doubt"].groupby(held_out["exit"]).mean()
    assert (sure - right).abs().max() < 0.1


def test_a_temperature_above_one_makes_every_answer_less_sure(table: pd.DataFrame) -> None:
    for _, own in table.groupby("exit"):
        less = own["scaled_doubt"] >= own["doubt"] - 1e-6
        assert less.all() if own["temperature"].iloc[0] >= 1 else (~less | (own["doubt"] < 1e-6)).all()


def test_the_last_exit_on_the_route_gave_the_answer(table: pd.DataFrame, records: dict[str, Record]) -> None:
    record = records["branchynet"]
    answers = record.table("accuracy")
    answers = answers[answers["setting"] == record.settings[0].name]
    left = answers["route"].str[1::2].str.rindex("1") + 1
    said = of_test(table).set_index(["exit", "index"])
    own = said.loc[list(zip("exit" + left.astype(str), answers["index"], strict=True))]
    assert own["prediction"].tolist() == answers["prediction"].tolist()
    np.testing.assert_allclose(own["confidence"], answers["confidence"], rtol=1e-4)


def test_exits_that_a_setting_switches_off_answer_all_the_same(network_of: NetworkOf) -> None:
    trained = network_of("branchynet")
    full = next(setting for setting in trained.settings if setting.name == "full")
    pd.testing.assert_frame_equal(exits(replace(trained, settings=[full]), None), exits(trained, None))


@pytest.mark.parametrize("method", ["resnet", "adanet"])
def test_a_network_without_early_exits_has_one_row_that_says_so(method: str, records: dict[str, Record]) -> None:
    (row,) = records[method].table("exits").to_dict("records")
    assert row["note"] == "the network has no early exits"
    assert all(pd.isna(value) for name, value in row.items() if name != "note")
