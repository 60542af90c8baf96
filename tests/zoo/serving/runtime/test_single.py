"""A network in one ONNX model: what may be left out stands in branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx
import pytest

import zoo
from benchmarks.conformance.cases import TASK
from zoo.network import Setting
from zoo.serving.runtime.served import ServedByRuntime
from zoo.serving.runtime.single import single_model


def graph_of(name: str, setting: Setting | None = None) -> Any:
    """Of an untrained network: where its operators stand does not depend on weights."""
    served = ServedByRuntime(zoo.create(name, TASK).eval(), threads=1)
    if setting is not None:
        served.use(setting)
    return onnx.load_from_string(single_model(served.plan())).graph


def branches(graph: Any) -> Iterator[tuple[Any, Any]]:
    """Both branches of every choice of a graph, that with more operators first."""
    for node in graph.node:
        if node.op_type == "If":
            then, otherwise = sorted((a.g for a in node.attribute), key=lambda g: len(g.node), reverse=True)
            yield then, otherwise


def count(graph: Any, operator: str) -> int:
    return sum(node.op_type == operator for node in graph.node)


@pytest.mark.parametrize(("name", "blocks", "outside"), [("adanet[tiny]", 6, 1), ("skipnet[tiny, gate=rnn]", 5, 3)])
def test_the_convolutions_of_a_gated_block_are_in_its_branch(name: str, blocks: int, outside: int) -> None:
    graph = graph_of(name)
    found = list(branches(graph))
    assert len(found) == blocks
    # the stem; SkipNet's first block has no gate
    assert count(graph, "Conv") == outside
    for run, skip in found:  # skipping needs the projection too, where the block changes the shape
        assert count(run, "Conv") == 2 + count(skip, "Conv")
    assert sum(count(skip, "Conv") for _, skip in found) <= 3


def test_every_later_exit_is_in_the_branch_of_the_exit_before_it() -> None:
    graph = graph_of("msdnet[tiny]", Setting(name="both", values={"thresholds": [0.1, 0.1]}))
    depth = 0
    while found := list(branches(graph)):
        ((graph, leaves),) = found
        assert count(leaves, "Conv") == 0
        assert count(graph, "Conv") > 0
        depth += 1
    assert depth == 2


def test_a_network_that_decides_nothing_has_no_branch() -> None:
    assert list(branches(graph_of("resnet[tiny]"))) == []
