"""A served network answers what the network answers, whatever the method, the setting and the batch."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

import zoo
from benchmarks.conformance.cases import Case, selectors, trained

every_method = pytest.mark.parametrize("selector", selectors(), ids=str)


def served(case: Case) -> zoo.Served:
    return zoo.optimize_for_inference(case.net)


def answers(net: zoo.RoutedNet | zoo.Served, images: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Logits and route of all images, in batches of that size."""
    with torch.no_grad():
        outs = [net(batch) for batch in images.split(size)]
    return torch.cat([out.logits for out in outs]), torch.cat([out.route for out in outs])


@every_method
@pytest.mark.parametrize(("size", "count"), [(1, 12), (8, 64), (64, 64)])
def test_logits_and_routes_are_the_networks_own_at_every_setting(selector: zoo.Selector, size: int, count: int) -> None:
    case = trained(str(selector))
    images, fast, reference = case.images[:count], served(case), copy.deepcopy(case.net).eval()
    for setting in case.settings:
        fast.use(setting)
        reference.use(setting)
        logits, route = answers(reference, images, 64)
        found_logits, found_route = answers(fast, images, size)
        assert torch.equal(found_route, route)
        torch.testing.assert_close(found_logits, logits, atol=1e-4, rtol=0)


@every_method
def test_every_unit_can_be_computed_by_what_serves(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    fast, reference = served(case), copy.deepcopy(case.net).eval()
    with torch.no_grad():
        found, expected = fast(case.images[:8], compute="all"), reference(case.images[:8])
    assert torch.equal(found.route, expected.route)
    torch.testing.assert_close(found.logits, expected.logits, atol=1e-4, rtol=0)


@every_method
def test_an_empty_batch_is_answered_where_the_network_answers_it(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    nothing = case.images[:0]
    if selector.name == "deformable":
        pytest.skip("deformable convolutions refuse empty batches")
    assert served(case)(nothing).logits.shape == (0, 10)


@every_method
def test_serving_works_under_autocast(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    with torch.autocast("cpu", torch.bfloat16):
        logits = served(case)(case.images[:8]).logits
    assert logits.shape == (8, 10)
    assert logits.isfinite().all()


@every_method
def test_serving_leaves_the_network_and_the_pictures_as_they_were(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    before = {name: value.clone() for name, value in case.net.state_dict().items()}
    training, setting, images = case.net.training, case.net.setting, case.images.clone()
    fast = served(case)
    for other in case.settings:
        fast.use(other)
        fast(case.images)
    assert case.net.training == training
    assert case.net.setting is setting
    assert all(parameter.requires_grad for parameter in case.net.parameters())
    assert torch.equal(case.images, images)
    assert all(torch.equal(value, before[name]) for name, value in case.net.state_dict().items())


def counted(net: zoo.RoutedNet | zoo.Served, images: Tensor) -> tuple[int, int]:
    """Floating-point operations of all that runs, and of the convolutions among them."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(images) if isinstance(net, zoo.Served) else net(images, compute="needed")
    counts = counter.get_flop_counts()["Global"]
    return counter.get_total_flops(), sum(flops for operator, flops in counts.items() if "convolution" in str(operator))


@every_method
def test_serving_executes_the_networks_convolutions_and_gates_that_weigh_nothing(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    fast, reference = served(case), copy.deepcopy(case.net).eval()
    for setting in case.settings:
        fast.use(setting)
        reference.use(setting)
        for images in (case.images[:1], case.images[:16]):
            expected, convolutions = counted(reference, images)
            executed, found = counted(fast, images)
            assert found == convolutions
            assert executed == pytest.approx(expected, rel=0.02)


@every_method
def test_no_batch_norm_is_left_behind_a_convolution(selector: zoo.Selector) -> None:
    fast = served(trained(str(selector)))
    for module in fast.modules():
        if isinstance(module, torch.nn.Sequential):
            for before, after in pairwise(module):
                assert not (isinstance(before, torch.nn.Conv2d) and isinstance(after, torch.nn.BatchNorm2d))


@every_method
def test_a_served_network_cannot_be_trained(selector: zoo.Selector) -> None:
    fast = served(trained(str(selector)))
    with pytest.raises(RuntimeError, match="cannot be trained"):
        fast.train()
    assert not fast.eval().training
