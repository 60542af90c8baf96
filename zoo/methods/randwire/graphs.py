"""Random graphs as wiring of a stage: generators, orientation into a DAG, and what there is to know of one.

Facts that re-implementations miss: every stage has a graph of its own (one public code builds the same for all, another
ships ring lattices that were never rewired); nodes of G(n, p) may be isolated, and are input and output at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Kind = Literal["ws", "er", "ba"]


@dataclass(frozen=True)
class Graph:
    """A directed acyclic graph: edges lead from smaller to greater node numbers.

    Attributes:
        nodes: how many; they are numbered from 0.
        edges: (source, target) pairs in ascending order of target, then source.

    Raises:
        ValueError: an edge that does not lead from a smaller to a greater number below `nodes`.
    """

    nodes: int
    edges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Check the edges."""
        for source, target in self.edges:
            if not 0 <= source < target < self.nodes:
                raise ValueError(f"edge {source} -> {target} is none of a DAG with nodes 0 to {self.nodes - 1}")

    @classmethod
    def oriented(cls, nodes: int, undirected: Iterable[tuple[int, int]]) -> Graph:
        """Every edge from its smaller to its greater end."""
        edges = {(min(edge), max(edge)) for edge in undirected}
        return cls(nodes, tuple(sorted(edges, key=lambda edge: (edge[1], edge[0]))))

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """Per node, where its edges come from, ascending."""
        found: list[list[int]] = [[] for _ in range(self.nodes)]
        for source, target in self.edges:
            found[target].append(source)
        return tuple(map(tuple, found))

    @cached_property
    def out_degrees(self) -> tuple[int, ...]:
        """Per node, how many edges leave it."""
        leaving = [source for source, _ in self.edges]
        return tuple(leaving.count(node) for node in range(self.nodes))

    @property
    def inputs(self) -> tuple[int, ...]:
        """Nodes without incoming edge: they read the stage's input."""
        return tuple(node for node in range(self.nodes) if not self.sources[node])

    @property
    def outputs(self) -> tuple[int, ...]:
        """Nodes without outgoing edge: the stage's output is their mean."""
        return tuple(node for node in range(self.nodes) if not self.out_degrees[node])

    @property
    def depth(self) -> int:
        """Nodes on the longest path."""
        longest: list[int] = []
        for sources in self.sources:
            longest.append(1 + max((longest[source] for source in sources), default=0))
        return max(longest)

    @property
    def paths(self) -> int:
        """How many paths lead from an input node to an output node."""
        arriving: list[int] = []
        for sources in self.sources:
            arriving.append(sum(arriving[source] for source in sources) if sources else 1)
        return sum(arriving[node] for node in self.outputs)


def random_graph(
    kind: Kind,
    nodes: int,
    seed: int,
    *,
    neighbours: int = 4,
    rewiring: float = 0.75,
    edge_rate: float = 0.2,
    new_edges: int = 5,
) -> Graph:
    """Draw a graph and orient it by node number (Xie et al. 2019, section 3.3).

    Numbers follow the ring in Watts-Strogatz graphs and the order of arrival in Barabasi-Albert graphs; they are random
    in Erdos-Renyi graphs, where all nodes are alike.

    Args:
        kind: `ws`, `er` or `ba`.
        nodes: N.
        seed: the same seed gives the same graph.
        neighbours: K of WS, even: each node starts with K / 2 neighbours on each side.
        rewiring: P of WS.
        edge_rate: P of ER.
        new_edges: M of BA; networkx starts from a star of M + 1 nodes.

    Raises:
        ValueError: an unknown kind, or numbers that describe no graph.
    """
    if nodes < 1:
        raise ValueError(f"nodes must be at least 1, not {nodes}")
    if kind == "ws":
        drawn = _watts_strogatz(nodes, neighbours, rewiring, seed)
    elif kind == "er":
        drawn = _erdos_renyi(nodes, edge_rate, seed)
    elif kind == "ba":
        drawn = _barabasi_albert(nodes, new_edges, seed)
    else:
        raise ValueError(f"graph must be 'ws', 'er' or 'ba', not {kind!r}")
    return Graph.oriented(nodes, drawn.edges)


def _networkx() -> Any:
    """The library that draws, loaded with the first graph: it takes half a second."""
    import networkx

    return networkx


def _watts_strogatz(nodes: int, neighbours: int, rewiring: float, seed: int) -> Any:
    if neighbours % 2 or not 2 <= neighbours < nodes:
        raise ValueError(f"neighbours must be even, at least 2 and below the {nodes} nodes, not {neighbours}")
    if not 0 <= rewiring <= 1:
        raise ValueError(f"rewiring must lie between 0 and 1, not {rewiring}")
    return _networkx().watts_strogatz_graph(nodes, neighbours, rewiring, seed=seed)


def _erdos_renyi(nodes: int, edge_rate: float, seed: int) -> Any:
    if not 0 <= edge_rate <= 1:
        raise ValueError(f"edge_rate must lie between 0 and 1, not {edge_rate}")
    return _networkx().gnp_random_graph(nodes, edge_rate, seed=seed)


def _barabasi_albert(nodes: int, new_edges: int, seed: int) -> Any:
    if not 1 <= new_edges < nodes:
        raise ValueError(f"new_edges must be at least 1 and below the {nodes} nodes, not {new_edges}")
    return _networkx().barabasi_albert_graph(nodes, new_edges, seed=seed)


def stage_seed(seed: int, stage: int) -> int:
    """Seed of a stage's graph, derived by hashing so that stages differ and other seeds share none of them."""
    digest = hashlib.sha256(f"randwire graph {seed} stage {stage}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
