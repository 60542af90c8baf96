"""Places at which no study can be: one line, status 2, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from benchmarks import release, report, status
from benchmarks.cli import comparing
from tests.benchmarks.remote.commands import RUNNER, Command
from tests.benchmarks.remote.conftest import Machine

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


def test_a_password_is_not_printed(run: Command, on_machine: Machine) -> None:
    place = "nowhere://me:secret@host/runs"
    with on_machine("one"):
        said = [run(place), run("results", "--out", place), RUNNER.invoke(status.app, [place])]
    assert [result.exit_code for result in said] == [2, 2, 2]
    assert all("me:***@host/runs" in result.stderr for result in said)
    assert not any("secret" in result.output for result in said)
