"""Random graphs: what the three generators draw, and what there is to know of a graph."""

from __future__ import annotations

from statistics import mean, median
from typing import Any

import pytest

from zoo.methods.randwire.graphs import Graph, Kind, random_graph, stage_seed

DIAMOND = Graph(4, ((0, 1), (0, 2), (1, 3), (2, 3)))


def test_a_diamond_worked_out_by_hand() -> None:
    assert DIAMOND.sources == ((), (0,), (0,), (1, 2))
    assert DIAMOND.out_degrees == (2, 1, 1, 0)
    assert (DIAMOND.inputs, DIAMOND.outputs) == ((0,), (3,))
    assert (DIAMOND.depth, DIAMOND.paths) == (3, 2)


def test_an_isolated_node_is_input_and_output() -> None:
    graph = Graph(3, ((0, 1),))
    assert graph.inputs == (0, 2)
    assert graph.outputs == (1, 2)
    assert graph.paths == 2


def test_edges_are_oriented_from_smaller_to_greater_numbers() -> None:
    assert Graph.oriented(4, [(3, 1), (0, 1), (1, 3)]) == Graph(4, ((0, 1), (1, 3)))


@pytest.mark.parametrize("edge", [(1, 0), (1, 1), (0, 4), (-1, 2)])
def test_edges_that_make_no_dag_are_refused(edge: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="none of a DAG with nodes 0 to 3"):
        Graph(4, (edge,))


@pytest.mark.parametrize(
    ("kind", "edges", "inputs", "outputs", "depth", "depths", "paths"),
    [
        ("ws", 64, 5.7, 5.2, 10.1, (5, 16), 92),
        ("er", 99, 4.9, 5.2, 10.0, (7, 16), 353),
        ("ba", 135, 1.0, 7.5, 12.0, (8, 17), 2979),
    ],
)
def test_statistics_of_32_nodes_over_200_seeds(
    kind: Kind, edges: float, inputs: float, outputs: float, depth: float, depths: tuple[int, int], paths: float
) -> None:
    graphs = [random_graph(kind, 32, seed) for seed in range(200)]
    assert mean(len(g.edges) for g in graphs) == pytest.approx(edges, rel=0.02)
    assert mean(len(g.inputs) for g in graphs) == pytest.approx(inputs, abs=0.3)
    assert mean(len(g.outputs) for g in graphs) == pytest.approx(outputs, abs=0.3)
    assert mean(g.depth for g in graphs) == pytest.approx(depth, abs=0.4)
    assert min(g.depth for g in graphs) >= depths[0] - 1
    assert max(g.depth for g in graphs) <= depths[1] + 1
    assert median(g.paths for g in graphs) == pytest.approx(paths, rel=0.15)


@pytest.mark.parametrize(("kind", "edges"), [("ws", 64), ("ba", 135)])
def test_every_graph_of_these_generators_has_the_same_number_of_edges(kind: Kind, edges: int) -> None:
    assert {len(random_graph(kind, 32, seed).edges) for seed in range(50)} == {edges}


def test_some_erdos_renyi_graphs_have_isolated_nodes() -> None:
    isolated = [bool(set(g.inputs) & set(g.outputs)) for g in (random_graph("er", 32, seed) for seed in range(200))]
    assert 0.01 < mean(isolated) < 0.1


def test_without_rewiring_a_ring_lattice_remains() -> None:
    graph = random_graph("ws", 8, 0, rewiring=0.0)
    ring = {(node, (node + step) % 8) for node in range(8) for step in (1, 2)}
    assert graph == Graph.oriented(8, ring)


def test_the_same_seed_gives_the_same_graph_and_another_seed_another() -> None:
    assert random_graph("ws", 32, 5) == random_graph("ws", 32, 5)
    assert random_graph("ws", 32, 5) != random_graph("ws", 32, 6)


def test_seeds_of_stages_differ_within_and_between_networks() -> None:
    assert len({stage_seed(seed, stage) for seed in range(100) for stage in range(4)}) == 400


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("grid", {}, "graph must be 'ws', 'er' or 'ba', not 'grid'"),
        ("ws", {"neighbours": 3}, "neighbours must be even"),
        ("ws", {"neighbours": 8}, "below the 8 nodes"),
        ("ws", {"rewiring": 1.5}, "rewiring must lie between 0 and 1"),
        ("er", {"edge_rate": -0.1}, "edge_rate must lie between 0 and 1"),
        ("ba", {"new_edges": 8}, "below the 8 nodes"),
    ],
)
def test_impossible_generators_are_refused(kind: Any, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        random_graph(kind, 8, 0, **parameters)
