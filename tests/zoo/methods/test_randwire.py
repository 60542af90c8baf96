"""RandWireNN: sums and means by hand, lesions, and graphs that travel with the weights."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

import zoo
from benchmarks.conformance.cases import CPU, TASK, trained
from zoo.methods.randwire.graphs import Graph
from zoo.methods.randwire.network import RandWireNet
from zoo.methods.randwire.stage import Lesions, Node, RandomStage
from zoo.sizing.unit_costs import count_executed, measure_ledger
from zoo.weights import WeightsError, load_weights

DIAMOND = Graph(4, ((0, 1), (0, 2), (1, 3), (2, 3)))


def built(name: str) -> RandWireNet:
    with torch.device("meta"):
        net = zoo.create(name)
    assert isinstance(net, RandWireNet)
    return net


def tiny(**parameters: Any) -> RandWireNet:
    net = zoo.create(zoo.Selector("randwire", "tiny", parameters), TASK)
    assert isinstance(net, RandWireNet)
    return net


def stages(net: RandWireNet) -> list[RandomStage]:
    return [stage for stage in net.stages if isinstance(stage, RandomStage)]


def parts(node: torch.nn.Module, x: Tensor) -> Tensor:
    """What a node does after its sum."""
    assert isinstance(node, Node)
    out: Tensor = node.norm(node.pointwise(node.depthwise(torch.relu(x))))
    return out


def test_a_sum_weighs_its_inputs_by_sigmoids_that_start_at_one_half() -> None:
    node = Node(2, 2, 1, in_degree=3).eval()
    a, b, c = torch.randn(3, 1, 2, 4, 4)
    torch.testing.assert_close(node([a, b, c]), parts(node, (a + b + c) / 2))
    assert node.gains is not None
    with torch.no_grad():
        node.gains.copy_(torch.tensor([0.0, 20.0, -20.0]))
    torch.testing.assert_close(node([a, b, c]), parts(node, a / 2 + b), atol=1e-6, rtol=1e-5)


def test_a_single_input_has_no_gain() -> None:
    node = Node(2, 4, 2, in_degree=1).eval()
    x = torch.randn(1, 2, 4, 4)
    assert node.gains is None
    assert node([x]).shape == (1, 4, 2, 2)
    torch.testing.assert_close(node([x]), parts(node, x))


def test_input_nodes_halve_and_widen_and_the_output_is_an_unweighted_mean() -> None:
    stage = RandomStage(Graph(3, ((0, 1),)), 2, 4, 0.0).eval()
    x = torch.randn(1, 2, 6, 6)
    first, isolated = parts(stage.nodes[0], x), parts(stage.nodes[2], x)
    expected = (parts(stage.nodes[1], first) + isolated) / 2
    torch.testing.assert_close(stage(x, Lesions(), "all"), expected)
    assert expected.shape == (1, 4, 3, 3)


def test_lesions_are_not_made_up_for() -> None:
    stage = RandomStage(DIAMOND, 2, 2, 0.0).eval()
    x = torch.randn(1, 2, 8, 8)
    a = parts(stage.nodes[0], x)
    half = parts(stage.nodes[3], parts(stage.nodes[1], a) / 2)
    torch.testing.assert_close(stage(x, Lesions(nodes={2}), "needed"), half)
    torch.testing.assert_close(stage(x, Lesions(edges={(2, 3)}), "needed"), half)


def test_an_output_node_taken_out_leaves_its_share_of_the_mean_empty() -> None:
    stage = RandomStage(Graph(3, ((0, 1), (0, 2))), 2, 2, 0.0).eval()
    x = torch.randn(1, 2, 8, 8)
    alone = parts(stage.nodes[1], parts(stage.nodes[0], x))
    torch.testing.assert_close(stage(x, Lesions(nodes={2}), "all"), alone / 2)


@pytest.mark.parametrize("compute", ["all", "needed"])
def test_a_node_that_nothing_reaches_sees_zeros(compute: zoo.Compute) -> None:
    stage = RandomStage(DIAMOND, 2, 2, 0.0).eval()
    x = torch.randn(1, 2, 8, 8)
    zeros = torch.zeros(1, 2, 4, 4)
    expected = parts(stage.nodes[3], (parts(stage.nodes[1], zeros) + parts(stage.nodes[2], zeros)) / 2)
    torch.testing.assert_close(stage(x, Lesions(nodes={0}), compute), expected)


def test_stages_are_wired_differently_and_repeatably() -> None:
    net = built("randwire[randwire-c78, graph_seed=4]")
    assert len(set(net.graphs)) == 3
    assert net.graphs == built("randwire[randwire-c78, graph_seed=4]").graphs


def test_without_a_seed_graphs_follow_torchs_random_state() -> None:
    graphs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        graphs.append(tiny().graphs)
    assert graphs[0] == graphs[1] != graphs[2]


def test_parameters_and_costs_of_c78_vary_little_around_the_published() -> None:
    nets = [built(f"randwire[randwire-c78, graph_seed={seed}]") for seed in range(3)]
    for net in nets:
        assert 5.5e6 < zoo.count_parameters(net) < 5.72e6
        assert measure_ledger(net).nominal == pytest.approx(583e6, abs=13e6)  # paper: 583 +- 6.2 M over five graphs


@pytest.mark.parametrize(
    ("preset", "parameters", "macs"),
    [("randwire-c109", 31.9e6, 4.0e9), ("randwire-c154", 61.5e6, 7.9e9), ("randwire-c78-cifar", 4.359e6, 183.7e6)],
)
def test_parameters_and_costs_of_the_larger_and_the_cifar_networks(preset: str, parameters: float, macs: float) -> None:
    net = built(f"randwire[{preset}, graph_seed=0]")
    assert zoo.count_parameters(net) == pytest.approx(parameters, rel=0.025)
    assert measure_ledger(net).nominal == pytest.approx(macs, rel=0.025)


EDGES = {"er": 31 * 32 / 2 * 0.2, "ba": 5 * (32 - 5), "ws": 32 * 4 / 2}
"""Of a stage of 32 nodes: the mean of ER(0.2), and the numbers that BA(5) and WS(4, 0.75) always have."""


@pytest.mark.parametrize("channels", [78, 109, 154])
@pytest.mark.parametrize("kind", ["er", "ba"])
def test_every_generator_has_the_regimes_of_the_paper_at_the_same_size(channels: int, kind: str) -> None:
    net = built(f"randwire[randwire-c{channels}-{kind}, graph_seed=0]")
    like = built(f"randwire[randwire-c{channels}, graph_seed=0]")
    edges = [len(graph.edges) for graph in net.graphs if graph.nodes == 32]
    assert edges == pytest.approx([EDGES[kind]] * 3, rel=0.35 if kind == "er" else 0)
    assert [graph.nodes for graph in net.graphs] == [graph.nodes for graph in like.graphs]
    own, theirs = zoo.count_parameters(net), zoo.count_parameters(like)
    # a BA graph has a single input node, so that all others are as wide as their stage
    assert 0.97 * theirs < own < (1.03 if kind == "er" else 1.1) * theirs


@pytest.mark.parametrize("kind", ["er", "ba"])
def test_stages_of_every_generator_have_the_parameters_of_their_nodes(kind: str) -> None:
    net = built(f"randwire[randwire-c109-{kind}, graph_seed=0]")
    channels = 109 // 2
    for stage, width in zip(stages(net), (109, 218, 436, 872), strict=True):
        expected = 0
        for sources in stage.graph.sources:
            read = width if sources else channels
            expected += 9 * read + read * width + 2 * width + (len(sources) if len(sources) > 1 else 0)
        assert zoo.count_parameters(stage) == expected
        channels = width


@pytest.mark.parametrize("suffix", ["", "-er", "-ba"])
def test_the_large_regime_is_the_regular_network_on_pictures_of_320_pixels(suffix: str) -> None:
    usual, large = (built(f"randwire[randwire-c154{suffix}{end}, graph_seed=0]") for end in ("", "-320"))
    assert large.graphs == usual.graphs
    assert {n: v.shape for n, v in large.state_dict().items()} == {n: v.shape for n, v in usual.state_dict().items()}
    linear = 1280 * 1000
    small, big = (measure_ledger(net).nominal - linear for net in (usual, large))
    assert big * 7 * 7 == small * 10 * 10


def test_a_network_that_was_trained_at_one_size_is_evaluated_at_a_larger_one(tmp_path: Path) -> None:
    """As the large regime is: the same graph and weights, more pixels."""
    net = trained("randwire[tiny]").net
    assert isinstance(net, RandWireNet)
    save_file({n: v.contiguous() for n, v in net.state_dict().items()}, tmp_path / "x.safetensors")
    large = zoo.create(f"randwire[tiny, weights={tmp_path}/x.safetensors]", replace(TASK, shape=(1, 40, 40))).eval()
    assert isinstance(large, RandWireNet)
    assert large.graphs == net.graphs
    for name, value in large.state_dict().items():
        assert torch.equal(value, net.state_dict()[name])
    enlarged = functional.interpolate(trained("randwire[tiny]").images, (40, 40), mode="bilinear", antialias=True)
    with torch.no_grad():
        assert large(enlarged).logits.isfinite().all()
    assert measure_ledger(large).nominal > 1.9 * measure_ledger(net).nominal


@pytest.mark.parametrize("preset", [name for name in zoo.method("randwire").presets if name.endswith("-320")])
def test_the_large_regime_is_not_trained(preset: str) -> None:
    assert not zoo.method("randwire").presets[preset].recipe


def test_the_regular_regime_has_half_the_nodes_in_its_first_stage() -> None:
    assert [graph.nodes for graph in built("randwire[randwire-c109]").graphs] == [16, 32, 32, 32]
    assert [stage.width for stage in stages(built("randwire[randwire-c109]"))] == [109, 218, 436, 872]


def lesioned(nodes: Sequence[str] = (), edges: Sequence[tuple[str, str]] = ()) -> RandWireNet:
    net = copy.deepcopy(trained("randwire[tiny]").net)
    assert isinstance(net, RandWireNet)
    net.lesion(nodes=nodes, edges=edges)
    return net


def some_edge(net: RandWireNet) -> tuple[str, str]:
    source, target = net.graphs[1].edges[0]
    return f"stage2.node{source + 1}", f"stage2.node{target + 1}"


def test_a_lesioned_node_is_off_everybodys_route_and_does_not_run() -> None:
    images = trained("randwire[tiny]").images[:1]
    whole, without = lesioned(), lesioned(nodes=["stage2.node3"])
    ledger = measure_ledger(whole)
    unit = whole.units.index("stage2.node3")
    executed, out = count_executed(without, images)
    assert executed == ledger.nominal - int(ledger.unit_macs[unit])
    assert out.route[:, unit].tolist() == [False]
    assert int(out.route.sum()) == len(whole.units) - 1


def test_a_lesioned_edge_changes_the_answer_and_no_cost() -> None:
    case = trained("randwire[tiny]")
    whole = lesioned()
    without = lesioned(edges=[some_edge(whole)])
    with torch.no_grad():
        expected, found = whole(case.images), without(case.images)
    assert torch.equal(found.route, expected.route)
    assert not torch.allclose(found.logits, expected.logits)


def test_lesion_without_arguments_heals() -> None:
    case = trained("randwire[tiny]")
    net = lesioned(nodes=["stage1.node1"])
    net.lesion()
    with torch.no_grad():
        assert torch.equal(net(case.images).logits, case.net(case.images).logits)


def test_training_ignores_lesions() -> None:
    net = lesioned(nodes=["stage1.node1"]).train()
    assert net(torch.rand(2, 1, 28, 28)).route.all()


def test_lesions_of_what_is_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'stage9.node1' is no node; units are stage1.node1 to stage3.node"):
        lesioned(nodes=["stage9.node1"])
    source, target = some_edge(lesioned())
    with pytest.raises(ValueError, match=f"no edge leads from {target} to {source}"):
        lesioned(edges=[(target, source)])


def test_proposed_lesions_are_of_inner_nodes_with_most_and_fewest_targets() -> None:
    case = trained("randwire[tiny]")
    net = lesioned()
    graphs = [(net.graphs[s], node) for s, node in net.places.values()]
    inner = {u: g.out_degrees[v] for u, (g, v) in zip(net.units, graphs, strict=True) if v not in g.inputs}
    chosen = {setting.name: inner[setting.values["nodes"][0]] for setting in case.settings[1:]}
    assert chosen == {"without a hub": max(inner.values()), "without a leaf": min(inner.values())}


def test_weights_bring_their_graph_along(tmp_path: Path) -> None:
    first, second = tiny(graph_seed=1).eval(), tiny(graph_seed=2).eval()
    assert first.graphs != second.graphs
    save_file(first.state_dict(), tmp_path / "weights.safetensors")
    second.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert first.graphs == second.graphs
    images = torch.rand(3, 1, 28, 28)
    with torch.no_grad():
        assert torch.equal(first(images).logits, second(images).logits)


def test_weights_with_another_number_of_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match="build the network with nodes=5"):
        tiny().load_state_dict(tiny(nodes=5).state_dict())
    with pytest.raises(WeightsError, match=r"x does not fit the network: missing: stages\.0\.nodes\.5"):
        load_weights(tiny(), tiny(nodes=5).state_dict(), "x")


def test_weights_of_another_width_are_refused_with_the_names_that_differ() -> None:
    """Whatever graph they bring: names and shapes are those of the network once it has it."""
    with pytest.raises(WeightsError, match=r"x does not fit the network: stem\.0\.0\.weight has the shape"):
        load_weights(tiny(), tiny(channels=20).state_dict(), "x")


def test_a_rewired_stage_keeps_mode_and_precision() -> None:
    net = tiny(graph_seed=1).double().eval()
    net.load_state_dict(tiny(graph_seed=2).state_dict())
    assert {p.dtype for p in net.parameters()} == {torch.float64}
    assert not any(module.training for module in net.modules())


def test_edges_are_dropped_in_training_only_and_leave_every_node_an_input() -> None:
    stage = RandomStage(DIAMOND, 2, 2, edge_drop=0.6)
    torch.manual_seed(0)
    dropped = [set(stage._dropped_edges().edges) for _ in range(200)]
    assert all(edges in (set(), {(1, 3)}, {(2, 3)}) for edges in dropped)
    assert {frozenset(edges) for edges in dropped} == {frozenset(), frozenset({(1, 3)}), frozenset({(2, 3)})}
    x = torch.rand(2, 2, 8, 8)
    stage.eval()
    assert torch.equal(stage(x, Lesions(), "all"), stage(x, Lesions(), "all"))


def test_labels_are_smoothed() -> None:
    net = tiny(label_smoothing=0.1)
    logits = torch.tensor([[2.0] + [0.0] * 9])
    forward = zoo.Forward(logits=logits, route=net.all_units(1, CPU))
    log_probs = torch.log_softmax(logits, dim=1)[0]
    expected = -(0.91 * log_probs[0] + 0.01 * log_probs[1:].sum())
    torch.testing.assert_close(net.loss(forward, torch.tensor([0])), expected)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"regime": "huge"}, "regime must be 'small' or 'regular'"),
        ({"nodes": 1}, "nodes and channels must be at least 2"),
        ({"stem_strides": (2,)}, "stem_strides must be 2 numbers"),
        ({"edge_drop": 1.0}, "edge_drop must be at least 0 and below 1"),
        ({"dropout": -0.1}, "dropout must be at least 0"),
        ({"stem_strides": (4, 4)}, "28 x 28 pixels are smaller than the network's stride 128"),
    ],
)
def test_impossible_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(**parameters)
