"""AdaNet's gates: how they start, what they learn, and what the settings do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import zoo
from benchmarks import data
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.training.fitting import propose_settings
from benchmarks.training.loop import train
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo.methods.adanet import AdaNet, Gate
from zoo.network import Forward
from zoo.sizing.unit_costs import MacCounter, measure_ledger

DIGITS = data.load("mnist5k", train=1500, test=300)
CPU = torch.device("cpu")


def adanet(selector: str = "adanet") -> AdaNet:
    torch.manual_seed(0)
    net = zoo.create(selector, task_of(DIGITS.info))
    assert isinstance(net, AdaNet)
    return net


def answer(net: AdaNet) -> Forward:
    with torch.no_grad():
        out: Forward = net.eval()(next(DIGITS.test.batches(300)).images)
    return out


def train_briefly(net: AdaNet, folder: Path, epochs: int = 4) -> None:
    recipe = Recipe(epochs=epochs, batch_size=50, lr=0.05, warmup=0.25)
    train(net, DIGITS, recipe, seed=0, device=CPU, checkpoint=FileCheckpoint(folder / "checkpoint.pt"))


def test_gates_start_open_with_probability_87_percent() -> None:
    probs = answer(adanet()).gate_probs
    assert probs is not None
    assert probs.mean().item() == pytest.approx(0.870, abs=0.01)


def test_training_samples_the_start_rate() -> None:
    net = adanet().train()
    with torch.no_grad():
        routes = [net(batch.images).route for batch in DIGITS.train.batches(500)]
    assert torch.cat(routes).float().mean().item() == pytest.approx(0.870, abs=0.02)


def test_target_loss_is_the_mean_of_squared_misses_over_layers() -> None:
    net = adanet("adanet[target_rate=(0.5, 1, 1, 1, 1, 1), target_weight=2.0]")
    gates = torch.ones(4, 6)
    gates[0, 1] = 0  # layer 2 runs for 3 of 4: misses are .5 and .25
    assert net._target_loss(gates).item() == pytest.approx((0.25 + 0.0625) / 6)


def test_target_loss_as_the_paper_writes_it_is_a_sum() -> None:
    net = adanet("adanet[target_rate=0.5, target_reduction=sum]")
    assert net._target_loss(torch.ones(4, 6)).item() == pytest.approx(6 * 0.25)


def test_full_layers_can_be_left_out_of_the_loss() -> None:
    net = adanet("adanet[target_rate=(1, 1, 1, 0.5, 0.5, 0.5), free_full_layers=true]")
    gates = torch.zeros(4, 6)
    assert net._target_loss(gates).item() == pytest.approx(3 * 0.25 / 6)


def test_the_training_loss_is_cross_entropy_plus_the_weighted_target_loss() -> None:
    net = adanet("adanet[target_rate=0, target_weight=3.0]").train()
    batch = next(DIGITS.train.batches(50))
    out = net(batch.images)
    rate = out.route.float().mean(dim=0)
    expected = torch.nn.functional.cross_entropy(out.logits, batch.labels) + 3 * (rate**2).mean()
    assert net.loss(out, batch.labels).item() == pytest.approx(expected.item(), rel=1e-5)


def test_evaluation_decides_by_argmax() -> None:
    out = answer(adanet())
    assert out.gate_probs is not None
    assert torch.equal(out.route, out.gate_probs > 0.5)


def test_sampled_evaluation_differs_between_generators() -> None:
    net = adanet().eval()
    images = next(DIGITS.test.batches(300)).images
    routes = [net(images, generator=torch.Generator().manual_seed(s)).route for s in (0, 1)]
    assert not torch.equal(*routes)


@pytest.mark.long
@pytest.mark.parametrize("target", [0.3, 0.9])
def test_execution_rate_follows_its_target(target: float, tmp_path: Path) -> None:
    net = adanet(f"adanet[tiny, target_rate={target}]")
    train_briefly(net, tmp_path, epochs=30)
    net.train()
    with torch.no_grad():
        routes = [net(batch.images).route for batch in DIGITS.train.batches(500)]
    assert torch.cat(routes).float().mean().item() == pytest.approx(target, abs=0.07)


def test_a_higher_threshold_runs_less(tmp_path: Path) -> None:
    net = adanet()
    train_briefly(net, tmp_path)
    rates = []
    for threshold in (0.2, 0.5, 0.8, 0.95):
        net.use(zoo.Setting(name="t", values={"threshold": threshold}))
        rates.append(answer(net).route.float().mean().item())
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


def test_all_layers_scaled_runs_every_block_at_its_rate(tmp_path: Path) -> None:
    net = adanet()
    train_briefly(net, tmp_path, epochs=2)
    scaled = propose_settings(net, DIGITS, CPU)[-1]
    rates = answer(net).route.float().mean(dim=0)
    net.use(scaled)
    out = answer(net)
    assert scaled.values["rates"] == pytest.approx(rates.tolist(), abs=0.1)
    assert torch.equal(out.route, torch.tensor(scaled.values["rates"]).expand(300, -1) > 0)


# --- layers that always execute


FIXED = "adanet[target_rate=(1, 0.5, 0.5, 1, 0.5, 1), fix_full_layers=true]"
ALWAYS = [0, 3, 5]


def shut(net: AdaNet) -> AdaNet:
    """Gates that learn are all but sure to skip."""
    for gate in net.gates:
        if gate.choice.weight.requires_grad:
            gate.choice.bias.data = torch.tensor([10.0, 0.0])
    return net


@pytest.mark.parametrize("threshold", [0.5, 0.999, 1 - 2**-53])
def test_layers_of_target_1_execute_at_any_threshold_where_they_are_fixed(threshold: float) -> None:
    net = shut(adanet(FIXED))
    net.use(zoo.Setting(name="high", values={"threshold": threshold}))
    out = answer(net)
    assert out.route.all(dim=0).nonzero().flatten().tolist() == ALWAYS
    assert out.route.any(dim=0).nonzero().flatten().tolist() == ALWAYS


def test_fixed_layers_execute_in_training_under_any_noise_and_free_ones_draw() -> None:
    net = shut(adanet(FIXED)).train()
    with torch.no_grad():
        routes = torch.cat([net(batch.images).route for batch in DIGITS.train.batches(500)])
    assert routes.all(dim=0).nonzero().flatten().tolist() == ALWAYS
    drawn = shut(adanet(FIXED.replace("true", "false"))).train()
    with torch.no_grad():
        routes = torch.cat([drawn(batch.images).route for batch in DIGITS.train.batches(500)])
    assert not routes.all(dim=0).any()


def test_fixed_gates_miss_no_target_and_learn_nothing(tmp_path: Path) -> None:
    net = adanet(FIXED)
    probs = answer(net).gate_probs
    assert probs is not None
    assert (probs[:, ALWAYS] == 1).all()
    before = {name: value.clone() for name, value in net.gates.named_parameters()}
    train_briefly(net, tmp_path, epochs=1)
    for name, value in net.gates.named_parameters():
        assert torch.equal(value, before[name]) == (int(name.split(".")[0]) in ALWAYS), name


def test_a_network_with_fixed_layers_serves_what_it_answers(tmp_path: Path) -> None:
    net = adanet(FIXED)
    train_briefly(net, tmp_path, epochs=1)
    images = next(DIGITS.test.batches(50)).images
    with torch.no_grad():
        expected = net.eval()(images)
        served = zoo.optimize_for_inference(net)(images)
    assert torch.equal(served.route, expected.route)
    torch.testing.assert_close(served.logits, expected.logits, atol=1e-4, rtol=1e-4)


# --- initialisation


def test_on_cifar_convolutions_start_as_torch_draws_them() -> None:
    """Uniform within 1 / sqrt(fan-in), so that the variance is 1 / (3 fan-in), against 2 / fan-out by He."""
    for initialisation in ("cifar", "he"):
        net = adanet(f"adanet[initialisation={initialisation}]")
        for layer in [module for module in net.backbone.modules() if isinstance(module, torch.nn.Conv2d)]:
            inputs, outputs = layer.weight[0].numel(), layer.weight[:, 0].numel()
            variance = 1 / (3 * inputs) if initialisation == "cifar" else 2 / outputs
            assert layer.weight.var().item() == pytest.approx(variance, rel=0.35)


def test_on_imagenet_the_gates_hidden_layers_are_drawn_by_he() -> None:
    net = adanet("adanet[initialisation=imagenet, widths=(64, 64, 64)]")
    layers = [layer for gate in net.gates for layer in gate.hidden if isinstance(layer, torch.nn.Linear)]
    weights = torch.cat([layer.weight.detach().flatten() for layer in layers])
    assert len(layers) == 6
    assert weights.std().item() == pytest.approx((2 / 16) ** 0.5, rel=0.05)  # fan-out 16


def test_published_networks_start_and_are_pulled_as_the_official_code_has_it() -> None:
    presets = zoo.method("adanet").presets
    for name in ("convnet-aig-110", "convnet-aig-110-c100"):
        assert presets[name].parameters["initialisation"] == "cifar"
    for name in ("imagenet", "convnet-aig-50", "convnet-aig-101"):
        assert presets[name].parameters["initialisation"] == "imagenet"
        assert presets[name].parameters["free_full_layers"]


def test_an_unknown_initialisation_is_refused() -> None:
    with pytest.raises(ValueError, match="initialisation must be 'he', 'cifar' or 'imagenet', not 'xavier'"):
        adanet("adanet[initialisation=xavier]")


# --- stochastic depth


def dropping(mode: str, log_odds: float) -> AdaNet:
    """Blocks may drop out, and gates are all open or all shut."""
    net = adanet(f"adanet[last_survival=0.4, drop_mode={mode}, target_rate=0.5, target_weight=1.0]").train()
    for gate in net.gates:
        assert isinstance(gate, Gate)
        torch.nn.init.zeros_(gate.choice.weight)
        gate.choice.bias.data = torch.tensor([0.0, log_odds])
    return net


@pytest.mark.parametrize("mode", ["batch", "row"])
def test_dropped_blocks_are_not_computed_in_training(mode: str) -> None:
    net = dropping(mode, 50.0)
    ledger = measure_ledger(net)
    net.train()
    dropped = 0
    for batch in list(DIGITS.train.batches(20))[:6]:
        with MacCounter() as counter:
            out = net(batch.images)
        assert counter.macs == ledger.routed(out.route).sum()
        dropped += int((~out.route).sum())
    assert dropped > 0


def test_a_surviving_block_behind_a_shut_gate_is_computed_for_its_batch_norms_but_not_used() -> None:
    images = next(DIGITS.train.batches(20)).images
    macs, routes = [], []
    for log_odds in (50.0, -50.0):
        net = dropping("row", log_odds)
        torch.manual_seed(0)
        with MacCounter() as counter:
            routes.append(net(images).route)
        macs.append(counter.macs)
    assert macs[0] == macs[1]
    assert routes[0].any()
    assert not routes[1].any()


def test_the_target_loss_sees_the_gates_alone() -> None:
    out = dropping("row", 50.0)(next(DIGITS.train.batches(20)).images)
    assert not out.route.all()
    assert out.penalties["target_rate"].item() == pytest.approx(0.25)  # rate 1, target 1/2


def test_evaluation_scales_open_branches_by_their_survival_probability() -> None:
    net = dropping("batch", 50.0).eval()
    images = next(DIGITS.test.batches(8)).images
    with torch.no_grad():
        x = net.backbone.stem(net.normalize(images))
        for tenths, block in zip([9, 8, 7, 6, 5, 4], net.backbone.blocks, strict=True):
            x = torch.relu(block.shortcut(x) + tenths / 10 * block.branch(x))
        torch.testing.assert_close(net(images).logits, net.backbone.head(x))


@pytest.mark.parametrize(
    ("values", "message"), [({"threshold": 1.0}, "threshold"), ({"rates": [1.0]}, "1 rates for 6 blocks")]
)
def test_settings_out_of_range_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adanet().use(zoo.Setting(name="bad", values=values))
