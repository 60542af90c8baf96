"""RandWireNN: stages wired by random graphs; every image takes the whole graph, lesions show what a part is worth.

Facts that re-implementations miss: input nodes halve the resolution and change the channels (at the output side it cost
5 points), every stage draws its own graph, and there is a ReLU between the last batch norm and the head. Another one is
behind the head's batch norm: the paper's "conv" is convolution, batch norm, ReLU. Third-party code leaves it out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.layers import ModulesOf, conv_bn_relu, init_he
from zoo.methods.randwire.graphs import Graph, Kind, random_graph, stage_seed
from zoo.methods.randwire.stage import Lesions, RandomStage
from zoo.network import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.papers.randwire import PAPER
from zoo.registry import register


@register("randwire", PAPER)
class RandWireNet(RoutedNet):
    """Stages wired by random graphs (Xie et al. 2019).

    The small regime has two convolutions and three stages of C, 2 C and 4 C channels; the regular one has a
    convolution and four stages of C to 8 C, the first with half the nodes. Every stage halves the resolution.

    Nodes are units. All run for every image until `lesion`, or a setting, takes nodes or edges out at test time.

    Args:
        task: what to build for.
        graph: `ws` (Watts-Strogatz), `er` (Erdos-Renyi) or `ba` (Barabasi-Albert).
        nodes: N, per stage.
        channels: C.
        regime: `small` or `regular`.
        stages: how many of these there are; None for all.
        stem_strides: of the stem's convolutions, two in the small and one in the regular regime; 2 each if None.
        head_width: channels of the 1x1 convolution in front of the classifier.
        graph_seed: of the graphs, from which every stage's own is derived; None draws it from torch's random state,
            so that repetitions of a study differ in their graphs too.
        neighbours: see `zoo.methods.randwire.graphs.random_graph`, as are rewiring, edge_rate and new_edges.
        rewiring: P of WS.
        edge_rate: P of ER.
        new_edges: M of BA.
        edge_drop: see `RandomStage`; 0.1 in the regular regime.
        dropout: of the classifier's input; 0.2 in the regular regime.
        label_smoothing: of the cross-entropy, for a recipe that has none; 0.1 on ImageNet.

    Raises:
        ValueError: parameters that do not describe a network, or images too small for its strides.
    """

    def __init__(
        self,
        task: Task,
        *,
        graph: Kind = "ws",
        nodes: int = 32,
        channels: int = 78,
        regime: Literal["small", "regular"] = "small",
        stages: int | None = None,
        stem_strides: Sequence[int] | None = None,
        head_width: int = 1280,
        graph_seed: int | None = None,
        neighbours: int = 4,
        rewiring: float = 0.75,
        edge_rate: float = 0.2,
        new_edges: int = 5,
        edge_drop: float = 0.0,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(task, label_smoothing=label_smoothing)
        layout = _layout(regime, nodes, channels, stages)
        strides = tuple(stem_strides or (2,) * (2 if regime == "small" else 1))
        _check(task, regime, strides, len(layout))
        _check_rates(edge_drop=edge_drop, dropout=dropout, label_smoothing=label_smoothing)
        self.graph_seed = graph_seed if graph_seed is not None else int(torch.randint(2**31, (), device="cpu"))
        stem_widths = (channels // 2, channels)[: len(strides)]
        self.stem = _stem((task.shape[0], *stem_widths), strides)
        self.stages: ModulesOf[RandomStage] = ModulesOf()
        width = stem_widths[-1]
        for s, (count, stage_width) in enumerate(layout):
            wiring = random_graph(
                graph,
                count,
                stage_seed(self.graph_seed, s),
                neighbours=neighbours,
                rewiring=rewiring,
                edge_rate=edge_rate,
                new_edges=new_edges,
            )
            self.stages.append(RandomStage(wiring, width, stage_width, edge_drop))
            width = stage_width
        self.head = _head(width, head_width, task.classes, dropout)
        self.places = {f"stage{s + 1}.node{v + 1}": (s, v) for s, (n, _) in enumerate(layout) for v in range(n)}
        self.units = tuple(self.places)
        self.lesions = (Lesions(),) * len(layout)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; training takes no lesions into account."""
        x = self.stem(x)
        for stage, lesions in zip(self.stages, self.lesions, strict=True):
            x = stage(x, lesions, compute)
        intact = [self.training or node not in self.lesions[stage].nodes for stage, node in self.places.values()]
        route = torch.tensor(intact).to(x.device, non_blocking=True).expand(len(x), -1)
        return Forward(logits=self.head(x), route=route)

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """One node each."""
        return {name: (self.stages[stage].nodes[node],) for name, (stage, node) in self.places.items()}

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """The wiring of every stage; loading weights brings their own."""
        return tuple(stage.graph for stage in self.stages)

    def lesion(self, nodes: Iterable[str] = (), edges: Iterable[tuple[str, str]] = ()) -> None:
        """Take nodes (unit names) and edges (pairs of them, source first) out, and nothing else; no arguments heal all.

        Gains and the mean over output nodes are not re-normalised (paper, section 4.2).

        Raises:
            ValueError: a name that is no unit, or a pair that is no edge of the graph.
        """
        values = {"nodes": list(nodes), "edges": [list(edge) for edge in edges]}
        self.use(Setting(name="lesion" if any(values.values()) else "default", values=values))

    def settings(self, validation: Validation) -> list[Setting]:
        """The whole network, and lesions that the graph proposes: nodes fed by others, with most and fewest targets."""
        inner = {
            name: self.graphs[stage].out_degrees[node]
            for name, (stage, node) in self.places.items()
            if self.graphs[stage].sources[node]
        }
        settings = [Setting(name="default")]
        for role, choose in (("hub", max), ("leaf", min)):
            if len(set(inner.values())) > 1:
                name = choose(inner, key=lambda name: inner[name])
                note = f"lesion of {name}, which feeds {inner[name]} others; chosen by the graph alone"
                settings.append(Setting(name=f"without a {role}", values={"nodes": [name], "edges": []}, note=note))
        return settings

    def use(self, setting: Setting) -> None:
        """Take `nodes`, names of units, and `edges`, pairs of them, out of the graphs.

        Raises:
            ValueError: other values, names that are no units, or pairs that are no edges.
        """
        values: dict[str, Any] = dict(setting.values)
        nodes = [self._place(name) for name in values.pop("nodes", ())]
        edges = [self._edge(*edge) for edge in values.pop("edges", ())]
        if values:
            raise ValueError(f"randwire's settings have nodes and edges, not {list(values)}")
        self.lesions = tuple(
            Lesions(
                nodes=frozenset(node for stage, node in nodes if stage == s),
                edges=frozenset(edge for stage, edge in edges if stage == s),
            )
            for s in range(len(self.stages))
        )
        self.setting = setting

    def _place(self, name: str) -> tuple[int, int]:
        if name not in self.places:
            raise ValueError(f"{name!r} is no node; units are {self.units[0]} to {self.units[-1]}")
        return self.places[name]

    def _edge(self, source: str, target: str) -> tuple[int, tuple[int, int]]:
        (stage, u), (other, v) = self._place(source), self._place(target)
        if stage != other or (u, v) not in self.graphs[stage].edges:
            raise ValueError(f"no edge leads from {source} to {target}")
        return stage, (u, v)


