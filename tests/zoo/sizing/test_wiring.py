"""How units are connected, against what is known of the networks."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest
import torch

import zoo
from zoo.methods.randwire import RandWireNet
from zoo.sizing.wiring import INPUT, OUTPUT, wiring

DIGITS = zoo.Task(shape=(1, 28, 28), classes=10)


def test_a_residual_network_is_every_path_past_its_blocks() -> None:
    # Veit et al. (2016) unravel it so: a block reads the sum of all that came before it.
    net = zoo.create("resnet[tiny]", DIGITS)
    assert set(wiring(net)) == set(itertools.combinations((INPUT, *net.units, OUTPUT), 2))


def test_a_highway_network_reads_the_layer_before() -> None:
    net = zoo.create("highway[tiny]", DIGITS)
    assert wiring(net) == list(itertools.pairwise((INPUT, *net.units, OUTPUT)))


@pytest.mark.parametrize("method", ["branchynet", "msdnet"])
def test_exits_read_their_segment_and_answer(method: str) -> None:
    expected = [(INPUT, "segment1")]
    for number in (1, 2, 3):
        expected += [(f"segment{number}", f"exit{number}"), (f"exit{number}", OUTPUT)]
        expected += [(f"segment{number}", f"segment{number + 1}")] if number < 3 else []
    assert sorted(wiring(zoo.create(f"{method}[tiny]", DIGITS))) == sorted(expected)


def test_a_random_graph_is_the_one_that_was_drawn() -> None:
    net = zoo.create("randwire[tiny]", DIGITS)
    assert isinstance(net, RandWireNet)
    found = set(wiring(net))
    for stage, graph in enumerate(net.graphs, start=1):
        drawn = {(f"stage{stage}.node{u + 1}", f"stage{stage}.node{v + 1}") for u, v in graph.edges}
        assert {edge for edge in found if all(name.startswith(f"stage{stage}.") for name in edge)} == drawn


@pytest.mark.parametrize("method", zoo.list_methods())
def test_every_unit_lies_on_a_way_from_the_image_to_the_answer(method: str) -> None:
    net = zoo.create(f"{method}[tiny]", DIGITS).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    graph = nx.DiGraph(wiring(net))
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.ancestors(graph, OUTPUT) >= {INPUT, *net.units}
    assert nx.descendants(graph, INPUT) >= {*net.units, OUTPUT}
    assert net.training
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
