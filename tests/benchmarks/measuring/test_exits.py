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
from benchmarks.measuring.exits import exits
from benchmarks.records.record import Record

NetworkOf = Callable[[str], TrainedNetwork]


@pytest.fixture
def table(records: dict[str, Record]) -> pd.DataFrame:
    return records["branchynet"].table("exits")


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
    table = exits(trained, None)
    other, one = (table[table["exit"] == name] for name in ("exit1", "exit2"))
    assert one["index"].tolist() == other["index"].tolist() == list(range(100))
    assert set(one["prediction"]) == {3}
    np.testing.assert_allclose(one["confidence"], 0.5, rtol=1e-6)
    np.testing.assert_allclose(one["entropy"], 0.5 * math.log(2) + 0.5 * math.log(18), rtol=1e-6)
    np.testing.assert_allclose(other["confidence"], 0.1, rtol=1e-6)
    np.testing.assert_allclose(other["entropy"], math.log(10), rtol=1e-6)


def test_every_exit_answers_every_test_image(table: pd.DataFrame, few_digits: Dataset) -> None:
    assert list(dict.fromkeys(table["exit"])) == ["exit1", "exit2", "exit3"]
    for _, own in table.groupby("exit"):
        assert own["index"].tolist() == list(range(100))
        assert own["label"].tolist() == few_digits.test.labels.tolist()
    assert (table["note"] == "").all()


def test_the_last_exit_on_the_route_gave_the_answer(table: pd.DataFrame, records: dict[str, Record]) -> None:
    record = records["branchynet"]
    answers = record.table("accuracy")
    answers = answers[answers["setting"] == record.settings[0].name]
    left = answers["route"].str[1::2].str.rindex("1") + 1
    said = table.set_index(["exit", "index"])
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
