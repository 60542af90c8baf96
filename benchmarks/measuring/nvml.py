"""Energy of a GPU by NVML's counter, read through `pynvml`, NVIDIA's own bindings.

The counter (`nvmlDeviceGetTotalEnergyConsumption`, Volta and newer) sums up what the whole board takes, idle or not,
and moves on only every 20 to 100 ms. Work is therefore repeated for a second or so, from one move of the counter to
another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch

SETTLING = 0.25
"""Seconds of the same work before anything counts: clocks and power reach what that work asks for."""
PATIENCE = 1.0
"""Seconds without a move after which the counter is taken to stand still."""


class NoEnergy(RuntimeError):
    """Energy cannot be measured here; the message says why, in a phrase that goes on after `not available:`."""


@dataclass(frozen=True)
class Reading:
    """What some work took.

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
        """Repeat a step for at least so many seconds, from one move of the counter to another.

        Args:
            step: returns when its work is done, so that the GPU has nothing left to do for it.
            seconds: to measure, after `SETTLING`.

        Raises:
            NoEnergy: the counter cannot be read, or stands still.
        """
        self._repeat(step, SETTLING)
        _, before, started = self._move(step)
        steps = self._repeat(step, seconds)
        last, after, ended = self._move(step)
        return Reading(steps + last, ended - started, (after - before) / 1e3)

    def _repeat(self, step: Callable[[], object], seconds: float) -> int:
        started, steps = perf_counter(), 0
        while not steps or perf_counter() - started < seconds:
            step()
            steps += 1
        return steps

    def _move(self, step: Callable[[], object]) -> tuple[int, int, float]:
        """Repeat a step until the counter moves: the steps, the counter, and when."""
        steps, before, started = 0, self._millijoules(), perf_counter()
        now, at = before, started
        while now <= before:
            if at - started > PATIENCE:
                raise NoEnergy(f"NVML's energy counter stood still for {PATIENCE:g} s")
            step()
            steps += 1
            now, at = self._millijoules(), perf_counter()
        return steps, now, at


@contextmanager
def energy_meter(device: torch.device) -> Iterator[Meter]:
    """A meter of the GPU that torch calls `device`, also where `CUDA_VISIBLE_DEVICES` names others first.

    Raises:
        NoEnergy: it is no GPU of NVIDIA's, or NVML does not know it, or has no counter for it.
    """
    if device.type != "cuda":
        raise NoEnergy(f"runs on the {device.type.upper()}")
    import pynvml

    with _explained("NVML does not start"):
        pynvml.nvmlInit()
    try:
        handle = _handle(pynvml, device)

        def millijoules() -> int:
            with _explained("NVML reads no energy counter on this GPU"):
                return int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))

        millijoules()
        yield Meter(millijoules)
    finally:
        pynvml.nvmlShutdown()


def _handle(nvml: Any, device: torch.device) -> Any:
    """NVML's handle of a CUDA device: found by its place on the bus, for NVML counts GPUs that CUDA does not see."""
    properties: Any = torch.cuda.get_device_properties(device)
    place = f"{properties.pci_domain_id:08x}:{properties.pci_bus_id:02x}:{properties.pci_device_id:02x}.0"
    with _explained(f"NVML does not know the GPU at {place}"):
        handle = nvml.nvmlDeviceGetHandleByPciBusId(place)
    with _explained("NVML does not say whether this GPU is divided"):
        if _divided(nvml, handle):
            raise NoEnergy("a part of a GPU (MIG) has no energy counter of its own")
    return handle


def _divided(nvml: Any, handle: Any) -> bool:
    """Whether a GPU is in MIG mode, which most kinds do not have."""
    try:
        current, _ = nvml.nvmlDeviceGetMigMode(handle)
    except (nvml.NVMLError_NotSupported, nvml.NVMLError_FunctionNotFound):
        return False
    return bool(current == nvml.NVML_DEVICE_MIG_ENABLE)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    import pynvml

    try:
        yield
    except pynvml.NVMLError as error:
        raise NoEnergy(f"{what}: {error}") from error
