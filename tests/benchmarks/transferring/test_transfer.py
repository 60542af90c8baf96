"""Images made for one network, shown to others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from typer.testing import CliRunner, Result

from benchmarks.data import Dataset
from benchmarks.records.record import Record
from benchmarks.running.campaign import Campaign
from benchmarks.transfer import app
from benchmarks.transferring.study import Transferred
from benchmarks.transferring.transfer import COLUMNS, NOBODY, TransferOptions, baselines, transfers

CPU = torch.device("cpu")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def answers(source: str, target: str, right: str) -> pd.DataFrame:
    """Rows of a table of transfers: an image per character, right where it is 1."""
    return pd.DataFrame(
        {
            "source": source,
            "target": target,
            "epsilon": 0.1 if source else 0.0,
            "index": range(len(right)),
            "label": 1,
            "prediction": [int(digit) for digit in right],
            "macs": 1,
        }
    )


def test_the_source_is_the_baseline_of_the_same_seed(records: dict[str, Record]) -> None:
    assert baselines(records) == {"adanet": "resnet", "branchynet": "resnet"}
    assert baselines({"adanet": records["adanet"]}) == {}


def test_images_are_those_of_the_source_and_answers_those_of_the_target(
    records: dict[str, Record], few_digits: Dataset
) -> None:
    options = TransferOptions(samples=40, epsilon=0.1, steps=5, batch_size=25)
    table = transfers(records, {"adanet": "resnet"}, few_digits, options, CPU)
    assert list(table) == COLUMNS
    counts = table.groupby(["source", "target", "epsilon"], sort=False).size()
    assert counts.to_dict() == {
        (NOBODY, "resnet", 0.0): 40,
        ("resnet", "resnet", 0.1): 40,
        ("resnet", "adanet", 0.1): 40,
        (NOBODY, "adanet", 0.0): 40,
        ("adanet", "adanet", 0.1): 40,
    }
    for label in ("resnet", "adanet"):
        clean = table[(table["source"] == NOBODY) & (table["target"] == label)]
        known = records[label].table("accuracy").query("setting == @name", local_dict={"name": "default"})
        stored = known.set_index("index")["prediction"][clean["index"]]
        assert stored.tolist() == clean["prediction"].tolist()
    own = table[(table["source"] == "resnet") & (table["target"] == "resnet")]
    assert (own["label"] == own["prediction"]).mean() < (own["label"] == clean["prediction"].to_numpy()).mean()


def test_a_network_that_others_fool_more_often_is_named() -> None:
    table = pd.concat(
        [
            answers(NOBODY, "adanet", "1111"),
            answers("adanet", "adanet", "1110"),
            answers("resnet", "adanet", "1000"),
            answers("resnet", "resnet", "0000"),
            answers(NOBODY, "msdnet", "1111"),
            answers("msdnet", "msdnet", "1000"),
            answers("resnet", "msdnet", "1000"),
        ]
    )
    found = Transferred(table=table, sources={"adanet": "resnet", "msdnet": "resnet"}, without=("skipnet",))
    assert found.grid().rows[0] == ("adanet", "resnet", "100.0%", "75.0%", "25.0%", "0.0%")
    assert found.remarks() == [
        "4 images at epsilon 0.1, as deployed at the headline setting.",
        "Fooled more often by the other's images, so that its own attack is too weak: adanet",
        "Left out, because the baseline is not in the study: skipnet",
    ]


def test_the_command_prints_a_row_per_network_and_writes_every_answer(trained: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    done = run(trained.store.root, "--samples", "20", "--steps", "2", "--out", out)
    assert done.exit_code == 0, done.output
    assert [line.split()[:2] for line in done.output.splitlines()[1:3]] == [
        ["adanet", "resnet"],
        ["branchynet", "resnet"],
    ]
    assert "20 images at epsilon" in done.output
    table = pd.read_csv(out, keep_default_na=False)
    # clean and their own: 2 x 3 networks; the baseline's images: 2
    assert len(table) == 20 * 8


def test_another_source_serves_all(trained: Campaign) -> None:
    done = run(trained.store.root, "--source", "adanet", "--samples", "10", "--steps", "1")
    assert done.exit_code == 0, done.output
    assert [line.split()[:2] for line in done.output.splitlines()[1:3]] == [
        ["resnet", "adanet"],
        ["branchynet", "adanet"],
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--source", "lenet"), "lenet"),
        (("--device", "tpu"), "--device: 'tpu' is not available here; valid: cpu"),
        (("--epsilon", "0"), "--epsilon: 0.0 must be above 0 and at most 1"),
        (("--epsilon", "nan"), "--epsilon: nan must be above 0 and at most 1"),
        (("--out", "."), "--out: . is a folder, where the file should go"),
    ],
)
def test_wrong_options_are_one_line(trained: Campaign, options: tuple[str, ...], message: str) -> None:
    done = run(trained.store.root, *options)
    assert done.exit_code == 2
    assert message in done.output
    assert len(done.output.strip().splitlines()) == 1
