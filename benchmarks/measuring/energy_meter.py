"""Energy of a GPU by NVML's counter, read through `pynvml`, NVIDIA's own bindings.

The counter (`nvmlDeviceGetTotalEnergyConsumption`, Volta and newer) adds up the energy of the whole board, idle power
included, and changes only every 20 to 100 ms. Work is therefore repeated for about a second, from one change of the
counter to another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch

RAMP_SECONDS = 0.25
"""Seconds of the same work before anything is measured, in which clocks and power reach their level."""
STALL_SECONDS = 1.0
"""Seconds without a change after which the counter counts as broken."""


class EnergyUnavailable(RuntimeError):
    """Energy cannot be measured here; the message says why, and is printed after `not available:`."""


@dataclass(frozen=True)
class Reading:
    """Time and energy of repeated work.

    Attributes:
        steps: how often it was done.
        seconds: in all, by the wall clock.
        joules: in all, of the whole GPU.
    """

    steps: int
    seconds: float
    joules: float

    @property
    def watts(self) -> float:
        """Mean power."""
        return self.joules / self.seconds


class Meter:
    """Measures work by an energy counter.

    Args:
        millijoules: reads the counter.
    """

    def __init__(self, millijoules: Callable[[], int]) -> None:
        self._millijoules = millijoules

    def measure(self, step: Callable[[], object], seconds: float) -> Reading:
        """Repeat a step for at least so many seconds, from one change of the counter to another.

        Args:
            step: returns when the GPU has done its work.
            seconds: to measure, after `RAMP_SECONDS`.

        Raises:
            EnergyUnavailable: the counter cannot be read, or does not change.
        """
        self._repeat(step, RAMP_SECONDS)
        _, before, started = self._until_change(step)
        steps = self._repeat(step, seconds)
        last, after, ended = self._until_change(step)
        return Reading(steps + last, ended - started, (after - before) / 1e3)

    def _repeat(self, step: Callable[[], object], seconds: float) -> int:
        started, steps = perf_counter(), 0
        while not steps or perf_counter() - started < seconds:
            step()
            steps += 1
        return steps

    def _until_change(self, step: Callable[[], object]) -> tuple[int, int, float]:
        """Repeat a step until the counter changes: number of steps, the counter in millijoules, and the time."""
        steps, before, started = 0, self._millijoules(), perf_counter()
        now, at = before, started
        while now <= before:
            if at - started > STALL_SECONDS:
                raise EnergyUnavailable(f"NVML's energy counter did not change for {STALL_SECONDS:g} s")
            step()
            steps += 1
            now, at = self._millijoules(), perf_counter()
        return steps, now, at


@contextmanager
def energy_meter(device: torch.device) -> Iterator[Meter]:
    """A meter of the GPU that torch calls `device`, also where `CUDA_VISIBLE_DEVICES` names others first.

    Raises:
        EnergyUnavailable: it is no NVIDIA GPU, or NVML does not know it, or has no counter for it.
    """
    if device.type != "cuda":
        raise EnergyUnavailable(f"runs on the {device.type.upper()}")
    import pynvml

    with _nvml_errors("NVML does not start"):
        pynvml.nvmlInit()
    try:
        handle = _handle(pynvml, device)

        def millijoules() -> int:
            with _nvml_errors("NVML reads no energy counter on this GPU"):
                return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))

        millijoules()
        yield Meter(millijoules)
    finally:
        pynvml.nvmlShutdown()


def _handle(nvml: Any, device: torch.device) -> Any:
    """NVML's handle of a CUDA device, found by its address on the PCI bus: NVML numbers GPUs otherwise than CUDA."""
    properties: Any = torch.cuda.get_device_properties(device)
    place = f"{properties.pci_domain_id:08x}:{properties.pci_bus_id:02x}:{properties.pci_device_id:02x}.0"
    with _nvml_errors(f"NVML does not know the GPU at {place}"):
        handle = nvml.nvmlDeviceGetHandleByPciBusId(place)
    with _nvml_errors("NVML does not say whether this GPU is partitioned"):
        if _is_partitioned(nvml, handle):
            raise EnergyUnavailable("a part of a GPU (MIG) has no energy counter of its own")
    return handle


def _is_partitioned(nvml: Any, handle: Any) -> bool:
    """Whether a GPU is in MIG mode, which most GPUs do not have."""
    try:
        current, _ = nvml.nvmlDeviceGetMigMode(handle)
    except (nvml.NVMLError_NotSupported, nvml.NVMLError_FunctionNotFound):
        return False
    return bool(current == nvml.NVML_DEVICE_MIG_ENABLE)


@contextmanager
def _nvml_errors(what: str) -> Iterator[None]:
    import pynvml

    try:
        yield
    except pynvml.NVMLError as error:
        raise EnergyUnavailable(f"{what}: {error}") from error
