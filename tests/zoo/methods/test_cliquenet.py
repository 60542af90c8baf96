from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

import zoo
from benchmarks.conformance.cases import DIGITS, TASK, trained
from zoo.methods.cliquenet.block import CliqueBlock
from zoo.methods.cliquenet.network import CliqueNet
from zoo.network import count_parameters
from zoo.papers.paper import CIFAR100
from zoo.sizing.unit_costs import MacCounter, measure_ledger


def built(selector: str, task: zoo.Task | None = None) -> CliqueNet:
    """Without memory for weights."""
    with torch.device("meta"):
        net = zoo.create(selector, task)
    assert isinstance(net, CliqueNet)
    return net


def macs(selector: str) -> int:
    """Of convolutions and fully connected layers, for one image."""
    net = built(selector).eval()
    with torch.no_grad(), MacCounter() as counter:
        net(torch.zeros(1, *net.task.shape, device="meta"))
    return counter.macs


def block_of_two() -> CliqueBlock:
    """One channel and two layers, each connection a multiplication: W01 = 1, W02 = 2, W12 = 3, W21 = 5."""
    block = CliqueBlock(1, 1, 2, 2, bottleneck=False, dropout=0.0).eval()
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 0.0
    for parameter in block.weights:
        nn.init.zeros_(parameter)
    with torch.no_grad():
        for (i, j), value in {(0, 1): 1.0, (0, 2): 2.0, (1, 2): 3.0, (2, 1): 5.0}.items():
            block.weight(i, j)[0, 0, 1, 1] = value
    return block


@pytest.mark.parametrize(("updates", "latest"), [(0, [1, 5]), (1, [25, 5]), (2, [25, 75])])
def test_stage_two_updates_layers_in_turn_from_all_the_others(updates: int, latest: list[float]) -> None:
    # Stage I: X1 = 1 x0 = 1, X2 = 2 x0 + 3 X1 = 5. Stage II, without x0: X1' = 5 X2 = 25, X2' = 3 X1' = 75.
    with torch.no_grad():
        first, last = block_of_two()(torch.ones(1, 1, 1, 1), updates=updates, compute="needed")
    assert [float(x) for x in first] == [1, 5]
    assert [float(x) for x in last] == latest


def test_a_block_has_one_weight_per_ordered_pair_and_one_per_layer_for_its_input() -> None:
    block = CliqueBlock(7, 3, 4, 4, bottleneck=False, dropout=0.0)
    pairs = [(i, j) for i in range(5) for j in range(1, 5) if i != j]
    assert len(pairs) == 4 * 3 + 4
    tensors = [block.weight(i, j) for i, j in pairs]
    assert [tuple(t.shape) for t in tensors] == [(3, 7 if i == 0 else 3, 3, 3) for i, _ in pairs]
    assert sum(t.numel() for t in tensors) == sum(p.numel() for p in block.weights)
    assert len({t.data_ptr() for t in tensors}) == len(tensors)


@pytest.mark.parametrize(("i", "j"), [(1, 1), (0, 0), (5, 1), (-1, 2), (2, 5)])
def test_connections_that_do_not_exist_are_refused(i: int, j: int) -> None:
    with pytest.raises(ValueError, match="no connection"):
        CliqueBlock(7, 3, 4, 4, bottleneck=False, dropout=0.0).weight(i, j)


def test_every_connection_learns() -> None:
    net = zoo.create("cliquenet", TASK)
    assert isinstance(net, CliqueNet)
    batch = next(DIGITS.train.batches(16))
    net.loss(net(batch.images), batch.labels).backward()
    for block in net.blocks:
        layers = len(block.stage1)
        gradients = copy.deepcopy(block)
        for copied, parameter in zip(gradients.weights, block.weights, strict=True):
            assert parameter.grad is not None
            copied.data = parameter.grad
        for i in range(layers + 1):
            for j in set(range(1, layers + 1)) - {i}:
                assert gradients.weight(i, j).abs().sum() > 0


def test_every_weight_is_initialised_with_its_own_fan_in() -> None:
    torch.manual_seed(0)
    block = CliqueBlock(64, 36, 4, 4, bottleneck=False, dropout=0.0)
    assert block.weight(2, 1).std().item() == pytest.approx((2 / (9 * 36)) ** 0.5, rel=0.03)
    assert block.weight(0, 4).std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.03)


