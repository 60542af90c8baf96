"""Who works on what: two runs of a study share its networks, and timing has the machine to itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records.claims import MACHINE_LOCK, Busy, claim, hold_machine, is_claimed
from benchmarks.records.record import Record
from benchmarks.running.campaign import Campaign
from benchmarks.running.scheduling import Event, InlineScheduler
from tests.benchmarks.cases import NOT_MEASURED, ignore, small_campaign, small_study

FEW: dict[str, Any] = {
    "dataset": "mnist5k[train=64, test=40]",
    "recipe": {"epochs": 1},
    "evaluation": NOT_MEASURED,
}
HOLD = "from benchmarks.records.claims import claim, hold_machine; from pathlib import Path; import sys, time\n"
"""Begins a process that holds something until it is killed."""


def holding(statement: str) -> subprocess.Popen[str]:
    """A process that has entered a context and stays in it."""
    code = f"{HOLD}with {statement}:\n    print('in', flush=True)\n    time.sleep(600)\n"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    """Kill it as a machine does."""
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_claim_is_held_by_one(tmp_path: Path) -> None:
    lock = tmp_path / "claims" / "resnet-1.lock"
    with claim(lock):
        assert is_claimed(lock)
        with pytest.raises(Busy, match="resnet-1: another run is working on it"), claim(lock):
            raise AssertionError("it was given twice")
    assert not is_claimed(lock)
    with claim(lock):
        pass


def test_a_claim_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "resnet-1.lock"
    process = holding(f"claim(Path({str(lock)!r}))")
    assert is_claimed(lock)
    end(process)
    assert not is_claimed(lock)


def test_jobs_share_a_machine(tmp_path: Path) -> None:
    with hold_machine(alone=False, folder=tmp_path), hold_machine(alone=False, folder=tmp_path):
        pass


@pytest.mark.parametrize(("there", "comes"), [(True, False), (False, True), (True, True)])
def test_what_needs_the_machine_alone_waits_and_is_waited_for(there: bool, comes: bool, tmp_path: Path) -> None:
    process = holding(f"hold_machine(alone={there}, folder=Path({str(tmp_path)!r}))")
    waited: list[float] = []
    entered = threading.Event()

    def come() -> None:
        with hold_machine(alone=comes, folder=tmp_path, on_wait=lambda: waited.append(time.monotonic())):
            entered.set()

    thread = threading.Thread(target=come)
    thread.start()
    assert not entered.wait(1.2)
    assert len(waited) == 1
    end(process)
    assert entered.wait(10)
    thread.join()


def test_a_lock_of_another_user_can_be_held_too(tmp_path: Path) -> None:
    (tmp_path / MACHINE_LOCK).touch(mode=0o444)
    with hold_machine(alone=True, folder=tmp_path):
        pass


def run_both(first: Campaign, second: Campaign) -> tuple[list[str], list[str], list[str]]:
    """Two runs of one study in two threads: jobs that each did, and errors of both."""
    done: tuple[list[str], list[str]] = ([], [])
    errors: list[str] = []

    def run(number: int, campaign: Campaign) -> None:
        steps: dict[str, list[str]] = {}

        def on_event(event: Event) -> None:
            if event.progress:
                steps.setdefault(event.job, []).append(event.progress.step)

        outcomes = campaign.run(InlineScheduler(), on_event)
        errors.extend(outcome.error for outcome in outcomes if outcome.error)
        done[number].extend(job for job, said in steps.items() if "train" in said)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return *done, errors


def test_two_runs_of_a_study_do_every_network_once(tmp_path: Path) -> None:
    study = small_study("resnet", "adanet", "branchynet", "highway", **FEW | {"recipe": {"epochs": 2}})
    first, second = (small_campaign(tmp_path, study) for _ in range(2))
    one, other, errors = run_both(first, second)
    assert errors == []
    assert sorted([*one, *other]) == [f"train {name}" for name in ("adanet", "branchynet", "highway", "resnet")]
    assert all(planned.complete for planned in first.plan())
    assert not list(first.store.root.glob("failures/*"))


def test_what_another_run_is_at_work_on_is_waited_for_and_not_done_again(tmp_path: Path) -> None:
    campaign = small_campaign(tmp_path, small_study("resnet", **FEW))
    (spec,) = campaign.specs
    said: list[str] = []
    freed = threading.Event()

    def on_event(event: Event) -> None:
        if event.progress:
            said.append(event.progress.step)
            freed.set()

    other = small_campaign(tmp_path, small_study("resnet", **FEW))
    with claim(campaign.store.claim_file(campaign.identity(spec))):
        thread = threading.Thread(target=campaign.run, args=(InlineScheduler(), on_event))
        thread.start()
        assert freed.wait(30)
        assert said == ["another run is working on it"]
    other.run(InlineScheduler(), ignore)
    thread.join()
    assert said.count("train") <= 1
    assert campaign.plan()[0].complete


def test_a_failure_of_another_run_is_not_tried_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = small_campaign(tmp_path, small_study("resnet", **FEW))
    (spec,) = campaign.specs
    held = claim(campaign.store.claim_file(campaign.identity(spec)))

    def fail_there(self: Campaign, jobs: object, on_event: object) -> None:
        campaign.store.write_failure(spec, "train", "ValueError: it failed there", "")
        held.__exit__(None, None, None)

    monkeypatch.setattr(Campaign, "_wait", fail_there)
    held.__enter__()
    (outcome,) = campaign.run(InlineScheduler(), ignore)
    assert outcome.error == "ValueError: it failed there"


COMMAND = [
    *(sys.executable, "-W", "ignore", "-m", "benchmarks.run", "--study", "pair.yaml"),
    *("--results", "results", "--reports", "reports", "--device", "cpu"),
]
PAIR = """
dataset: mnist5k[train=300, test=100]
methods: [resnet, adanet, branchynet]
static_curve: []
recipe: {epochs: 2, batch_size: 32, precision: fp32}
evaluation:
  cost: null
  robustness: null
  energy: null
  slowdown: null
  attacked_latency: null
  trust: null
  fidelity: {presets: none}
  latency: {seconds: 0.2, batch_sizes: [1]}
