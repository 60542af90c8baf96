"""A study of 500 records: a finished command answers at once, and its page is built in seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.records.store import Store
from benchmarks.reporting import build
from benchmarks.study.study import load_study
from tests.benchmarks.multiplied import give_settings, multiply

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[1]
SEEDS = 25
"""Times 20 networks: 500 records."""
SLOWER = 2.0
"""Times its CPU time on a quiet machine that a process may take beside others that share its cores and caches."""


@dataclass(frozen=True)
class Spent:
    """What a command took: wall-clock and CPU seconds, and the largest memory of its process, bytes."""

    printed: str
    wall: float
    cpu: float
    memory: int


def spend(folder: Path, *arguments: str) -> Spent:
    """Run a module of the suite in a process of its own, by GNU time's own accounting."""
    measured = (
        "import os, resource, subprocess, sys, time; start = time.monotonic();"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(done.stdout); print(time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024);"
        "sys.exit(done.returncode)"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", measured, sys.executable, "-W", "ignore", "-m", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed, _, last = done.stdout.rstrip("\n").rpartition("\n")
    wall, cpu, memory = last.split()
    return Spent(printed, float(wall), float(cpu), int(memory))


def test_a_page_of_twenty_settings_and_five_seeds_is_small(tmp_path: Path) -> None:
    study = load_study("quick").model_copy(update={"repetitions": 5, "name": "swept"})
    campaign = multiply(Store(ROOT / "results" / "reference" / "quick"), tmp_path / "results", study)
    give_settings(campaign.store, 20)
    page = build(campaign.store.root, tmp_path / "page")
    assert page.stat().st_size < 8e6
    assert page.read_text().count("<td") > 20 * 20  # a row per network and setting


def test_five_hundred_records(tmp_path: Path) -> None:
    study = load_study("quick").model_copy(update={"repetitions": SEEDS, "name": "many"})
    campaign = multiply(Store(ROOT / "results" / "reference" / "quick"), tmp_path / "results", study)
    assert len(campaign.specs) >= 500
    options = ("--name", "many", "--repetitions", str(SEEDS), "--device", "cpu")
    first = spend(tmp_path, "benchmarks.run", *options)
    again = spend(tmp_path, "benchmarks.run", *options)
    dry = spend(tmp_path, "benchmarks.run", *options, "--dry-run")
    report = spend(tmp_path, "benchmarks.report", "results/many", "--out", "page")
    assert again.printed == first.printed
    assert dry.printed.count("nothing: cached") == len(campaign.specs)
    for spent in (again, dry):
        assert spent.wall < 5
        assert spent.memory < 300e6
    assert report.cpu < 20 * SLOWER
    assert report.memory < 2.2e9  # seeds are read one after the other
    assert (tmp_path / "page" / "index.html").read_bytes() == (
        tmp_path / "reports" / "many" / "index.html"
    ).read_bytes()
