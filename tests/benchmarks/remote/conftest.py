"""Stores to keep studies on, and machines that share nothing but those."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.benchmarks.remote.commands import Command, invoke, write_study
from tests.benchmarks.remote.s3 import BUCKET, served

Machine = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Address of an S3 store that runs in this process."""
    with served() as address:
        yield address


@pytest.fixture
def s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """URL of a place of a bucket in which nothing is; the environment names the store."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture(params=["s3", "file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a place in which nothing is."""
    if request.param == "s3":
        return str(request.getfixturevalue("s3"))
    return f"memory://{tmp_path.name}/runs" if request.param == "memory" else f"file://{tmp_path}/store/runs"


@pytest.fixture
def on_machine(tmp_path: Path) -> Machine:
    """A machine by name: its mirrors are its own."""

    @contextmanager
    def machine(name: str) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("XDG_CACHE_HOME", str(tmp_path / "machines" / name))
            yield

    return machine


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The study's command, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("benchmarks.remote.lease.SETTLE", 0.05)
    write_study()
    return invoke


@pytest.fixture
def memory(tmp_path: Path) -> str:
    """URL of a place in which nothing is, in the memory of this process."""
    return f"memory://{tmp_path.name}/runs"
