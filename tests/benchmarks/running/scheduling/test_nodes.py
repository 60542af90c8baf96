"""One machine times: the one that is named, or the largest."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.cli.values import checked_place
from benchmarks.running.scheduling.base import SchedulerError
from benchmarks.running.scheduling.nodes import timing_node
from benchmarks.study.study import StudyError


def node(address: str, cpus: float, gpus: float = 0.0, *, alive: bool = True, **labels: str) -> dict[str, Any]:
    """As Ray describes a machine."""
    resources = {"CPU": cpus} | ({"GPU": gpus} if gpus else {})
    return {
        "Alive": alive,
        "NodeID": f"id of {address}",
        "NodeManagerAddress": address,
        "NodeManagerHostname": f"host{address[-1]}",
        "Resources": resources,
        "Labels": {"ray.io/node-id": f"id of {address}", **labels},
    }


CLUSTER = [
    node("10.0.0.1", 8, kind="old"),
    node("10.0.0.4", 64, kind="new"),
    node("10.0.0.2", 64, kind="new"),
    node("10.0.0.3", 32, 4, kind="gpu"),
    node("10.0.0.5", 128, 8, alive=False, kind="gone"),
]


@pytest.mark.parametrize(
    ("gpus", "where", "expected"),
    [
        (0.0, None, "10.0.0.2"),  # of two equal ones always the same
        (1.0, None, "10.0.0.3"),
        (0.0, "10.0.0.1", "10.0.0.1"),
        (0.0, "host1", "10.0.0.1"),
        (0.0, "kind=old", "10.0.0.1"),
        (0.0, "kind=new", "10.0.0.2"),
    ],
)
def test_a_machine_is_chosen(gpus: float, where: str | None, expected: str) -> None:
    assert timing_node(CLUSTER, gpus, where)["NodeManagerAddress"] == expected
    assert timing_node(CLUSTER[::-1], gpus, where)["NodeManagerAddress"] == expected


def test_a_head_without_cpus_does_not_time() -> None:
    head = node("10.0.0.0", 0) | {"Resources": {"memory": 1e9}}
    assert timing_node([head, node("10.0.0.1", 1)], 0.0)["NodeManagerAddress"] == "10.0.0.1"
    with pytest.raises(SchedulerError, match="no machine of the cluster has a CPU"):
        timing_node([head], 0.0)


@pytest.mark.parametrize("where", ["10.0.0.9", "kind=gone", "kind", "10.0.0.5"])
def test_a_machine_that_is_not_there_is_one_line_with_those_that_are(where: str) -> None:
    expected = (
        f"--time-on {where}: no machine of the cluster is meant; valid: 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, "
        "kind=gpu, kind=new, kind=old"
    )
    with pytest.raises(SchedulerError) as raised:
        timing_node(CLUSTER, 0.0, where)
    assert str(raised.value) == expected


def test_without_a_cluster_there_is_nothing_to_choose() -> None:
    with pytest.raises(StudyError, match=r"--time-on: .*needs --ray-address"):
        checked_place("10.0.0.1", None)
    with pytest.raises(StudyError, match="--time-on: names no machine"):
        checked_place(" ", "10.0.0.1:6379")
    assert checked_place("10.0.0.1", "10.0.0.1:6379") == "10.0.0.1"