"""


def started(folder: Path, scheduler: str) -> subprocess.Popen[str]:
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.Popen(
        [*COMMAND, "--scheduler", scheduler],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


RETRY_SECONDS = 900
"""Seconds for a pair; Ray's workers give way to whatever else runs on the machine."""


@pytest.mark.long
@pytest.mark.timeout(2 * RETRY_SECONDS * int(os.environ.get("ROUTEBENCH_PAIRS", "1")))
@pytest.mark.parametrize("scheduler", ["inline", "ray"])
def test_two_commands_at_once_fail_nothing_do_nothing_twice_and_lose_nothing(tmp_path: Path, scheduler: str) -> None:
    for turn in range(int(os.environ.get("ROUTEBENCH_PAIRS", "1"))):
        folder = tmp_path / f"{scheduler}{turn}"
        folder.mkdir()
        (folder / "pair.yaml").write_text(PAIR)
        pair = [started(folder, scheduler) for _ in range(2)]
        shown = [process.communicate(timeout=RETRY_SECONDS)[0] for process in pair]
        assert [process.returncode for process in pair] == [0, 0], shown
        assert not [line for text in shown for line in text.splitlines() if "failed" in line]
        first_epochs = [line for text in shown for line in text.splitlines() if ": epoch 1/2" in line]
        assert len(first_epochs) == 3, shown
        records = [Record(path) for path in folder.glob("results/pair/models/*") if not path.name.startswith(".")]
        assert [record.check() for record in records] == [[], [], []]
        assert all(record.has(name) for record in records for name in ("accuracy", "ledger", "latency"))
