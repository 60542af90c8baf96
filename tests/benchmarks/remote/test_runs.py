"""Runs whose results are at a URL, by the commands that people type."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import yaml
from typer.testing import CliRunner, Result

import zoo
from benchmarks import release, report, status
from benchmarks.cli import comparing
from benchmarks.cli.command import app
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.remote.lease import LEASE, _content, this_process
from tests.benchmarks.cases import NOT_MEASURED, RECIPE, digests
from tests.benchmarks.remote.conftest import Machine
from zoo.loading.stored import LoadError
from zoo.remote.files import RemoteFiles
from zoo.remote.mirror import mirror_folder

STUDY: dict[str, Any] = {
    "name": "mine",
    "dataset": "mnist5k[train=64, test=20]",
    "static_curve": [],
    "methods": ["resnet"],
    "recipe": RECIPE | {"epochs": 1},
    "evaluation": NOT_MEASURED,
}
TWO = ("--methods", "resnet, adanet")
RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "120"})
Command = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The study's command, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(yaml.safe_dump(STUDY))

    def invoke(results: str, *arguments: str) -> Result:
        return RUNNER.invoke(app, ["--study", "mine.yaml", "--scheduler", "inline", "--results", results, *arguments])

    return invoke


def answered(*arguments: str, of: Any) -> str:
    """What a verb prints."""
    result = RUNNER.invoke(of, list(arguments))
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


@pytest.fixture
def place(tmp_path: Path) -> str:
    """URL of a place in which nothing is, in the memory of this process."""
    return f"memory://{tmp_path.name}/runs"


def objects(url: str) -> dict[str, str]:
    return RemoteFiles(url).listing()


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
        mirror = Store(mirror_folder(url))
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


def test_force_removes_what_was_there_and_makes_it_again(place: str, run: Command, on_machine: Machine) -> None:
    url = f"{place}/mine"
    with on_machine("one"):
        assert run(place).exit_code == 0
    before = {name: tag for name, tag in objects(url).items() if name.endswith("history.parquet")}
    with on_machine("other"):
        assert run(place, "--force").exit_code == 0
    after = {name: tag for name, tag in objects(url).items() if name.endswith("history.parquet")}
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in before)


def test_a_dry_run_writes_nothing(place: str, run: Command, on_machine: Machine) -> None:
    with on_machine("one"):
        planned = run(place, "--dry-run")
        assert planned.exit_code == 0, planned.output
        assert "About 0:00 of one job's time" in planned.stdout
    assert objects(place) == {}


def test_a_second_run_is_refused_in_one_line(place: str, run: Command, on_machine: Machine) -> None:
    RemoteFiles(f"{place}/mine").write(LEASE, _content(this_process()))
    before = objects(place)
    with on_machine("one"):
        refused = run(place)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("error: ")
    assert " works on it, last heard of " in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert objects(place) == before


def test_a_place_that_holds_something_else_is_left_alone(place: str, run: Command, on_machine: Machine) -> None:
    RemoteFiles(f"{place}/mine").write("thesis.tex", b"of mine")
    with on_machine("one"):
        refused = run(place)
    assert refused.exit_code == 2
    assert "holds 'thesis.tex' and no study; choose another place or --name" in refused.stderr
    assert objects(f"{place}/mine").keys() == {"thesis.tex"}


def test_a_failed_job_is_there_with_its_traceback(place: str, run: Command, on_machine: Machine) -> None:
    Path("mine.yaml").write_text(yaml.safe_dump(STUDY | {"recipe": STUDY["recipe"] | {"lr": 1e30}}))
    with on_machine("one"):
        assert run(place).exit_code == 1
    with on_machine("other"):
        assert "failed" in answered(f"{place}/mine", of=status.app)
    assert sum(name.startswith("failures/") for name in objects(f"{place}/mine")) == 1


def test_a_damaged_object_is_made_again(place: str, run: Command, on_machine: Machine) -> None:
    url = f"{place}/mine"
    with on_machine("one"):
        assert run(place).exit_code == 0
    damaged = next(name for name in objects(url) if name.endswith("accuracy.parquet") and "resnet" in name)
    RemoteFiles(url).write(damaged, b"nonsense")
    with on_machine("other"):
        healed = run(place)
        assert healed.exit_code == 0, healed.output
        assert "accuracy.parquet is damaged" in healed.stdout
    with on_machine("third"):
        answered(url, "--out", "page", of=report.app)
        assert Record(mirror_folder(url) / Path(damaged).parent).check() == []


HOSTILE = [
    ("nowhere://bucket/runs", "the protocol nowhere:// is not known; valid: s3, gs"),
    ("s3://", "s3:// names no place"),
    ("simplecache::s3://bucket/runs", "is no URL"),
    ("http://127.0.0.1:9/runs", "http://127.0.0.1:9/runs"),
]


@pytest.mark.parametrize(("url", "message"), HOSTILE)
@pytest.mark.parametrize("verb", ["run", "report", "status", "compare", "release"])
def test_a_place_that_cannot_be_is_one_line(
    verb: str, url: str, message: str, run: Command, on_machine: Machine, tmp_path: Path
) -> None:
    verbs: dict[str, Callable[[], Result]] = {
        "run": lambda: run(url),
        "report": lambda: RUNNER.invoke(report.app, [url]),
        "status": lambda: RUNNER.invoke(status.app, [url]),
        "compare": lambda: RUNNER.invoke(comparing.app, [url, url]),
        "release": lambda: RUNNER.invoke(release.app, [url, "--out", "out.safetensors"]),
    }
    before = set(tmp_path.rglob("*"))
    with on_machine("one"):
        refused = verbs[verb]()
    assert refused.exit_code == 2, refused.output
    assert message in refused.stderr
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1
    assert {path for path in set(tmp_path.rglob("*")) - before if path.is_file()} == set()


@pytest.mark.parametrize("case", ["bucket", "unreachable", "permission"])
def test_a_store_that_cannot_be_used_is_one_line(
    case: str, s3: str, run: Command, on_machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = s3
    if case == "bucket":
        place, message = "s3://no-such-bucket/runs", "there is no bucket 'no-such-bucket'"
    elif case == "unreachable":
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        message = "Could not connect to the endpoint URL"
    else:

        def refuse(*arguments: object, **options: object) -> None:
            raise PermissionError("Access Denied")

        monkeypatch.setattr("s3fs.S3FileSystem.pipe_file", refuse)
        message = "no permission: Access Denied"
    with on_machine("one"):
        refused = run(place)
    assert refused.exit_code == 2
    assert message in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_other_options_do_not_take_a_url(run: Command, tmp_path: Path) -> None:
    refused = run("results", "--out", "s3://bucket/page")
    assert refused.exit_code == 2
    assert "--out: s3:/bucket/page was a URL; here it must be a folder of this machine" in refused.stderr
    assert not (tmp_path / "s3:").exists()


@pytest.mark.long
def test_a_killed_run_is_continued_by_another_machine_from_its_checkpoint(
    s3: str, run: Command, tmp_path: Path
) -> None:
    slow = STUDY | {
        "methods": ["resnet"],
        "recipe": STUDY["recipe"] | {"epochs": 12},
        "dataset": "mnist5k[train=512, test=20]",
    }
    Path("mine.yaml").write_text(yaml.safe_dump(slow))
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
