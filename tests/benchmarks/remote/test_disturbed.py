"""Runs at a URL that are killed, that meet another run, damage, or what is not theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report, status
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.remote.exchange import Exchange
from benchmarks.remote.lease import LEASE, _content, this_process
from benchmarks.remote.pulling import pulled, works_on
from benchmarks.running.status import study_status
from tests.benchmarks.cases import digests
from tests.benchmarks.remote.commands import STUDY, Command, answered, objects, write_study
from tests.benchmarks.remote.conftest import Machine
from zoo.remote.files import RemoteFiles
from zoo.remote.mirror import READ, mirror_folder


def test_a_second_run_is_refused_in_one_line(memory: str, run: Command, on_machine: Machine) -> None:
    RemoteFiles(f"{memory}/mine").write(LEASE, _content(this_process()))
    before = objects(memory)
    with on_machine("one"):
        refused = run(memory)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("error: ")
    assert " works on it, last heard of " in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert objects(memory) == before


def test_a_place_that_holds_something_else_is_left_alone(memory: str, run: Command, on_machine: Machine) -> None:
    RemoteFiles(f"{memory}/mine").write("thesis.tex", b"of mine")
    with on_machine("one"):
        refused = run(memory)
    assert refused.exit_code == 2
    assert "holds 'thesis.tex' and no study; choose another place or --name" in refused.stderr
    assert objects(f"{memory}/mine").keys() == {"thesis.tex"}


def test_a_failed_job_is_there_with_its_traceback(memory: str, run: Command, on_machine: Machine) -> None:
    write_study(recipe=STUDY["recipe"] | {"lr": 1e30})
    with on_machine("one"):
        assert run(memory).exit_code == 1
    with on_machine("other"):
        assert "failed" in answered(f"{memory}/mine", of=status.app)
    assert sum(name.startswith("failures/") for name in objects(f"{memory}/mine")) == 1


def test_a_damaged_object_is_made_again(memory: str, run: Command, on_machine: Machine) -> None:
    url = f"{memory}/mine"
    with on_machine("one"):
        assert run(memory).exit_code == 0
    damaged = next(name for name in objects(url) if name.endswith("accuracy.parquet") and "resnet" in name)
    RemoteFiles(url).write(damaged, b"nonsense")
    with on_machine("other"):
        healed = run(memory)
        assert healed.exit_code == 0, healed.output
        assert "accuracy.parquet is damaged" in healed.stdout
    with on_machine("third"):
        answered(url, "--out", "page", of=report.app)
        assert Record(mirror_folder(url, READ) / Path(damaged).parent).check() == []


def test_from_anywhere_it_is_seen_what_a_run_works_on(
    memory: str, run: Command, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{memory}/mine"
    seen: list[tuple[str, bool]] = []
    usual = Exchange.changed

    def looked_at(self: Exchange, path: Path) -> None:
        usual(self, path)
        if path.parent.name == ".claims" and path.stem.startswith("resnet"):
            with on_machine("other"):
                (network,) = study_status(pulled(url), works_on(url)).networks
                assert network.told is not None
                seen.append((network.told.step, network.running))

    monkeypatch.setattr(Exchange, "changed", looked_at)
    with on_machine("one"):
        assert run(memory).exit_code == 0
    assert ("train", True) in seen
    with on_machine("other"):
        (network,) = study_status(pulled(url), works_on(url)).networks
        assert (network.state, network.running) == ("done", False)


def test_a_run_that_has_lost_its_lease_ends_and_writes_nothing_more(
    memory: str, run: Command, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{memory}/mine"
    left: dict[str, str] = {}
    usual = FileCheckpoint.write

    def another_takes_over(self: FileCheckpoint, state: Mapping[str, Any]) -> None:
        RemoteFiles(url).write(LEASE, _content(replace(this_process(), host="far", machine="another")))
        left.update(objects(url))
        usual(self, state)

    monkeypatch.setattr(FileCheckpoint, "write", another_takes_over)
    with on_machine("one"):
        ended = run(memory)
    assert ended.exit_code == 2, ended.output
    line = f"error: {url} is no longer this run's: a run on far has taken it over; nothing more is written there\n"
    assert ended.stderr == line
    assert objects(url) == left


@pytest.mark.long
def test_a_killed_run_is_continued_by_another_machine_from_its_checkpoint(
    s3: str, run: Command, tmp_path: Path
) -> None:
    write_study(recipe=STUDY["recipe"] | {"epochs": 12}, dataset="mnist5k[train=512, test=20]")
    options = ["--study", "mine.yaml", "--scheduler", "inline", "--results", s3]
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.run", *options]
    first, second = (os.environ | {"XDG_CACHE_HOME": str(tmp_path / "machines" / name)} for name in ("one", "two"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=first) as killed:
        assert killed.stdout is not None
        next(line for line in killed.stdout if "epoch 3/12" in line)
        killed.kill()
    assert any(name.endswith(".partial/checkpoint.pt") for name in objects(f"{s3}/mine"))
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=second)
    assert done.returncode == 0, done.stderr
    assert "epoch 12/12" in done.stdout
    assert "epoch 1/12" not in done.stdout
    assert run("local").exit_code == 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", second["XDG_CACHE_HOME"])
        assert digests(Store(mirror_folder(f"{s3}/mine"))) == digests(Store(tmp_path / "local" / "mine")) != {}
