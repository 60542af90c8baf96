"""Both ways to compute agree, evaluation is deterministic, and the ledger is what runs."""

from __future__ import annotations

import copy
import json

import pytest
import torch

import zoo
from benchmarks.conformance.cases import Case, selectors, trained
from zoo.sizing.unit_costs import MacCounter, count_executed, measure_ledger

every_method = pytest.mark.parametrize("selector", selectors(), ids=str)


def at_each_setting(case: Case) -> list[zoo.RoutedNet]:
    nets = []
    for setting in case.settings:
        net = copy.deepcopy(case.net).eval()
        net.use(setting)
        nets.append(net)
    return nets


@every_method
def test_needed_gives_the_same_logits_and_route_as_all(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    for net in at_each_setting(case):
        with torch.no_grad():
            everything, needed = net(case.images), net(case.images, compute="needed")
        assert torch.equal(everything.route, needed.route)
        torch.testing.assert_close(needed.logits, everything.logits, atol=1e-4, rtol=0)


def of_every_route(net: zoo.RoutedNet, images: torch.Tensor, *, each: int = 2, most: int = 12) -> list[torch.Tensor]:
    """Single images (1, C, H, W) that take different routes: so many of each, and at most so many in all."""
    with torch.no_grad():
        routes = net(images).route.tolist()
    chosen = [i for i, route in enumerate(routes) if routes[:i].count(route) < each]
    return [images[i : i + 1] for i in chosen[:most]]


@every_method
def test_ledger_is_exactly_what_runs_for_every_route(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    for net in at_each_setting(case):
        ledger = measure_ledger(net)
        for image in of_every_route(net, case.images):
            executed, out = count_executed(net, image)
            assert ledger.routed(out.route).item() == executed


@every_method
def test_nominal_is_what_runs_with_every_unit_on(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    with torch.no_grad(), MacCounter() as counter:
        case.net(case.images[:1], compute="all")
    assert measure_ledger(case.net).nominal == counter.macs


@every_method
def test_two_evaluations_are_identical(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    with torch.no_grad():
        first, second = case.net(case.images), case.net(case.images)
    assert torch.equal(first.logits, second.logits)
    assert torch.equal(first.route, second.route)


@every_method
def test_sampled_decisions_follow_their_generator(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    with torch.no_grad():
        outs = [case.net(case.images, generator=torch.Generator().manual_seed(3)) for _ in range(2)]
    assert torch.equal(outs[0].route, outs[1].route)


@every_method
@pytest.mark.parametrize("compute", ["all", "needed"])
def test_a_picture_is_answered_alone_as_in_a_batch(selector: zoo.Selector, compute: zoo.Compute) -> None:
    case = trained(str(selector))
    with torch.no_grad():
        together = case.net(case.images[:8], compute=compute)
        alone = [case.net(image, compute=compute) for image in case.images[:8].split(1)]
    assert torch.equal(torch.cat([out.route for out in alone]), together.route)
    torch.testing.assert_close(torch.cat([out.logits for out in alone]), together.logits, atol=1e-4, rtol=0)


@every_method
def test_pictures_of_another_shape_are_refused(selector: zoo.Selector) -> None:
    net = trained(str(selector)).net
    for shape in [(2, 1, 27, 27), (2, 3, 28, 28), (1, 28, 28)]:
        with pytest.raises(ValueError, match=r"built for images of shape \(N, 1, 28, 28\)"):
            net(torch.zeros(shape))


@every_method
def test_answers_have_the_contracts_shapes(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    with torch.no_grad():
        out = case.net(case.images)
    assert out.logits.shape == (64, 10)
    assert out.route.shape == (64, len(case.net.units))
    assert out.route.dtype == torch.bool
    assert all(logits.shape == (64, 10) for logits in out.exit_logits)
    if out.gate_probs is not None:
        assert out.gate_probs.shape[0] == 64
        assert ((out.gate_probs >= 0) & (out.gate_probs <= 1)).all()
    assert len(set(case.net.units)) == len(case.net.units)
    assert set(case.net.unit_modules()) == set(case.net.units)


@every_method
def test_settings_survive_json_and_have_distinct_names(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    assert len({setting.name for setting in case.settings}) == len(case.settings) >= 1
    for setting in case.settings:
        read = zoo.Setting(name=setting.name, values=json.loads(json.dumps(dict(setting.values))))
        net = copy.deepcopy(case.net)
        net.use(read)
        assert net.setting is read


@every_method
def test_settings_with_unknown_values_are_refused(selector: zoo.Selector) -> None:
    net = copy.deepcopy(trained(str(selector)).net)
    with pytest.raises(ValueError, match="nonsense"):
        net.use(zoo.Setting(name="bad", values={"nonsense": 1}))


@every_method
def test_gradients_reach_the_pixels_when_everything_is_computed(selector: zoo.Selector) -> None:
    case = trained(str(selector))
    images = case.images[:4].clone().requires_grad_()
    case.net(images).logits.sum().backward()
    case.net.zero_grad(set_to_none=True)
    assert images.grad is not None
    assert torch.isfinite(images.grad).all()
    assert (images.grad.flatten(1).abs().amax(dim=1) > 0).all()
