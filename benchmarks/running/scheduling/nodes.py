"""Which machine of a cluster times: one for all networks of a study, so that their times compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.running.scheduling.base import SchedulerError

Node = Mapping[str, Any]
"""As `ray.nodes()` describes it."""
NODE_ID = "ray.io/node-id"
"""The label by which Ray knows a machine."""


def timing_node(nodes: Sequence[Node], gpus: float, where: str | None = None) -> Node:
    """The machine that times: of those that are meant and have a GPU if one is needed, the one with the most CPUs.

    One without CPUs, as the head of a cluster may be, runs no jobs. Between equals the address decides, so that a run
    that is continued times on the same machine.

    Args:
        nodes: of the cluster.
        gpus: that timing needs.
        where: `KEY=VALUE`, a label of machines, or the address or name of one; None for any.

    Raises:
        SchedulerError: no machine is meant, or none has a CPU; one line with the valid choices.
    """
    alive = [node for node in nodes if node["Alive"] and node["Resources"].get("CPU", 0.0) > 0]
    if not alive:
        raise SchedulerError("no machine of the cluster has a CPU for jobs; start Ray on one without --num-cpus 0")
    meant = [node for node in alive if where is None or _is_meant(node, where)]
    if not meant:
        raise SchedulerError(
            f"--time-on {where}: no machine of the cluster is meant; valid: {', '.join(_names(alive))}"
        )
    suited = [node for node in meant if node["Resources"].get("GPU", 0.0) >= gpus] or meant
    return min(suited, key=lambda node: (-node["Resources"]["CPU"], _address(node), node.get("NodeID", "")))


def _is_meant(node: Node, where: str) -> bool:
    if "=" in where:
        name, _, value = where.partition("=")
        return bool(node.get("Labels", {}).get(name) == value)
    return where in (_address(node), node.get("NodeManagerHostname"))


def _address(node: Node) -> str:
    return str(node.get("NodeManagerAddress", ""))


def _names(nodes: Sequence[Node]) -> list[str]:
    """Addresses, and labels that people have given."""
    labels = {f"{key}={value}" for node in nodes for key, value in node.get("Labels", {}).items()}
    own = sorted(label for label in labels if not label.startswith("ray.io/"))
    return [*sorted({_address(node) for node in nodes}), *own]
