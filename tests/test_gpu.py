"""What only a real GPU can tell: `pytest tests/test_gpu.py` where there is one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import zoo
from benchmarks.conformance.cases import CPU, DIGITS, TASK, selectors, trained
from benchmarks.data import Batch, Dataset
from benchmarks.data.arrays import ArraySplit
from benchmarks.measuring import Evaluator, evaluators
from benchmarks.measuring.latency import LatencyOptions, latency
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.store import Store
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import load_dataset
from benchmarks.running.loaded import load_network
from benchmarks.training.loop import Epoch, make_optimizer, train, train_epoch
from benchmarks.training.numerics import full_precision
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import PhaseEpoch
from tests.benchmarks.cases import DATASET, NOT_MEASURED, ignore, job_of, models, small_study
from zoo.execution.rows import scatter_rows
from zoo.methods.deformable.convolution import DeformableConv

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.filterwarnings("default"),
]
GPU = torch.device("cuda")
every_method = pytest.mark.parametrize("selector", selectors(), ids=str)
every_name = pytest.mark.parametrize("name", zoo.list_methods())


@contextmanager
def waiting_is_an_error() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


class Watched(ArraySplit):
    """Forbids to wait from the second batch on, when everything has been prepared, until the last one is done."""

    def batches(self, *arguments: Any, **options: Any) -> Iterator[Batch]:
        ready = super().batches(*arguments, **options)
        yield next(ready)
        with waiting_is_an_error():
            yield from ready


def watched(split: Any) -> Watched:
    batch = next(split.batches(len(split)))
    pixels = (batch.images * 255).round().to(torch.uint8)
    return Watched(pixels, batch.labels, classes=10, augmentation=DIGITS.info.augmentation)


@every_method
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_no_step_of_training_waits_for_the_device(selector: zoo.Selector, optimizer: str) -> None:
    if selector.parameters.get("hybrid_norm") == "frozen":
        pytest.skip("gates on the device choose the samples that it trains on")
    torch.manual_seed(0)
    net = zoo.create(selector, TASK).to(GPU).to(memory_format=torch.channels_last)
    recipe = Recipe.model_validate({"batch_size": 64, "optimizer": optimizer, "lr": 0.01})
    split = watched(DIGITS.train.take(256))
    for phase in net.phases():
        net.begin(phase.name)
        order = torch.Generator().manual_seed(1)
        done = train_epoch(net, split, make_optimizer(net, recipe), recipe, PhaseEpoch(phase, 0, 1), order, GPU)
        assert 0 < done.loss < 100


@every_method
def test_answers_are_those_of_the_cpu(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    reference = copy.deepcopy(case.net).eval()
    net = copy.deepcopy(reference).to(GPU)
    served = zoo.optimize_for_inference(net, masked_up_to=16)
    images = case.images.to(GPU)
    with full_precision(), torch.no_grad():
        for setting in case.settings:
            for one in (reference, net, served):
                one.use(setting)
            expected = reference(case.images)
            answers = [ask(images, compute=compute) for ask in (net, served) for compute in ("all", "needed")]
            answers += [served(images[:16])]
            for answer in answers:
                size = len(answer.logits)
                assert (answer.route.cpu() == expected.route[:size]).float().mean() > 0.99
                same = (answer.route.cpu() == expected.route[:size]).all(dim=1)
                torch.testing.assert_close(answer.logits.cpu()[same], expected.logits[:size][same], atol=2e-3, rtol=0)


@every_method
def test_whatever_computes_everything_is_served_without_waiting(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    served = zoo.optimize_for_inference(copy.deepcopy(case.net).eval().to(GPU), masked_up_to=16)
    images = case.images.to(GPU)
    for setting in case.settings:
        served.use(setting)
        served(images, compute="all")
        served(images[:16])
        with waiting_is_an_error():
            everything = served(images, compute="all")
            masked = served(images[:16])
        assert (masked.logits.argmax(dim=1) == everything.logits[:16].argmax(dim=1)).sum() >= 15


class Killed(Exception):
    """Stands for whatever ends a training early."""


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_training_goes_on_from_its_checkpoint(optimizer: str, tmp_path: Path) -> None:
    few = replace(DIGITS, train=DIGITS.train.take(128))
    recipe = Recipe.model_validate({"epochs": 3, "batch_size": 32, "optimizer": optimizer, "lr": 0.005})

    def kill(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise Killed

    def history(folder: Path, on_epoch: Callable[[Epoch], None] = lambda epoch: None) -> pd.DataFrame:
        torch.manual_seed(0)
        net = zoo.create("resnet[tiny]", TASK)
        checkpoint = folder / "checkpoint.pt"
        return train(net, few, recipe, seed=0, device=GPU, checkpoint=FileCheckpoint(checkpoint), on_epoch=on_epoch)

    whole = history(tmp_path / "whole")
    with pytest.raises(Killed):
        history(tmp_path / "killed", kill)
    resumed = history(tmp_path / "killed")
    assert list(resumed["epoch"]) == list(whole["epoch"]) == [1, 2, 3]
    assert resumed["loss"].tolist() == pytest.approx(whole["loss"].tolist(), rel=0.02)


@pytest.mark.parametrize("method", ["resnet[tiny]", "branchynet[tiny]"])
def test_a_compiled_network_trains(method: str, tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, batch_size=64, lr=0.05, compile=True)
    torch.manual_seed(0)
    net = zoo.create(method, TASK)
    history = train(net, DIGITS, recipe, seed=0, device=GPU, checkpoint=FileCheckpoint(tmp_path / "checkpoint.pt"))
    assert history["train_accuracy"].iloc[-1] > 0.3, "chance is 0.1"
    assert history["first_step"].iloc[0] > 0


@every_name
def test_a_network_is_trained_measured_and_timed(name: str, tmp_path: Path) -> None:
    study = small_study(name, recipe={"precision": "auto"})
    (spec,) = models(study)
    for kind in ("train", "time"):
        job_of(spec, study, tmp_path, kind, str(GPU)).run(ignore)
    (record,) = Store(tmp_path).records()
    times = record.table("latency")
    assert (times["device_seconds"] > 0).all()
    assert (times["device_seconds"] < times["seconds"] + 1e-3).all()
    costs = record.table("cost")
    assert (costs["executed"] > 0).all()
    assert set(record.table("robustness")["attack"]) == {"none", "FGSM", "PGD-5"}


@pytest.mark.parametrize("chosen", evaluators(alone=False), ids=lambda chosen: chosen.name)
def test_tables_are_those_of_the_cpu(chosen: Evaluator, tmp_path: Path, digits: Dataset) -> None:
    study = small_study("adanet")
    (spec,) = models(study)
    job_of(spec, study, tmp_path, "train").run(ignore)
    (record,) = Store(tmp_path).records()
    with full_precision():
        here, there = (
            chosen.run(load_network(record, digits, d), chosen.configured(study.evaluation)) for d in (CPU, GPU)
        )
    assert list(here) == list(there)
    assert len(here) == len(there)
    for column in {"macs", "executed", "routed", "nominal"} & set(here):
        assert there[column].mean() == pytest.approx(here[column].mean(), rel=0.02, nan_ok=True)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(DATASET, None)


def test_events_measure_a_pass(tmp_path: Path, digits: Dataset) -> None:
    study = small_study("resnet")
    (spec,) = models(study)
    job_of(spec, study, tmp_path, "train", str(GPU)).run(ignore)
    (record,) = Store(tmp_path).records()
    options = LatencyOptions(seconds=0.2, batch_sizes=(1, 64), engines=("torch.compile",))
    table = latency(load_network(record, digits, GPU), options)
    assert (table["device_seconds"] > 0).all()
    assert "torch.compile" in set(table["engine"])


def test_a_deformed_convolution_is_that_of_the_cpu() -> None:
    torch.manual_seed(0)
    layer = DeformableConv(torch.nn.Conv2d(4, 6, 3, padding=1, bias=False), modulated=True)
    torch.nn.init.normal_(layer.offset.weight, std=0.1)
    x = torch.rand(2, 4, 9, 9)
    with full_precision():
        expected, found = layer(x), copy.deepcopy(layer).to(GPU)(x.to(GPU))
    torch.testing.assert_close(found.cpu(), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rows_are_put_back_in_place(dtype: torch.dtype) -> None:
    x = torch.rand(4, 8, 6, 6, device=GPU).to(dtype).to(memory_format=torch.channels_last)
    values = torch.rand(2, 8, 6, 6, device=GPU).to(dtype)
    expected = x.clone()
    expected[[1, 3]] = values
    assert torch.equal(scatter_rows(x, torch.tensor([1, 3], device=GPU), values, overwrite=True), expected)
    assert torch.equal(x, expected)


def test_jobs_share_a_card_under_ray(tmp_path: Path) -> None:
    from benchmarks.running.scheduling.ray import RayScheduler

    study = small_study("resnet", "adanet", evaluation=NOT_MEASURED)
    options = RunOptions(results=tmp_path, device=str(GPU), gpus_per_job=0.5)
    scheduler = RayScheduler()
    try:
        outcomes = Campaign(study, options).run(scheduler, ignore)
    finally:
        scheduler.close()
    assert [outcome.error for outcome in outcomes] == ["", ""]
    assert len(Store(tmp_path / study.name).records()) == 2