def test_stages_share_convolutions_but_not_batch_norms() -> None:
    block = CliqueBlock(16, 8, 3, 3, bottleneck=True, dropout=0.0)
    convolutions = 8 * (3 * 16 + 3 * 2 * 8) + 3 * 9 * 8 * 8
    stage1 = 2 * (16 + 24 + 32 + 3 * 8)
    stage2 = 2 * (3 * 16 + 3 * 8)
    assert count_parameters(block) == convolutions + stage1 + stage2


@pytest.mark.parametrize(
    ("preset", "parameters", "convolutions"),
    [("k36-t12", 935_994, 455.1), ("k64-t15", 4_485_706, 2102.9), ("k80-t15", 6_937_546, 3225.7)],
)
def test_published_networks_have_the_size_of_the_official_graph(
    preset: str, parameters: int, convolutions: float
) -> None:
    assert count_parameters(built(f"cliquenet[{preset}]")) == parameters
    assert macs(f"cliquenet[{preset}]") / 1e6 == pytest.approx(convolutions, abs=0.1)


@pytest.mark.parametrize("preset", ["k36-t12", "k64-t15", "k80-t15", "k80-t18"])
def test_published_figures_are_ours_to_their_last_digit(preset: str) -> None:
    figure = zoo.method("cliquenet").presets[preset].published[0]
    assert figure.parameters is not None
    assert figure.macs is not None
    assert count_parameters(built(f"cliquenet[{preset}]")) / 1e6 == pytest.approx(figure.parameters / 1e6, abs=0.006)
    assert 2 * macs(f"cliquenet[{preset}]") / 1e9 == pytest.approx(2 * figure.macs / 1e9, abs=0.006)


@pytest.mark.parametrize(
    ("selector", "millions"),
    [
        ("cliquenet[k150-t30-b]", 6.79),
        ("cliquenet[k150-t30-bc]", 9.35),
        ("cliquenet[k150-t30-abc]", 10.48),
        ("cliquenet[s0]", 5.70),
        ("cliquenet[s0, attention=True]", 6.25),
        ("cliquenet[s1]", 7.96),
        ("cliquenet[s2]", 10.00),
        ("cliquenet[s3, attention=False]", 13.17),
        ("cliquenet[s3]", 14.38),
    ],
)
def test_bottleneck_compression_and_attention_have_the_official_sizes(selector: str, millions: float) -> None:
    assert count_parameters(built(selector)) / 1e6 == pytest.approx(millions, abs=0.005)


def test_a_hundred_classes_have_the_official_size() -> None:
    assert count_parameters(built("cliquenet[k150-t30-abc]", CIFAR100)) / 1e6 == pytest.approx(10.65, abs=0.005)


@pytest.mark.parametrize(("preset", "millions"), [("s0", 2224), ("s1", 2905), ("s2", 3026), ("s3", 4071)])
def test_imagenet_networks_cost_what_the_official_ones_do(preset: str, millions: int) -> None:
    net = built(f"cliquenet[{preset}]")
    fully_connected = sum(m.weight.numel() for m in net.modules() if isinstance(m, nn.Linear))
    assert (macs(f"cliquenet[{preset}]") - fully_connected) / 1e6 == pytest.approx(millions, abs=0.6)


def test_stage_two_doubles_the_cost_of_k64_t15() -> None:
    assert macs("cliquenet[k64-t15, updates=0]") / 1e6 == pytest.approx(1112, abs=0.5)
    assert macs("cliquenet[k64-t15]") / 1e6 == pytest.approx(2103, abs=0.5)


def test_fewer_updates_run_and_cost_less() -> None:
    case = trained("cliquenet[tiny]")
    net = copy.deepcopy(case.net).eval()
    ledger = measure_ledger(net)
    spent = []
    for x in (3, 2, 1, 0):
        net.use(zoo.Setting(name=f"x={x}", values={"updates": x}))
        with torch.no_grad():
            route = net(case.images[:1], compute="needed").route
        used = {unit for unit, on in zip(net.units, route[0].tolist(), strict=True) if on and ".stage2." in unit}
        limit = {"block1": min(x, 2), "block2": x}
        assert used == {f"{b}.stage2.layer{j}" for b, n in limit.items() for j in range(1, n + 1)}
        spent.append(int(ledger.routed(route)))
    assert spent == sorted(set(spent), reverse=True)


