"""Parts taken out of networks: against the same networks changed by hand, and whole again afterwards."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import zoo
from zoo.layers import ResidualBlock
from zoo.lesions import parts_of, without
from zoo.methods.cliquenet import CliqueNet
from zoo.methods.fractalnet import FractalNet
from zoo.methods.highway import Highway, HighwayLayer
from zoo.methods.randwire.network import RandWireNet
from zoo.network import Forward, RoutedNet, Setting, Task

TASK = Task(shape=(1, 28, 28), classes=10)
NETWORKS = [*(f"{name}[tiny]" for name in zoo.list_methods()), "active_conv[tiny, trunk='plain']"]


def network(selector: str) -> RoutedNet:
    """An untrained network whose batch norms are not at identity, so that every part matters."""
    torch.manual_seed(7)
    net = zoo.create(selector, TASK).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
    return net


@pytest.fixture
def images() -> Tensor:
    return torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def answer(net: RoutedNet, images: Tensor) -> Tensor:
    out: Forward = net(images)
    return out.logits


@pytest.mark.parametrize("selector", NETWORKS)
def test_a_network_is_whole_again_and_both_ways_to_compute_agree(selector: str, images: Tensor) -> None:
    net = network(selector)
    before = answer(net, images)
    kinds = parts_of(net).kinds
    assert kinds
    for chosen in (*([name] for name in kinds), list(kinds)):
        with without(net, chosen), torch.no_grad():
            masked, needed = net(images, compute="all"), net(images, compute="needed")
        torch.testing.assert_close(masked.logits, needed.logits)
        assert torch.equal(masked.route, needed.route)
    assert torch.equal(answer(net, images), before)
    assert net.setting.name == "default"


@pytest.mark.parametrize("selector", NETWORKS)
def test_units_of_parts_are_units_of_the_network(selector: str) -> None:
    net = network(selector)
    parts = parts_of(net)
    assert parts.kinds.keys() == parts.units.keys()
    assert {unit for units in parts.units.values() for unit in units} <= set(net.units)


@pytest.mark.parametrize("method", ["resnet", "stochastic_depth", "deformable", "active_conv", "adanet", "skipnet"])
def test_a_block_without_its_branch_is_one_whose_last_batch_norm_gives_zeros(method: str, images: Tensor) -> None:
    net = network(f"{method}[tiny]")
    name = "stage2.block2"
    with without(net, [name]):
        found = answer(net, images)
    (branch,) = net.unit_modules()[name]
    last = next(m for m in reversed(list(branch.modules())) if isinstance(m, nn.BatchNorm2d))
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    torch.testing.assert_close(found, answer(net, images))


@pytest.mark.parametrize(
    "method", ["resnet", "preresnet", "wideresnet", "pyramidnet", "densenet", "branchynet", "adanet"]
)
def test_a_part_that_does_nothing_costs_nothing(method: str, images: Tensor) -> None:
    net = network(f"{method}[tiny]")
    name = next(name for name, kind in parts_of(net).kinds.items() if kind in ("block", "layer"))
    if method == "branchynet":
        branch = next(m for m in net.modules() if isinstance(m, ResidualBlock)).branch
    else:
        (branch,) = net.unit_modules()[name]
    last = [m for m in branch.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)][-1]
    for parameter in last.parameters():
        nn.init.zeros_(parameter)
    before = answer(net, images)
    with without(net, [name]):
        assert torch.equal(answer(net, images), before)


def test_a_highway_layer_that_is_out_carries_as_one_whose_gates_are_shut(images: Tensor) -> None:
    net = network("highway[tiny]")
    assert isinstance(net, Highway)
    with without(net, ["stage2.layer1"]), torch.no_grad():
        found = net(images)
    column = net.units.index("stage2.layer1")
    assert found.gate_probs is not None
    assert found.gate_probs[:, column].tolist() == [0.0] * len(images)
    (layer,) = net.unit_modules()["stage2.layer1"]
    assert isinstance(layer, HighwayLayer)
    assert layer.gate.bias is not None
    nn.init.constant_(layer.gate.bias, -1e4)
    torch.testing.assert_close(found.logits, answer(net, images))


def test_a_fractal_without_all_columns_but_one_is_that_column(images: Tensor) -> None:
    net = network("fractalnet[tiny, own_statistics=False]")
    assert isinstance(net, FractalNet)
    for column in range(1, net.columns + 1):
        with without(net, [f"column{other}" for other in range(1, net.columns + 1) if other != column]):
            found = answer(net, images)
        net.use(Setting(name="alone", values={"column": column}))
        torch.testing.assert_close(found, answer(net, images))
        net.use(Setting(name="default"))


def test_a_column_is_all_its_paths(images: Tensor) -> None:
    net = network("fractalnet[tiny]")
    with without(net, ["column2"]):
        whole = answer(net, images)
    with without(net, [name for name in net.units if ".column2." in name]):
        assert torch.equal(answer(net, images), whole)


def test_a_fractal_block_that_nothing_leads_through_gives_zeros(images: Tensor) -> None:
    net = network("fractalnet[tiny]")
    first = [name for name in net.units if name.startswith("block1.")]
    with without(net, first):
        assert torch.equal(answer(net, images), answer(net, 1 - images))


def test_a_clique_without_updates_is_served_without_them(images: Tensor) -> None:
    net = network("cliquenet[tiny]")
    assert isinstance(net, CliqueNet)
    with without(net, [name for name, kind in parts_of(net).kinds.items() if kind == "update"]):
        found = answer(net, images)
    net.use(Setting(name="x=0", values={"updates": 0}))
    torch.testing.assert_close(found, answer(net, images))


def test_nodes_and_edges_of_a_graph_are_those_of_its_own_lesions(images: Tensor) -> None:
    net = network("randwire[tiny]")
    assert isinstance(net, RandWireNet)
    edge = next(name for name, kind in parts_of(net).kinds.items() if kind == "edge")
    with without(net, ["stage2.node3", edge]):
        found = answer(net, images)
    source, target = edge.split(" -> ")
    net.lesion(nodes=["stage2.node3"], edges=[(source, target)])
    assert torch.equal(found, answer(net, images))


def test_without_early_exits_everybody_leaves_at_the_end(images: Tensor) -> None:
    net = network("msdnet[tiny]")
    exits = [name for name, kind in parts_of(net).kinds.items() if kind == "exit"]
    net.use(Setting(name="soon", values={"thresholds": [1e9] * len(exits)}))
    with without(net, exits), torch.no_grad():
        route = net(images, compute="needed").route
    assert not route[:, [net.units.index(name) for name in exits]].any()
    assert route[:, -1].all()
    with torch.no_grad():
        assert net(images).route[:, 1].all()


def test_layers_of_a_plain_trunk_pass_their_input_on(images: Tensor) -> None:
    net = network("active_conv[tiny, trunk='plain']")
    kinds = parts_of(net).kinds
    assert "stage2.conv1" not in kinds  # its output has another shape
    (layer,) = net.unit_modules()["stage2.conv2"]
    seen: list[Tensor] = []
    following = net.unit_modules()["stage3.conv1"][0]
    handles = [layer.register_forward_hook(lambda m, inputs, out: seen.append(inputs[0].clone()))]
    handles.append(following.register_forward_hook(lambda m, inputs, out: seen.append(inputs[0].clone())))
    with without(net, ["stage2.conv2"]):
        answer(net, images)
    assert torch.equal(*seen)
    for handle in handles:
        handle.remove()


def test_an_unknown_part_is_named_with_the_valid_ones() -> None:
    net = network("resnet[tiny]")
    message = r"ResNet has no part 'stage9' that can be taken out \(valid: stage1.block1, .*stage3.block2\)"
    with pytest.raises(ValueError, match=message), without(net, ["stage9"]):
        pass


def test_a_network_in_training_is_refused() -> None:
    with (
        pytest.raises(ValueError, match=r"call eval\(\) first"),
        without(network("resnet[tiny]").train(), ["stage1.block1"]),
    ):
        pass