def _layout(regime: str, nodes: int, channels: int, stages: int | None) -> list[tuple[int, int]]:
    if nodes < 2 or channels < 2:
        raise ValueError(f"nodes and channels must be at least 2, not {nodes} and {channels}")
    if regime == "small":
        layout = [(nodes, channels * 2**s) for s in range(3)]
    elif regime == "regular":
        layout = [(nodes if s else nodes // 2, channels * 2**s) for s in range(4)]
    else:
        raise ValueError(f"regime must be 'small' or 'regular', not {regime!r}")
    if stages is not None and not 1 <= stages <= len(layout):
        raise ValueError(f"stages must be between 1 and {len(layout)} in the {regime} regime, not {stages}")
    return layout[:stages]


def _check(task: Task, regime: str, stem_strides: Sequence[int], stages: int) -> None:
    convolutions = 2 if regime == "small" else 1
    if len(stem_strides) != convolutions or min(stem_strides) < 1:
        raise ValueError(f"stem_strides must be {convolutions} numbers of at least 1, not {list(stem_strides)}")
    task.require_size(math.prod(stem_strides) * 2**stages)


def _check_rates(**rates: float) -> None:
    for name, rate in rates.items():
        if not 0 <= rate < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, not {rate}")


def _stem(widths: Sequence[int], strides: Sequence[int]) -> nn.Sequential:
    layers = [conv_bn_relu(a, b, 3, stride=stride) for (a, b), stride in zip(pairwise(widths), strides, strict=True)]
    stem = nn.Sequential(*layers)
    init_he(stem)
    return stem


def _head(channels: int, width: int, classes: int, dropout: float) -> nn.Sequential:
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(width, classes)]
    head = nn.Sequential(nn.ReLU(), conv_bn_relu(channels, width, 1), *pooled)
    init_he(head)
    return head