def test_leaving_all_updates_out_is_stage_one_of_the_same_weights() -> None:
    case = trained("cliquenet[tiny]")
    net = copy.deepcopy(case.net).eval()
    first = zoo.create("cliquenet[stages=I+I]", TASK).eval()
    weights = net.state_dict()
    first.load_state_dict(
        {
            n: weights[n][:, : value.shape[1]] if ".weights." in n else weights[n]
            for n, value in first.state_dict().items()
        }
    )
    net.use(zoo.Setting(name="x=0", values={"updates": 0}))
    with torch.no_grad():
        torch.testing.assert_close(net(case.images).logits, first(case.images).logits, atol=1e-5, rtol=0)


def test_the_classifier_of_one_plus_two_reads_stage_one() -> None:
    net = zoo.create("cliquenet[stages=I+II, widths=(8, 8), layers=(2, 2)]", TASK).eval()
    assert isinstance(net, CliqueNet)
    stages = [unit.rsplit(".", 1)[0] for unit in net.units]
    assert stages == ["block1.stage1"] * 2 + ["block1.stage2"] * 2 + ["block2.stage1"] * 2
    seen: list[torch.Tensor] = []
    net.readouts[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = next(DIGITS.test.batches(4)).images
    with torch.no_grad():
        for x in (2, 0):
            net.use(zoo.Setting(name=f"x={x}", values={"updates": x}))
            net(images)
    assert torch.equal(seen[0], seen[1])


def test_the_default_setting_answers_best() -> None:
    case = trained("cliquenet[tiny]")
    right = {}
    for setting in case.settings:
        net = copy.deepcopy(case.net).eval()
        net.use(setting)
        with torch.no_grad():
            right[setting.name] = (net(case.images).logits.argmax(1) == case.labels).sum().item()
    assert list(right) == ["default", "x=2", "x=1", "x=0"]
    assert right["default"] == max(right.values())
    assert right["default"] > right["x=0"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("layers=(3,)", "one number per block"),
        ("layers=(1, 3)", "at least 2"),
        ("stages=II", "stages must be"),
        ("updates=4", "updates must lie between 0 and the number of layers 3"),
        ("updates=1, stages=I+I", "no Stage-II updates"),
        ("dropout=1.0", "dropout"),
        ("stem_kind=none", "stem must be one of cifar"),
    ],
)
def test_impossible_parameters_are_refused(parameters: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        zoo.create(f"cliquenet[{parameters}]", TASK)


@pytest.mark.parametrize("updates", [4, -1, 1.5])
def test_more_updates_than_trained_are_refused(updates: float) -> None:
    net = zoo.create("cliquenet", TASK)
    with pytest.raises(ValueError, match="from 0 to 3"):
        net.use(zoo.Setting(name="bad", values={"updates": updates}))


def test_batch_norms_of_cifar_and_svhn_are_tensorflows_and_of_imagenet_pytorchs() -> None:
    for preset, facts in zoo.method("cliquenet").presets.items():
        if preset in ("tiny", "small"):
            continue
        norms = [module for module in built(f"cliquenet[{preset}]").modules() if isinstance(module, nn.BatchNorm2d)]
        expected = (1e-5, 0.1) if facts.task.classes == 1000 else (1e-3, 0.001)
        assert {(norm.eps, norm.momentum) for norm in norms} == {expected}, preset


def test_networks_of_svhn_are_those_of_cifar_with_the_figure_of_svhn() -> None:
    presets = zoo.method("cliquenet").presets
    found = [name for name in presets if name.endswith("-svhn")]
    assert len(found) == 5
    for name in found:
        assert presets[name].parameters == presets[name.removesuffix("-svhn")].parameters
        assert [figure.dataset for figure in presets[name].published] == ["svhn"]
        assert presets[name].recipe["epochs"] == 40
