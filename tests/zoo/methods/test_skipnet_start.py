"""How the gates of published SkipNets start, and what rate their hybrid phase has."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

import zoo
from zoo.methods.skipnet.gates import FeedForwardGates, RecurrentGates, make_gates
from zoo.methods.skipnet.network import SkipNet
from zoo.network import Schedule

CIFAR = [f"skipnet[skipnet-{depth}]" for depth in (38, 74, 110, 152)]
IMAGENET = [f"skipnet[skipnet-{depth}]" for depth in (34, 50, 101)]
WIDTHS = (16, 32, 64)
SEEDS = 200


def recurrent(start: str, seed: int) -> RecurrentGates:
    torch.manual_seed(seed)
    gates = make_gates("rnn", WIDTHS, None, start=start)  # type: ignore[arg-type]
    assert isinstance(gates, RecurrentGates)
    return gates


def spread(values: Sequence[Tensor]) -> float:
    """Standard deviation around zero of everything that several gates have."""
    return torch.cat([value.detach().flatten() for value in values]).square().mean().sqrt().item()


@pytest.mark.parametrize(
    ("start", "choice", "cell"),
    # CIFAR: sqrt(2 / (10 * 1)) by the code's rule, and torch's uniform +-1 / sqrt(10), whose deviation is .183.
    # ImageNet: Xavier, sqrt(2 / (10 + 1)), and sqrt(2 / (40 + 10)) of the LSTM's four matrices of 10 x 10 in one
    [("cifar", math.sqrt(2 / 10), 1 / math.sqrt(30)), ("imagenet", math.sqrt(2 / 11), math.sqrt(2 / 50))],
)
def test_recurrent_gates_start_as_the_official_code_starts_them(start: str, choice: float, cell: float) -> None:
    every = [recurrent(start, seed) for seed in range(SEEDS)]
    assert spread([gates.choice.weight for gates in every]) == pytest.approx(choice, rel=0.05)
    assert spread([gates.cell.weight_ih for gates in every]) == pytest.approx(cell, rel=0.02)
    assert spread([gates.cell.weight_hh for gates in every]) == pytest.approx(cell, rel=0.02)


def test_recurrent_gates_start_without_biases_on_imagenet_and_with_torchs_on_cifar() -> None:
    for start, expected in (("cifar", 1 / math.sqrt(30)), ("imagenet", 0.0)):
        every = [recurrent(start, seed) for seed in range(SEEDS)]
        assert spread([gates.choice.bias for gates in every]) == pytest.approx(expected, rel=0.15)
        assert spread([gates.cell.bias_ih for gates in every]) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("start", ["cifar", "imagenet"])
def test_projections_have_the_biases_that_torch_draws(start: str) -> None:
    every = [recurrent(start, seed) for seed in range(SEEDS)]
    for index, width in enumerate(WIDTHS):
        biases = [gates.project[index].bias for gates in every]
        assert spread(biases) == pytest.approx(1 / math.sqrt(3 * width), rel=0.05)
        assert max(bias.abs().max().item() for bias in biases) <= 1 / math.sqrt(width)


@pytest.mark.parametrize("kind", ["ff1", "ff2"])
def test_feed_forward_gates_end_in_weights_of_deviation_1_and_torchs_biases(kind: str) -> None:
    torch.manual_seed(0)
    gates = make_gates(kind, (64,) * 50, None)  # type: ignore[arg-type]
    assert isinstance(gates, FeedForwardGates)
    assert spread([choice.weight for choice in gates.choices()]) == pytest.approx(1, rel=0.03)
    assert spread([choice.bias for choice in gates.choices()]) == pytest.approx(1 / math.sqrt(3 * 64), rel=0.2)


def test_an_opened_start_draws_no_other_numbers() -> None:
    torch.manual_seed(0)
    gates = make_gates("rnn", WIDTHS, 1.0, start="imagenet")
    after = torch.rand(())
    torch.manual_seed(0)
    plain = make_gates("rnn", WIDTHS, 1.0)
    assert torch.equal(after, torch.rand(()))
    for name, value in plain.state_dict().items():
        assert torch.equal(gates.state_dict()[name], value), name


def built(selector: str) -> SkipNet:
    with torch.device("meta"):
        net = zoo.create(selector)
    assert isinstance(net, SkipNet)
    return net


@pytest.mark.parametrize("selector", CIFAR + IMAGENET)
def test_published_networks_start_officially(selector: str) -> None:
    parameters = zoo.parameters_of(selector)
    assert parameters["open_log_odds"] is None
    assert parameters.get("gate_start", "cifar") == ("imagenet" if selector in IMAGENET else "cifar")


def test_some_published_networks_start_open_and_some_shut() -> None:
    """On CIFAR, over 20 seeds: 0 to 1 of the gates, .54 on average (measured on the official code)."""
    rates = []
    images = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for seed in range(20):
        torch.manual_seed(seed)
        net = zoo.create("skipnet[skipnet-38]").eval()
        with torch.no_grad():
            rates.append(net(images).route.float().mean().item())
    assert min(rates) < 0.1
    assert max(rates) > 0.9
    assert 0.3 < sum(rates) / 20 < 0.75


@pytest.mark.parametrize("selector", CIFAR)
def test_the_hybrid_phase_keeps_its_rate_on_cifar(selector: str) -> None:
    supervised, hybrid = built(selector).phases()
    assert supervised.schedule is None
    assert (hybrid.schedule, hybrid.lr_scale) == (Schedule(kind="constant"), 1e-3)


@pytest.mark.parametrize("selector", IMAGENET)
def test_the_hybrid_phase_is_divided_after_30_of_40_epochs_on_imagenet(selector: str) -> None:
    _, hybrid = built(selector).phases()
    assert hybrid.schedule == Schedule(kind="step", milestones=(0.75,))


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_the_suites_own_networks_follow_the_recipe_in_both_phases(preset: str) -> None:
    assert [phase.schedule for phase in built(f"skipnet[{preset}]").phases()] == [None, None]


def test_an_unknown_start_is_refused() -> None:
    with pytest.raises(ValueError, match="gate_start must be 'cifar' or 'imagenet', not 'svhn'"):
        zoo.create("skipnet[tiny, gate_start=svhn]")


def test_milestones_of_the_hybrid_phase_have_to_increase() -> None:
    with pytest.raises(ValueError, match="milestones must be increasing"):
        zoo.create("skipnet[tiny, hybrid_milestones=(0.5, 0.2)]")
