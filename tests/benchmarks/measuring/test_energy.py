"""Energy per configuration: whose, on what, in which turns, and what stands there where it cannot be measured."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pynvml
import pytest
import torch
from torch import Tensor

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring import energy as module
from benchmarks.measuring.doing import Doing, told_to
from benchmarks.measuring.energy import COLUMNS, EnergyOptions, energy
from benchmarks.measuring.energy_meter import energy_meter
from benchmarks.measuring.engine_names import BASELINE_SETTING
from benchmarks.records.record import Record
from tests.benchmarks.board import CUDA, IDLE, Nvml, put_in_place
from tests.benchmarks.cases import METHODS
from zoo.network import Compute, Forward
from zoo.serving.optimize import Served

REASON = "not available: runs on the CPU"


def options(*batch_sizes: int, seconds: float = 0.5, repetitions: int = 2) -> EnergyOptions:
    return EnergyOptions(seconds=seconds, batch_sizes=batch_sizes, repetitions=repetitions)


@pytest.fixture
def gated(network_of: Callable[[str], TrainedNetwork]) -> TrainedNetwork:
    return network_of("adanet")


Answered = list[tuple[str, Tensor]]


@pytest.fixture
def answered() -> Answered:
    """What was computed of which images while a GPU was there."""
    return []


@pytest.fixture
def nvml(gated: TrainedNetwork, answered: Answered, monkeypatch: pytest.MonkeyPatch) -> Nvml:
    """On a GPU of 256 W the static network takes 1/64 s for any batch, ours 1/32 s, or 1/128 s routed."""
    nvml = put_in_place(monkeypatch)
    monkeypatch.setattr(module, "energy_meter", lambda device: energy_meter(CUDA))
    run = Served.forward

    def take_time(served: Served, images: Tensor, *, compute: Compute = "needed") -> Forward:
        static = type(served.net) is type(gated.baseline)
        answered.append(("static" if static else f"{served.setting.name} {compute}", images))
        nvml.board.work(1 / 64 if static else {"all": 1 / 32, "needed": 1 / 128}[compute])
        return run(served, images, compute=compute)

    monkeypatch.setattr(Served, "forward", take_time)
    return nvml


def test_joules_per_pass_are_power_times_time(gated: TrainedNetwork, nvml: Nvml) -> None:
    table = energy(gated, options(8))
    per_pass = (
        (table["joules"] / table["passes"]).groupby([table["setting"] == BASELINE_SETTING, table["compute"]]).unique()
    )
    found = {key: values.tolist() for key, values in per_pass.items()}
    assert found == {(True, "all"): [4.0], (False, "all"): [8.0], (False, "needed"): [2.0]}
    assert (table["seconds"] >= 0.5).all()
    assert set(table["idle_watts"]) == {IDLE}
    assert set(table["note"]) == {""}


def test_all_configurations_of_the_timing_take_their_turns(gated: TrainedNetwork, nvml: Nvml) -> None:
    table = energy(gated, options(1, 8, seconds=0.01, repetitions=3))
    names = [setting.name for setting in gated.settings]
    turn = [(BASELINE_SETTING, "all"), (names[0], "all"), *((name, "needed") for name in names)]
    assert list(zip(table["setting"], table["compute"], strict=True)) == turn * 6
    assert table["batch_size"].tolist() == [1] * 3 * len(turn) + [8] * 3 * len(turn)
    assert table["repetition"].tolist() == [r for _ in range(2) for r in range(3) for _ in turn]


def test_configurations_answer_the_same_real_images_batch_after_batch(
    gated: TrainedNetwork, nvml: Nvml, answered: Answered
) -> None:
    energy(gated, options(10, seconds=0.01, repetitions=1))
    headline = gated.settings[0].name
    seen = {
        who: [images.sum().item() for what, images in answered if what == who and len(images) == 10]
        for who in ("static", f"{headline} all", f"{headline} needed")
    }
    static, *ours = seen.values()
    total = next(gated.dataset.test.batches(100)).images.sum().item()
    assert len(set(static)) > 10
    assert all(own[:10] == static[:10] for own in ours)
    # batches of 10 of 100 images begin at 0, 10, ... 90: all of them once
    assert sum(static[:10]) == pytest.approx(total)


def test_each_configuration_computes_at_its_own_setting(gated: TrainedNetwork, nvml: Nvml, answered: Answered) -> None:
    energy(gated, options(4, seconds=0.01, repetitions=2))
    order = list(dict.fromkeys(what for what, images in answered if len(images) == 4))
    names = [setting.name for setting in gated.settings]
    assert order == ["static", f"{names[0]} all", *(f"{name} needed" for name in names)]


def test_it_tells_batch_size_turn_and_the_share_of_its_time(gated: TrainedNetwork, nvml: Nvml) -> None:
    heard: list[Doing] = []
    with told_to(heard.append):
        energy(gated, options(1, 8, seconds=0.01))
    assert [(part.what, part.share, part.until) for part in heard] == [
        ("batch 1, PyTorch, fused, turn 1 of 2", 0, 0.25),
        ("batch 1, PyTorch, fused, turn 2 of 2", 0.25, 0.5),
        ("batch 8, PyTorch, fused, turn 1 of 2", 0.5, 0.75),
        ("batch 8, PyTorch, fused, turn 2 of 2", 0.75, 1),
    ]
    # idle, the static network, all units, and each setting
    assert {part.seconds for part in heard} == {0.01 * (3 + len(gated.settings))}


def test_a_batch_larger_than_the_test_split_is_the_whole_split_once(gated: TrainedNetwork, nvml: Nvml) -> None:
    assert set(energy(gated, options(200, 500, seconds=0.01))["batch_size"]) == {100}


def test_what_nvml_refuses_is_a_note_for_every_setting(gated: TrainedNetwork, nvml: Nvml) -> None:
    nvml.refused["nvmlDeviceGetTotalEnergyConsumption"] = pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
    table = energy(gated, options(1, 8))
    assert set(table["note"]) == {"not available: NVML reads no energy counter on this GPU: Not Supported"}
    assert table["setting"].tolist() == [setting.name for setting in gated.settings] * 2


def test_a_counter_that_is_lost_on_the_way_leaves_no_half_of_a_table(gated: TrainedNetwork, nvml: Nvml) -> None:
    calls = iter(range(40))
    read = nvml.nvmlDeviceGetTotalEnergyConsumption

    def lose(handle: str) -> int:
        if next(calls, None) is None:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return read(handle)

    nvml.__dict__["nvmlDeviceGetTotalEnergyConsumption"] = lose
    table = energy(gated, options(1))
    assert set(table["note"]) == {"not available: NVML reads no energy counter on this GPU: GPU is lost"}
    assert table["joules"].isna().all()


@pytest.mark.parametrize("method", METHODS)
def test_on_a_cpu_a_row_per_setting_says_why_there_is_none(method: str, records: dict[str, Record]) -> None:
    record = records[method]
    table = record.table("energy")
    assert list(table) == COLUMNS
    assert table["setting"].tolist() == [setting.name for setting in record.settings] * 2
    assert table["batch_size"].tolist() == [size for size in (1, 8) for _ in record.settings]
    assert set(table["note"]) == {REASON}
    assert table[["seconds", "joules", "idle_watts"]].isna().all(axis=None)
    assert set(table["passes"]) == {0}


def test_on_a_cpu_no_network_is_run(gated: TrainedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> Forward:
        raise AssertionError("a network was run")

    monkeypatch.setattr(Served, "forward", refuse)
    assert set(energy(gated, EnergyOptions())["note"]) == {REASON}


def test_tables_have_the_same_types_with_and_without_energy(gated: TrainedNetwork, nvml: Nvml) -> None:
    found = energy(gated, options(1, seconds=0.01))
    nvml.divided = True
    missing = energy(gated, options(1))
    pd.testing.assert_series_equal(found.dtypes, missing.dtypes)
    assert torch.tensor(found["passes"].to_numpy()).min() > 0
