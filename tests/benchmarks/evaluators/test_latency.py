"""Timing: who is timed, in which order, on what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pytest
import torch

from benchmarks.evaluators import Subject
from benchmarks.evaluators.latency import BASELINE, FEWEST, latency
from benchmarks.options import Evaluation
from benchmarks.store import Record
from tests.benchmarks.cases import METHODS
from zoo.contract import Compute, Forward
from zoo.serving import Served

COLUMNS = ["batch_size", "repetition", "first", "setting", "compute", "seconds"]


def evaluation(*batch_sizes: int) -> Evaluation:
    return Evaluation.model_validate({"latency": {"seconds": 0.01, "batch_sizes": batch_sizes}})


@pytest.fixture
def gated(subject_of: Callable[[str], Subject]) -> Subject:
    return subject_of("adanet")


@pytest.fixture(params=METHODS)
def record(request: pytest.FixtureRequest, records: dict[str, Record]) -> Record:
    return records[request.param]


def turns(table: pd.DataFrame) -> list[list[tuple[str, str]]]:
    """The contenders of every repetition, in the order in which they were timed."""
    grouped = table.groupby(["batch_size", "repetition"], sort=False)
    return [list(zip(group["setting"], group["compute"], strict=True)) for _, group in grouped]


def test_the_columns_are_those_that_are_documented(record: Record) -> None:
    assert list(record.table("latency")) == COLUMNS


def test_all_contenders_take_their_turn_in_each_repetition(record: Record) -> None:
    settings = [setting.name for setting in record.settings]
    expected = [(BASELINE, "all"), (settings[0], "all"), *((name, "needed") for name in settings)]
    assert all(turn == expected for turn in turns(record.table("latency")))


def test_contenders_of_a_repetition_answer_the_same_pictures(record: Record) -> None:
    table = record.table("latency")
    assert table.groupby(["batch_size", "repetition"])["first"].nunique().max() == 1


def test_repetitions_go_on_to_other_pictures(record: Record) -> None:
    ones = record.table("latency").query("batch_size == 1")
    firsts = ones.groupby("repetition")["first"].first()
    assert len(firsts) >= FEWEST
    assert len(set(firsts.head(90))) == len(firsts.head(90))


def test_every_pass_took_time(record: Record) -> None:
    assert (record.table("latency")["seconds"] > 0).all()


def test_every_batch_size_is_timed_a_few_times_whatever_the_budget(gated: Subject) -> None:
    table = latency(gated, Evaluation.model_validate({"latency": {"seconds": 1e-9, "batch_sizes": [1, 100]}}))
    assert table.groupby("batch_size")["repetition"].nunique().to_dict() == {1: FEWEST, 100: FEWEST}


def test_a_batch_larger_than_the_test_split_is_the_whole_split_once(gated: Subject) -> None:
    table = latency(gated, evaluation(200, 500))
    assert set(table["batch_size"]) == {100}
    assert not table.duplicated(["batch_size", "repetition", "setting", "compute"]).any()


def test_a_batch_size_given_twice_is_timed_once(gated: Subject) -> None:
    table = latency(gated, evaluation(8, 8))
    assert not table.duplicated(["batch_size", "repetition", "setting", "compute"]).any()


@dataclass
class Pass:
    """One timed pass: of which network, at which setting, how, with or without gradients."""

    method: str
    setting: str
    compute: Compute
    images: torch.Tensor
    gradients: bool


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[Pass]:
    """Every pass of a served network, as it happens."""
    seen: list[Pass] = []
    run = Served.forward

    def watched(served: Served, images: torch.Tensor, *, compute: Compute = "needed") -> Forward:
        out = run(served, images, compute=compute)
        seen.append(Pass(type(served.net).__name__, served.setting.name, compute, images, out.logits.requires_grad))
        return out

    monkeypatch.setattr(Served, "forward", watched)
    return seen


def test_each_contender_computes_at_its_own_setting(gated: Subject, passes: list[Pass]) -> None:
    latency(gated, evaluation(4))
    seen = [(one.setting, one.compute) for one in passes if one.method == "AdaNet"]
    own = [(gated.settings[0].name, "all"), *((setting.name, "needed") for setting in gated.settings)]
    assert seen == own * (len(seen) // len(own))


def test_the_baseline_is_served_like_the_network(gated: Subject, passes: list[Pass]) -> None:
    latency(gated, evaluation(4))
    assert {one.method for one in passes} == {"AdaNet", "ResNet"}


def test_pictures_are_real_test_pictures_in_a_shuffled_order(gated: Subject, passes: list[Pass]) -> None:
    latency(gated, evaluation(100))
    pictures = next(gated.dataset.test.batches(100)).images
    timed = passes[0].images
    assert not torch.equal(timed, pictures)
    assert sorted(timed.sum(dim=(1, 2, 3)).tolist()) == pytest.approx(sorted(pictures.sum(dim=(1, 2, 3)).tolist()))


def test_no_gradients_are_computed(gated: Subject, passes: list[Pass]) -> None:
    latency(gated, evaluation(4))
    assert not any(one.gradients for one in passes)


def test_timing_leaves_the_setting_in_use(gated: Subject) -> None:
    gated.net.use(gated.settings[-1])
    latency(gated, evaluation(4))
    assert gated.net.setting is gated.settings[-1]


def test_the_baseline_is_the_static_resnet_of_the_same_scale(gated: Subject) -> None:
    assert type(gated.baseline).__name__ == "ResNet"
    assert gated.baseline.units == gated.net.units
