"""Energy by a counter that moves now and then, and the reasons for having none."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pynvml
import pytest
import torch

from benchmarks.measuring.energy_meter import EnergyUnavailable, Reading, energy_meter
from tests.benchmarks.board import BUSY, CUDA, PERIOD, Nvml, put_in_place


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    return put_in_place(monkeypatch)


def measured(nvml: Nvml, pass_: float, seconds: float) -> Reading:
    with energy_meter(CUDA) as meter:
        return meter.measure(lambda: nvml.board.work(pass_), seconds)


def why_not(device: torch.device = CUDA) -> str:
    """The reason why there is no energy of a device."""
    with pytest.raises(EnergyUnavailable) as caught, energy_meter(device) as meter:
        meter.measure(lambda: None, 1.0)
    return str(caught.value)


def test_a_run_of_passes_takes_power_times_time(nvml: Nvml) -> None:
    # 16 passes of 1/64 s settle; the counter moves 4 passes later, and 64 make a second; 4 more until it moves again
    found = measured(nvml, 1 / 64, 1.0)
    assert found == Reading(steps=68, seconds=17 / 16, joules=272.0)
    assert found.joules / found.steps == BUSY / 64
    assert found.watts == BUSY


@pytest.mark.parametrize("begin", [0.0, 0.011, 0.03, 0.06])
def test_what_was_done_before_does_not_count_whenever_the_counter_moved_last(nvml: Nvml, begin: float) -> None:
    nvml.board.work(begin, watts=9999.0)
    found = measured(nvml, 0.007, 1.0)
    assert found.joules % (BUSY * PERIOD) == 0
    assert found.joules / found.steps == pytest.approx(BUSY * 0.007, rel=0.01)


def test_a_pass_that_takes_longer_than_asked_for_is_measured_too(nvml: Nvml) -> None:
    # one pass to settle, one until the counter is seen to move, one for the time asked for, one until it moves again
    assert measured(nvml, 2.0, 0.001) == Reading(steps=2, seconds=4.0, joules=1024.0)


def test_the_counter_is_that_of_the_gpu_which_torch_sees_first(nvml: Nvml, monkeypatch: pytest.MonkeyPatch) -> None:
    # NVML counts the GPU at 17:00.0 first, whatever CUDA_VISIBLE_DEVICES says; its counter stands still
    assert measured(nvml, 1 / 64, 1.0).joules > 0
    other = SimpleNamespace(pci_domain_id=0, pci_bus_id=0x17, pci_device_id=0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", {CUDA: other}.__getitem__)
    with pytest.raises(EnergyUnavailable, match="did not change"):
        measured(nvml, 1 / 64, 1.0)


def test_nvml_is_left_as_it_was_whatever_happens(nvml: Nvml) -> None:
    measured(nvml, 1 / 64, 0.1)
    assert nvml.open == 0
    with pytest.raises(ZeroDivisionError), energy_meter(CUDA):
        raise ZeroDivisionError
    assert nvml.open == 0
    nvml.divided = True
    why_not()
    assert nvml.open == 0


@pytest.mark.parametrize(
    ("call", "code", "reason"),
    [
        ("nvmlInit", pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "NVML does not start: Driver Not Loaded"),
        (
            "nvmlDeviceGetHandleByPciBusId",
            pynvml.NVML_ERROR_NO_PERMISSION,
            "NVML does not know the GPU at 00000000:1b:00.0: Insufficient Permissions",
        ),
        (
            "nvmlDeviceGetMigMode",
            pynvml.NVML_ERROR_GPU_IS_LOST,
            "NVML does not say whether this GPU is partitioned: GPU is lost",
        ),
        (
            "nvmlDeviceGetTotalEnergyConsumption",
            pynvml.NVML_ERROR_NOT_SUPPORTED,
            "NVML reads no energy counter on this GPU: Not Supported",
        ),
    ],
)
def test_what_nvml_refuses_is_the_reason(nvml: Nvml, call: str, code: int, reason: str) -> None:
    nvml.refused[call] = pynvml.NVMLError(code)
    assert why_not() == reason
    assert nvml.open == 0


def test_other_errors_are_not_taken_for_a_missing_counter(nvml: Nvml) -> None:
    nvml.refused["nvmlDeviceGetTotalEnergyConsumption"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError), energy_meter(CUDA):
        pass


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_NOT_SUPPORTED, pynvml.NVML_ERROR_FUNCTION_NOT_FOUND])
def test_a_gpu_or_driver_that_knows_no_mig_is_whole(nvml: Nvml, code: int) -> None:
    nvml.refused["nvmlDeviceGetMigMode"] = pynvml.NVMLError(code)
    assert measured(nvml, 1 / 64, 1.0).joules == 272.0


def test_a_part_of_a_gpu_has_no_counter(nvml: Nvml) -> None:
    nvml.divided = True
    assert why_not() == "a part of a GPU (MIG) has no energy counter of its own"


def test_a_counter_that_stands_still_is_not_zero_joules(nvml: Nvml) -> None:
    with (
        pytest.raises(EnergyUnavailable, match=r"^NVML's energy counter did not change for 1 s$"),
        energy_meter(CUDA) as meter,
    ):
        meter.measure(lambda: setattr(nvml.board, "now", nvml.board.now + 0.1), 1.0)


@pytest.mark.parametrize(("name", "reason"), [("cpu", "runs on the CPU"), ("mps", "runs on the MPS")])
def test_other_devices_have_no_counter_and_nvml_is_not_asked(nvml: Nvml, name: str, reason: str) -> None:
    nvml.refused["nvmlInit"] = AssertionError("NVML was asked")
    assert why_not(torch.device(name)) == reason


def nvml_is_there() -> bool:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return False
    pynvml.nvmlShutdown()
    return True


@pytest.mark.skipif(nvml_is_there(), reason="this machine has NVML")
def test_without_a_driver_nvml_does_not_start() -> None:
    assert why_not().startswith("NVML does not start: ")


@pytest.mark.skipif(not (nvml_is_there() and torch.cuda.is_available()), reason="needs a GPU of NVIDIA's")
def test_a_real_gpu_takes_tens_of_watts_and_not_kilowatts() -> None:
    work = torch.rand(2048, 2048, device="cuda")

    def step() -> None:
        work @ work
        torch.cuda.synchronize()

    with energy_meter(torch.device("cuda")) as meter:
        found = meter.measure(step, 1.0)
    assert 5 < found.watts < 2000
    assert math.isclose(found.joules, found.watts * found.seconds)
