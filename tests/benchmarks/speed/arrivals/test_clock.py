"""What the wall clock knows of others, with the machine's own clocks replaced."""

from __future__ import annotations

import pytest

from benchmarks.speed.arrivals import clock
from benchmarks.speed.arrivals.clock import RealClock


class Machine:
    """Time that passes when it is told to; sleep ends late."""

    def __init__(self, late: float = 0.0) -> None:
        self.passed = self.used = 0.0
        self.late = late

    def perf_counter(self) -> float:
        """Reading it takes a while, so that who watches it gets on."""
        self.passed += 1e-6
        self.used += 1e-6
        return self.passed

    def process_time(self) -> float:
        return self.used

    def sleep(self, seconds: float) -> None:
        self.passed += seconds + self.late


def use(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> RealClock:
    monkeypatch.setattr(clock, "time", machine)
    return RealClock()


def test_waiting_and_work_of_its_own_are_not_stolen(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    real = use(machine, monkeypatch)
    real.wait_until(0.6)
    machine.passed, machine.used = machine.passed + 0.4, machine.used + 0.4
    assert real.stolen == pytest.approx(0, abs=1e-4)


def test_time_in_which_it_wanted_to_run_is_stolen(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    real = use(machine, monkeypatch)
    machine.passed, machine.used = machine.passed + 1.0, machine.used + 0.75
    assert real.stolen == pytest.approx(0.25, abs=1e-4)


def test_time_after_a_wait_that_ended_late_is_stolen(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(late=0.201)
    real = use(machine, monkeypatch)
    real.wait_until(0.8)
    assert machine.passed == pytest.approx(1.0, abs=1e-4)
    assert real.stolen == pytest.approx(0.2, abs=1e-4)


def test_a_moment_that_has_passed_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    real = use(machine, monkeypatch)
    machine.passed, machine.used = 1.0, 1.0
    real.wait_until(0.5)
    assert machine.passed == pytest.approx(1.0, abs=1e-4)
    assert real.stolen == pytest.approx(0, abs=1e-4)
