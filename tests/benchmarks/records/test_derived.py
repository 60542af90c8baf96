"""Derived tables: kept while nothing that they came from has changed, and open to evaluators of plug-ins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.measuring import evaluators
from benchmarks.measuring.registry import EVALUATORS, RESERVED
from benchmarks.measuring.summaries import SUMMARIES
from benchmarks.records import code_hashes
from benchmarks.records.derived import ANSWERS, RATES, SUMMARY, derived, is_derived, joined, store_derived
from benchmarks.records.record import Record
from benchmarks.records.versions import is_current
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import load_dataset
from benchmarks.running.scheduling import InlineScheduler
from tests.benchmarks.cases import DATASET, METHODS, ignore, small_study
from tests.benchmarks.records.test_identity import mark

FOLDER = "benchmarks/measuring/summaries"
SUMMARISED = ("accuracy", "attacked_latency", "cost", "energy", "latency", "robustness", "slowdown")

PLUGIN = '''
"""How sure a network is: the distance between its two most probable classes."""

import pandas as pd
import torch

from benchmarks.measuring import TrainedNetwork, evaluator, summary_columns
from benchmarks.strict import Strict


class MarginOptions(Strict):
    samples: int = 50


@evaluator("margin", options=MarginOptions)
def margin(trained: TrainedNetwork, options: MarginOptions) -> pd.DataFrame:
    frames = []
    for setting in trained.settings:
        with trained.at(setting) as net, torch.no_grad():
            for batch in trained.dataset.test.take(options.samples).batches(50):
                best = net(batch.images, compute="needed").logits.softmax(dim=1).topk(2).values
                frames.append(pd.DataFrame({"setting": setting.name, "margin": (best[:, 0] - best[:, 1]).numpy()}))
    return pd.concat(frames, ignore_index=True)


@summary_columns("margin")
def margin_columns(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    means = table.groupby("setting")["margin"].mean().to_frame()
    return means.assign(margin_per_accuracy=means["margin"] / rows["accuracy"])
'''


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module outside of the project that declares an evaluator with options and a summary."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "margin_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(folder)
    evaluators()  # so that the plug-in comes last, as installed ones do
    assert SUMMARIES.names()
    monkeypatch.delitem(sys.modules, "margin_plugin", raising=False)
    import_module("margin_plugin")
    yield
    EVALUATORS.remove("margin")
    SUMMARIES.remove("margin")


@pytest.fixture
def fresh_sources() -> Iterator[None]:
    """Sources are read anew in the test and after it."""
    code_hashes.clear_caches()
    yield
    code_hashes.clear_caches()


def test_no_evaluator_can_take_the_name_of_a_derived_table() -> None:
    assert {SUMMARY, ANSWERS, *RATES} <= set(RESERVED)


def test_a_finished_run_leaves_everything_derived(records: dict[str, Record]) -> None:
    assert all(is_derived(record) for record in records.values())


@pytest.mark.usefixtures("fresh_sources")
@pytest.mark.parametrize("name", SUMMARISED)
def test_a_changed_summary_is_computed_anew_and_makes_no_table_stale(
    name: str, copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = copied.store.readable_records()[0]
    evaluation, info = copied.study.evaluation, load_dataset(DATASET, None).info
    mark(monkeypatch, f"{FOLDER}/{name}.py")
    assert not is_derived(record)
    assert all(is_current(record, e, evaluation, info) for e in evaluators() if e.wanted(evaluation))
    store_derived(record)
    assert is_derived(record)


@pytest.mark.usefixtures("fresh_sources")
def test_a_summary_of_a_table_that_is_not_there_is_not_needed(
    copied: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = copied.store.readable_records()[0]
    (record.path / "energy.parquet").unlink()
    reread = Record(record.path)
    store_derived(reread)
    mark(monkeypatch, f"{FOLDER}/energy.py")
    assert is_derived(reread)
    assert "energy_1" not in derived(reread, "summary")


@pytest.mark.usefixtures("plugin")
def test_an_evaluator_of_one_file_is_configured_by_a_study_and_has_its_columns_in_the_summary(
    copied: Campaign,
) -> None:
    study = small_study(*METHODS, evaluation={"margin": {"samples": 20}})
    campaign = Campaign(study, RunOptions(results=copied.options.results))
    assert {planned.evaluators for planned in campaign.plan()} == {("margin",)}
    campaign.run(InlineScheduler(), ignore)
    table = pd.read_parquet(campaign.store.root / "summary.parquet")
    for record in campaign.store.readable_records():
        margins = record.table("margin")
        assert len(margins) == 20 * len(record.settings)
        row = table[(table["id"] == record.path.name) & table["headline"]].iloc[0]
        assert row["margin"] == pytest.approx(margins.loc[margins["setting"] == row["setting"], "margin"].mean())
        assert row["margin_per_accuracy"] == pytest.approx(row["margin"] / row["accuracy"])
    assert {planned.evaluators for planned in campaign.plan()} == {()}


def test_records_are_joined_in_order_and_what_one_of_them_lacks_is_nan(records: dict[str, Record]) -> None:
    resnet, adanet = Unstored(records["resnet"].path), records["adanet"]
    resnet.hidden = ("energy",)
    table = joined([("a", resnet), ("b", adanet), ("a", adanet)], SUMMARY, column="seed")
    single = [derived(record, SUMMARY) for record in (resnet, adanet, adanet)]
    labels = [label for label, own in zip("aba", single, strict=True) for _ in range(len(own))]
    assert table.columns[0] == "seed"
    assert list(table["seed"]) == labels
    together = pd.concat(single, ignore_index=True)
    pd.testing.assert_frame_equal(table.drop(columns="seed"), together, check_dtype=False)


def test_nothing_joined_is_an_empty_table() -> None:
    assert joined([], SUMMARY, column="model").empty


def test_a_summary_cannot_repeat_a_column(records: dict[str, Record], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUMMARIES.declared, "ledger", SUMMARIES["accuracy"])
    with pytest.raises(ValueError, match=r"summaries\.accuracy: the summary has these columns already: samples, acc"):
        derived(Unstored(records["resnet"].path), "summary")


class Unstored(Record):
    """A record without derived tables."""

    hidden: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        return name not in ("summary", "answers", *RATES, *self.hidden) and super().has(name)
