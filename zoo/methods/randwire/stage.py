"""A randomly wired stage: its nodes, the graph stored beside their weights, and lesions."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from zoo.layers import Depthwise, ModulesOf, conv, init_he
from zoo.methods.randwire.graphs import Graph
from zoo.network import Compute


@dataclass(frozen=True)
class Lesions:
    """Nodes and edges of one stage that are taken out, by number."""

    nodes: Collection[int] = ()
    edges: Collection[tuple[int, int]] = ()

    def cuts(self, source: int, target: int) -> bool:
        """Whether nothing arrives over that edge."""
        return source in self.nodes or (source, target) in self.edges


class Node(nn.Module):
    """Weighted sum of its inputs, ReLU, separable 3x3 convolution, batch norm (Xie et al. 2019, section 3.2).

    The gains of the sum are sigmoids of learnt numbers, which start at 0; a single input is taken as it is.

    Args:
        channels: of every input.
        width: of the output.
        stride: of the depthwise convolution.
        in_degree: number of inputs.
    """

    def __init__(self, channels: int, width: int, stride: int, in_degree: int) -> None:
        super().__init__()
        self.gains = nn.Parameter(torch.zeros(in_degree)) if in_degree > 1 else None
        self.relu = nn.ReLU(inplace=self.gains is not None)
        self.depthwise = Depthwise(channels, stride)
        self.pointwise = conv(channels, width, 1)
        self.norm: nn.Module = nn.BatchNorm2d(width)
        init_he(self.pointwise)

    def forward(self, inputs: Sequence[Tensor | None]) -> Tensor:
        """Tensors (N, C, H, W) to (N, width, H / stride, W / stride).

        None stands for an input that a cut edge withholds, at least one is there; gains are not re-normalised.
        """
        out: Tensor = self.norm(self.pointwise(self.depthwise(self.relu(self._sum(inputs)))))
        return out

    def _sum(self, inputs: Sequence[Tensor | None]) -> Tensor:
        (first, total), *others = [(i, x) for i, x in enumerate(inputs) if x is not None]
        if self.gains is None:
            return total
        gains = torch.sigmoid(self.gains).to(total.dtype).unbind()
        total = gains[first] * total
        for i, x in others:
            total = torch.addcmul(total, gains[i], x)
        return total


class RandomStage(nn.Module):
    """A random graph of nodes; its input goes to every input node, its output is the mean of the output nodes.

    Input nodes halve the resolution and change the channels. The graph is a buffer, so that it is stored with the
    weights: loading weights that were trained on another graph of as many nodes rewires the stage.

    Args:
        graph: the wiring.
        channels: of the input.
        width: of the nodes.
        edge_drop: in training, the probability that an edge is cut for a batch. The paper drops "one edge whose target
            has more than one input", which leaves open how often; here every edge into such a target is drawn at this
            rate, and where all of a target's are hit none is cut.
    """

    edges: Tensor

    def __init__(self, graph: Graph, channels: int, width: int, edge_drop: float) -> None:
        super().__init__()
        self.channels, self.width, self.edge_drop = channels, width, edge_drop
        self.rewire(graph)

    def rewire(self, graph: Graph) -> None:
        """Take another graph, with new nodes."""
        self.graph = graph
        self.register_buffer("edges", torch.tensor(graph.edges, dtype=torch.int64).view(-1, 2))
        self.nodes: ModulesOf[Node] = ModulesOf(
            Node(self.width, self.width, 1, len(sources)) if sources else Node(self.channels, self.width, 2, 1)
            for sources in graph.sources
        )

    def forward(self, x: Tensor, lesions: Lesions, compute: Compute) -> Tensor:
        """(N, channels, H, W) to (N, width, H / 2, W / 2); "needed" does not run lesioned nodes."""
        if self.training:
            lesions = self._dropped_edges()
        outs: list[Tensor] = []
        for target, (node, sources) in enumerate(zip(self.nodes, self.graph.sources, strict=True)):
            if compute == "needed" and target in lesions.nodes:
                outs.append(self._blank(x))
                continue
            inputs = [None if lesions.cuts(source, target) else outs[source] for source in sources] or [x]
            if all(one is None for one in inputs):
                inputs[0] = self._blank(x)
            outs.append(node(inputs))
        ends = [outs[node] for node in self.graph.outputs if node not in lesions.nodes]
        return reduce(torch.add, ends) / len(self.graph.outputs) if ends else self._blank(x)

    def _blank(self, x: Tensor) -> Tensor:
        return x.new_zeros(len(x), self.width, *(math.ceil(side / 2) for side in x.shape[2:]))

    def _dropped_edges(self) -> Lesions:
        if not self.edge_drop:
            return Lesions()
        dropped = set()
        for target, sources in enumerate(self.graph.sources):
            cut = (torch.rand(len(sources), device="cpu") < self.edge_drop).tolist()
            if not all(cut):
                dropped |= {(source, target) for source, gone in zip(sources, cut, strict=True) if gone}
        return Lesions(edges=dropped)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        edges = state_dict.get(f"{prefix}edges")
        if edges is not None and not self._is_wired(edges):
            old = self.nodes
            self.rewire(self._graph_of(edges, state_dict, f"{prefix}nodes."))
            self.nodes.train(self.training).to(next(old.parameters()))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _is_wired(self, edges: Tensor) -> bool:
        return [tuple(edge) for edge in edges.tolist()] == list(self.graph.edges)

    def _graph_of(self, edges: Tensor, state_dict: Mapping[str, Any], prefix: str) -> Graph:
        stored = {name.removeprefix(prefix).split(".")[0] for name in state_dict if name.startswith(prefix)}
        if len(stored) != self.graph.nodes:
            raise ValueError(
                f"these weights belong to a graph of {len(stored)} nodes; build the network with nodes={len(stored)}, "
                f"not {self.graph.nodes}"
            )
        return Graph(self.graph.nodes, tuple((source, target) for source, target in edges.tolist()))
