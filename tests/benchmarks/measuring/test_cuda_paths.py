"""What evaluators do on a GPU, tried on a stand-in: the same tables as on the CPU, and the device's clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from benchmarks.conformance.simulated_gpu import DEVICE, SimulatedGpu
from benchmarks.data import Dataset
from benchmarks.measuring import Evaluator, cost, evaluators
from benchmarks.measuring.latency import LatencyOptions, latency
from benchmarks.measuring.options import Evaluation
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.running.loaded import load_network
from benchmarks.training.numerics import full_precision
from tests.benchmarks.cases import METHODS, NOT_MEASURED, ignore, job_of, models, small_study
from tests.benchmarks.conftest import some_leave_at_every_exit
from zoo.execution.early_exit import EarlyExitNet

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: tests/test_gpu.py asks it")

FEW = {"samples": 8}
MEASURED: dict[str, Any] = {
    "robustness": {"samples": 20, "pgd_steps": 3, "epsilons": [0.1], "strong": ["APGD[steps=3]"]},
    "slowdown": FEW | {"steps": 2, "epsilons": [0.1]},
    "trust": FEW | {"steps": 3, "restarts": 1, "queries": 3, "noises": 2},
    "cost": {},
}
BY_NAME: dict[str, Any] = {
    "deep_attacks": FEW | {"attacks": ["PGD[steps=2]", "APGD[loss=dlr, steps=3]", "Square[queries=3]"]},
    "detection": {"steps": 2, "batch_size": 2, "scenes": 4, "draws": 2},
    "jpeg": FEW | {"qualities": [50], "epsilons": [0.1], "pgd_steps": 2},
    "stochastic": FEW | {"passes": 2, "draws": 2, "steps": 2},
}
"""Those that a study has to ask for."""
ROUNDING = {"trust": 1e-2}
"""Relative, where it is not 1e-4: the greatest component of a gradient."""
AFFINE = ("corruptions", "scale")
"""Where torchvision rotates or zooms it changes shapes in place, which tensors of the stand-in cannot follow."""
FOOLBOX: dict[str, Any] = {"robustness": {**MEASURED["robustness"], "engine": "foolbox"}}


@pytest.fixture(autouse=True)
def no_tracers(monkeypatch: pytest.MonkeyPatch) -> None:
    """fvcore and ptflops trace graphs, which tensors of the stand-in cannot be part of."""
    monkeypatch.setattr(cost, "fvcore_macs", lambda net, images: 0)
    monkeypatch.setattr(cost, "ptflops_macs", lambda net, images: 0)


def ways() -> list[tuple[Evaluator, dict[str, Any]]]:
    """Every evaluator with its options; robustness with both engines.

    Not those of `AFFINE`.
    """
    found = [(chosen, MEASURED | BY_NAME) for chosen in evaluators(alone=False) if chosen.name not in AFFINE]
    return [*found, *((chosen, FOOLBOX) for chosen, _ in found if chosen.name == "robustness")]


@pytest.mark.parametrize(("chosen", "options"), ways())
@pytest.mark.parametrize("method", METHODS)
def test_tables_are_those_of_the_cpu(
    chosen: Evaluator, options: dict[str, Any], method: str, records: dict[str, Record], few_digits: Dataset
) -> None:
    configured = chosen.configured(Evaluation.model_validate(options))
    expected = chosen.run(load_network(records[method], few_digits, torch.device("cpu")), configured)
    with SimulatedGpu():
        found = chosen.run(load_network(records[method], few_digits, DEVICE), configured)
    pd.testing.assert_frame_equal(found, expected, atol=1e-5, rtol=ROUNDING.get(chosen.name, 1e-4))


class FakeEvent:
    """Stands for a CUDA event: 2 ms lie between any two."""

    def __init__(self, *, enable_timing: bool) -> None:
        assert enable_timing
        self.stream: object = None

    def record(self, stream: object) -> None:
        self.stream = stream

    def elapsed_time(self, other: FakeEvent) -> float:
        assert self.stream == other.stream == f"stream of {DEVICE}"
        return 2.0


@pytest.fixture
def cuda_clock(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What CUDA has for timing; the devices that were waited for."""
    waited: list[object] = []
    monkeypatch.setattr(torch.cuda, "Event", FakeEvent)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: f"stream of {device}")
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    return waited


@pytest.mark.parametrize("method", METHODS)
def test_a_pass_is_timed_by_both_clocks(
    method: str, cuda_clock: list[object], records: dict[str, Record], few_digits: Dataset
) -> None:
    options = LatencyOptions(seconds=0.01, batch_sizes=(1, 8))
    with SimulatedGpu():
        table = latency(load_network(records[method], few_digits, DEVICE), options)
    assert (table["device_seconds"] == 0.002).all()
    assert (table["seconds"] > 0).all()
    assert set(cuda_clock) == {DEVICE}


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_network_is_trained_and_measured_from_end_to_end(
    method: str, cuda_clock: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EarlyExitNet, "settings", some_leave_at_every_exit)
    study = small_study(method, evaluation={**MEASURED, "fidelity": None, "scale": None})
    (spec,) = models(study)
    with SimulatedGpu():
        for kind in ("train", "time"):
            job_of(spec, study, tmp_path, kind, str(DEVICE)).run(ignore)
    (record,) = Store(tmp_path).records()
    assert all(record.has(name) for name in ("accuracy", "cost", "ledger", "robustness", "latency", "attacked_latency"))
    assert (record.table("attacked_latency")["device_seconds"] == 0.002).all()
    answers = record.table("accuracy")
    assert (answers["label"] == answers["prediction"]).mean() > 0.2, "chance is 0.1"


def test_a_network_trained_there_has_the_weights_of_the_cpu(tmp_path: Path) -> None:
    study = small_study("resnet", evaluation=NOT_MEASURED)
    (spec,) = models(study)
    job_of(spec, study, tmp_path / "cpu", "train").run(ignore)
    with SimulatedGpu():
        job_of(spec, study, tmp_path / "gpu", "train", str(DEVICE)).run(ignore)
    (there,), (here,) = Store(tmp_path / "gpu").records(), Store(tmp_path / "cpu").records()
    assert there.config["weights"] == here.config["weights"]


def test_fp32_is_not_rounded_to_tf32_where_answers_count() -> None:
    before = torch.backends.cudnn.allow_tf32
    with full_precision():
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == before
