"""Runs whose results are at a URL, by the commands that people type."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

import zoo
from benchmarks import release, report, status
from benchmarks.cli import comparing
from benchmarks.records.store import Store
from benchmarks.remote.lease import LEASE
from tests.benchmarks.cases import digests
from tests.benchmarks.remote.commands import Command, answered, objects
from tests.benchmarks.remote.conftest import Machine
from zoo.loading.stored import LoadError
from zoo.remote.mirror import READ, mirror_folder

TWO = ("--methods", "resnet, adanet")


def test_another_machine_reads_what_one_has_made_and_it_is_what_a_folder_would_have(
    s3: str, run: Command, on_machine: Machine, tmp_path: Path
) -> None:
    place = s3
    assert run("local", *TWO).exit_code == 0
    local = Store(tmp_path / "local" / "mine")
    url = f"{place}/mine"
    with on_machine("one"):
        made = run(place, *TWO)
        assert made.exit_code == 0, made.output
    there = objects(url)
    assert {"study.yaml", "environment.json", "summary.parquet", "networks.json", "images.png"} <= there.keys()
    assert not [name for name in there if ".partial" in name or name == LEASE or name.startswith("failures/")]

    with on_machine("other"):
        page = answered(url, "--out", "page", of=report.app)
        assert page == "page/index.html\n"
        mirror = Store(mirror_folder(url, READ))
        assert digests(mirror) == digests(local) != {}
        assert not list(mirror.root.glob("models/*/weights.safetensors")), "a page needs none"
        for one, theirs in zip(
            *(sorted(s.records(), key=lambda r: r.spec.label) for s in (local, mirror)), strict=True
        ):
            for table in ("accuracy", "ledger"):
                pd.testing.assert_frame_equal(one.table(table), theirs.table(table))
        assert "2 networks: 2 done." in answered(url, of=status.app)
        assert "same" in answered("local/mine", url, of=comparing.app)
        again = run(place, *TWO)
        assert again.exit_code == 0, again.output
        assert "All 2 networks are trained and measured already." in again.stdout
        answered(url, "--out", "weights.safetensors", of=release.app)
        assert len(list(mirror.root.glob("models/*/weights.safetensors"))) == 2
    assert {k: v for k, v in objects(url).items() if k.startswith("models/")} == {
        k: v for k, v in there.items() if k.startswith("models/")
    }, "nothing was made or sent twice"


def test_a_network_is_loaded_from_a_url_with_its_own_weights_alone(
    s3: str, run: Command, on_machine: Machine, tmp_path: Path
) -> None:
    place, url = s3, f"{s3}/mine"
    with on_machine("one"):
        assert run(place, *TWO).exit_code == 0
        images = torch.rand(4, 1, 28, 28)
        expected = zoo.load(mirror_folder(url), "adanet")(images)
    with on_machine("other"):
        loaded = zoo.load(url, "adanet")
        assert torch.equal(loaded(images).logits, expected.logits)
        cached = [path.name for path in (tmp_path / "machines" / "other").rglob("*") if path.is_file()]
        assert cached.count("weights.safetensors") == 1
        with pytest.raises(LoadError, match=r"has no network 'skipnet'; valid: 'resnet', 'adanet'"):
            zoo.load(url, "skipnet")
        with pytest.raises(LoadError, match=r"^no results of a study at .*/nothing: run it"):
            zoo.load(f"{place}/nothing", "resnet")


def test_force_removes_what_was_there_and_makes_it_again(memory: str, run: Command, on_machine: Machine) -> None:
    url = f"{memory}/mine"
    with on_machine("one"):
        assert run(memory).exit_code == 0
    before = {name: tag for name, tag in objects(url).items() if name.endswith("history.parquet")}
    with on_machine("other"):
        assert run(memory, "--force").exit_code == 0
    after = {name: tag for name, tag in objects(url).items() if name.endswith("history.parquet")}
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in before)


def test_a_dry_run_writes_nothing(memory: str, run: Command, on_machine: Machine) -> None:
    with on_machine("one"):
        planned = run(memory, "--dry-run")
        assert planned.exit_code == 0, planned.output
        assert "About 0:00 of one job's time" in planned.stdout
    assert objects(memory) == {}
