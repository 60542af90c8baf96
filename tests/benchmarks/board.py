"""A GPU that is not there: NVML's answers about it, and a clock that only work moves on."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

import pynvml
import pytest
import torch

import benchmarks.measuring.energy
import benchmarks.measuring.energy_meter

CUDA = torch.device("cuda", 0)
PLACE = "00000000:1b:00.0"
"""On the bus, of what torch sees as its first GPU."""
PERIOD = 1 / 16
"""Seconds from one move of a counter to the next; such fractions are exact in floating point."""
BUSY, IDLE = 256.0, 64.0
"""Watts."""


@dataclass
class Board:
    """A GPU with an energy counter, which shows what was taken up to the last whole period.

    Attributes:
        now: seconds since some beginning.
        joules: taken so far.
        shown: by the counter.
    """

    now: float = 0.0
    joules: float = 1000.0
    shown: float = 1000.0

    def clock(self) -> float:
        """The time."""
        return self.now

    def work(self, seconds: float, watts: float = BUSY) -> None:
        """Let time go by at some power."""
        moved = (self.now + seconds) // PERIOD * PERIOD
        if moved > self.now:
            self.shown = self.joules + watts * (moved - self.now)
        self.now += seconds
        self.joules += watts * seconds

    def nap(self, seconds: float) -> None:
        """Idle, for as long as suits the arithmetic."""
        self.work(1 / 64, IDLE)


@dataclass
class Nvml:
    """The module `pynvml` of a machine with another GPU before the board; errors are the real module's.

    Attributes:
        board: at `PLACE`.
        refused: errors that calls end with, by the call's name.
        divided: whether the board is in MIG mode.
        open: how often NVML was started and not ended yet.
    """

    board: Board
    refused: dict[str, Exception] = field(default_factory=dict)
    divided: bool = False
    open: int = 0

    NVMLError = pynvml.NVMLError
    NVMLError_NotSupported = pynvml.NVMLError_NotSupported
    NVMLError_FunctionNotFound = pynvml.NVMLError_FunctionNotFound
    NVML_DEVICE_MIG_ENABLE = pynvml.NVML_DEVICE_MIG_ENABLE

    def _answer(self, call: str) -> None:
        if call in self.refused:
            raise self.refused[call]
        assert self.open == 1 or call == "nvmlInit"

    def nvmlInit(self) -> None:  # noqa: N802
        """Start."""
        self._answer("nvmlInit")
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        """End."""
        self.open -= 1

    def nvmlDeviceGetHandleByPciBusId(self, place: str) -> str:  # noqa: N802
        """The place itself."""
        self._answer("nvmlDeviceGetHandleByPciBusId")
        if place not in ("00000000:17:00.0", PLACE):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return place

    def nvmlDeviceGetMigMode(self, handle: str) -> list[int]:  # noqa: N802
        """Current and pending."""
        self._answer("nvmlDeviceGetMigMode")
        return [int(self.divided), 0]

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:  # noqa: N802
        """Millijoules; the other GPU's counter is at another figure and stays there."""
        self._answer("nvmlDeviceGetTotalEnergyConsumption")
        return round(1000 * self.board.shown) if handle == PLACE else 7


def put_in_place(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    """A new board becomes torch's first GPU, and the clock is its own, naps included."""
    board = Board()
    nvml = Nvml(board)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setattr(benchmarks.measuring.energy_meter, "perf_counter", board.clock)
    monkeypatch.setattr(benchmarks.measuring.energy, "sleep", board.nap)
    properties = SimpleNamespace(pci_domain_id=0, pci_bus_id=0x1B, pci_device_id=0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", {CUDA: properties}.__getitem__)
    return nvml
