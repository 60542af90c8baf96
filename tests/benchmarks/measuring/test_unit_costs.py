"""The cost ledger of a network that is small enough to count by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from benchmarks.data import Dataset
from zoo import RoutedNet, Task
from zoo.network import Compute, Forward
from zoo.sizing.unit_costs import Ledger, MacCounter, count_executed, evaluating, measure_ledger

STEM = 1 * 2 * 16
"""A 1x1 convolution from 1 to 2 channels at 16 places."""
WIDE = 2 * 2 * 9 * 16
"""A 3x3 convolution from 2 to 2 channels at 16 places."""
PAIR = 2 * 4 * 16 + 4 * 2 * 16
"""Two 1x1 convolutions, to 4 channels and back."""
HEAD = 32 * 3
"""A matrix from the 2 * 16 features to 3 classes."""


class Toy(RoutedNet):
    """4 x 4 images: a stem, a unit for bright ones, a unit of two modules for dark ones, a head."""

    def __init__(self) -> None:
        super().__init__(Task(shape=(1, 4, 4), classes=3))
        self.units = ("wide", "pair")
        self.stem = nn.Conv2d(1, 2, 1)
        self.wide = nn.Conv2d(2, 2, 3, padding=1)
        self.up, self.down = nn.Conv2d(2, 4, 1), nn.Conv2d(4, 2, 1)
        self.norm = nn.BatchNorm2d(2)
        self.head = nn.Linear(32, 3)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        bright = x.mean(dim=(1, 2, 3)) > 0.5
        x = self.norm(self.stem(x))
        if compute == "all":
            x = torch.where(bright.view(-1, 1, 1, 1), self.wide(x), self.down(self.up(x)))
        else:
            x = self._needed(x, bright)
        return Forward(logits=self.head(x.flatten(1)), route=torch.stack([bright, ~bright], dim=1))

    def _needed(self, x: Tensor, bright: Tensor) -> Tensor:
        out = torch.empty_like(x)
        if bright.any():
            out[bright] = self.wide(x[bright])
        if (~bright).any():
            out[~bright] = self.down(self.up(x[~bright]))
        return out

    def unit_modules(self) -> dict[str, Sequence[nn.Module]]:
        return {"wide": (self.wide,), "pair": (self.up, self.down)}


def images(*brightness: float) -> Tensor:
    """Even images of those grey levels."""
    return torch.tensor(brightness).view(-1, 1, 1, 1).expand(-1, 1, 4, 4).clone()


def test_a_unit_costs_what_its_modules_cost() -> None:
    ledger = measure_ledger(Toy())
    assert ledger.units == ("wide", "pair")
    assert ledger.unit_macs.tolist() == [WIDE, PAIR] == [576, 256]


def test_all_that_is_no_unit_is_fixed_cost() -> None:
    assert measure_ledger(Toy()).fixed_macs == STEM + HEAD == 128


def test_nominal_is_every_unit_once() -> None:
    assert measure_ledger(Toy()).nominal == 128 + 576 + 256


def test_routed_adds_what_each_samples_route_uses() -> None:
    ledger = Ledger(("a", "b", "c"), torch.tensor([100, 20, 3]), 1_000)
    route = torch.tensor([[True, False, True], [False, False, False], [True, True, True]])
    assert ledger.routed(route).tolist() == [1_103, 1_000, 1_123]


def test_a_network_of_billions_does_not_overflow() -> None:
    ledger = Ledger(("a", "b"), torch.tensor([2**40, 2**41]), 2**42)
    assert ledger.nominal == 2**40 + 2**41 + 2**42
    assert ledger.routed(torch.ones(1, 2, dtype=torch.bool)).tolist() == [ledger.nominal]


def test_executed_is_what_ran_for_the_whole_batch() -> None:
    macs, out = count_executed(Toy(), images(0.9, 0.1, 0.8))
    assert out.route.tolist() == [[True, False], [False, True], [True, False]]
    assert macs == 3 * 128 + 2 * 576 + 1 * 256


def test_executed_is_routed_for_every_single_real_digit(few_digits: Dataset) -> None:
    net = Toy()
    ledger = measure_ledger(net)
    small = nn.functional.adaptive_avg_pool2d(next(few_digits.test.batches(100)).images, 4)
    brightest = (4 * small).clamp(max=1)
    counts = [count_executed(net, image.unsqueeze(0)) for image in brightest]
    assert [macs for macs, _ in counts] == [int(ledger.routed(out.route)) for _, out in counts]
    assert len({macs for macs, _ in counts}) == 2


def test_macs_are_half_of_the_floating_point_operations() -> None:
    with MacCounter() as counter:
        torch.ones(5, 7) @ torch.ones(7, 3)
    assert counter.macs == 5 * 7 * 3


def test_batch_norm_and_elementwise_work_are_not_counted() -> None:
    with MacCounter() as counter:
        nn.BatchNorm2d(3)(torch.ones(2, 3, 4, 4)).relu()
    assert counter.macs == 0


@pytest.mark.parametrize("training", [True, False])
def test_measuring_leaves_the_network_as_it_was(training: bool) -> None:
    net = Toy().train(training)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    measure_ledger(net)
    count_executed(net, images(0.3, 0.7))
    assert net.training is training
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_measuring_leaves_no_hooks() -> None:
    net = Toy()
    measure_ledger(net)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())


def test_measuring_twice_gives_the_same() -> None:
    net = Toy()
    assert measure_ledger(net).unit_macs.tolist() == measure_ledger(net).unit_macs.tolist()


def test_evaluating_brings_the_mode_back_after_an_error() -> None:
    net = Toy().train()
    with pytest.raises(ZeroDivisionError), evaluating(net):
        raise ZeroDivisionError
    assert net.training


def test_evaluating_asks_for_no_gradients() -> None:
    net = Toy()
    with evaluating(net):
        assert not net(images(0.7)).logits.requires_grad
    assert net(images(0.7)).logits.requires_grad
