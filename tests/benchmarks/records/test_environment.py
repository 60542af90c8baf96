"""Where results were made."""

from __future__ import annotations

import getpass
import json
import platform
import socket
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.records.environment import commit, describe_environment, environment_key


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return describe_environment()


def test_facts_can_be_written_as_json(facts: dict[str, Any]) -> None:
    assert json.loads(json.dumps(facts)) == facts


def test_versions_are_those_that_run(facts: dict[str, Any]) -> None:
    assert facts["python"] == platform.python_version()
    assert torch.__version__.startswith(facts["packages"]["torch"])


def test_the_time_is_now_with_its_zone(facts: dict[str, Any]) -> None:
    created = datetime.fromisoformat(facts["created"])
    assert created.utcoffset() == timedelta(0)
    assert abs(datetime.now(created.tzinfo) - created) < timedelta(hours=1)


def test_nobodys_name_machine_or_folder_is_told(facts: dict[str, Any]) -> None:
    text = json.dumps(facts)
    assert str(Path.home()) not in text
    assert str(Path(__file__).parents[3]) not in text
    assert f'"{socket.gethostname()}"' not in text
    assert f'"{getpass.getuser()}"' not in text


def test_there_is_at_least_one_processor_with_a_name(facts: dict[str, Any]) -> None:
    assert facts["cpus"] >= 1
    assert facts["processor"]
    assert len(facts["load_average"]) == 3


@pytest.mark.parametrize("error", [FileNotFoundError("git"), subprocess.CalledProcessError(128, "git")])
def test_without_git_there_is_no_commit(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("benchmarks.records.environment.subprocess.run", fail)
    commit.cache_clear()
    try:
        assert describe_environment()["commit"] is None
    finally:
        commit.cache_clear()


def test_environments_are_told_apart_by_what_lasts(facts: dict[str, Any]) -> None:
    later = facts | {"created": "2030-01-01T00:00:00+00:00", "load_average": [9, 9, 9], "commit": "abc1234"}
    assert environment_key(later) == environment_key(facts)
    others = [facts | {name: "another"} for name in ("host", "processor", "instructions", "python", "gpus", "packages")]
    assert len({environment_key(other) for other in (facts, *others)}) == 7
