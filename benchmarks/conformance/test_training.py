"""Training reaches every parameter, weights survive a round trip, and every preset of the suite can be built."""

from __future__ import annotations

import copy

import pytest
import torch

import zoo
from benchmarks.conformance.cases import DIGITS, TASK, methods, nominal_macs, selectors, trained
from zoo.weights import load_weights

every_method = pytest.mark.parametrize("selector", selectors(), ids=str)
every_name = pytest.mark.parametrize("name", methods())


@every_method
def test_gradients_reach_every_parameter(selector: zoo.Selector) -> None:
    torch.manual_seed(0)
    net = zoo.create(selector, TASK).train()
    reached = set()
    for phase in net.phases():
        net.begin(phase.name)
        optimised = {id(p) for group in net.param_groups() for p in group.parameters}
        for batch in list(DIGITS.train.batches(32))[:4]:
            net.zero_grad(set_to_none=True)
            net.loss(net(batch.images), batch.labels).backward()
            found = [(n, p) for n, p in net.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0]
            reached |= {name for name, parameter in found if id(parameter) in optimised}
    assert {name for name, _ in net.named_parameters()} - reached == set()


@every_method
def test_weights_survive_a_round_trip(selector: zoo.Selector) -> None:
    """As `zoo.load` and given weights go: into a network that has drawn other weights and, if any, another graph."""
    case = trained(str(selector))
    torch.manual_seed(1)
    fresh = zoo.create(selector, TASK).to(memory_format=torch.channels_last).eval()
    load_weights(fresh, {name: value.clone() for name, value in case.net.state_dict().items()}, str(selector))
    assert all(torch.equal(value, case.net.state_dict()[name]) for name, value in fresh.state_dict().items())
    for setting in case.settings:
        net = copy.deepcopy(case.net)
        for one in (net, fresh):
            one.use(setting)
        with torch.no_grad():
            expected, found = net(case.images), fresh(case.images)
        # strides of dimensions of size 1 may differ, by which some processors choose another kernel
        torch.testing.assert_close(expected.logits, found.logits, atol=1e-5, rtol=1e-5)
        assert torch.equal(expected.route, found.route)


@every_method
def test_shares_of_the_phases_add_up_to_one(selector: zoo.Selector) -> None:
    phases = zoo.create(selector, TASK).phases()
    assert sum(phase.share for phase in phases) == pytest.approx(1)
    assert len({phase.name for phase in phases}) == len(phases)


@every_method
def test_parameters_are_optimised_once(selector: zoo.Selector) -> None:
    net = zoo.create(selector, TASK)
    for phase in net.phases():
        net.begin(phase.name)
        optimised = [id(p) for group in net.param_groups() for p in group.parameters]
        assert len(optimised) == len(set(optimised))


@every_name
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 28, 28), (3, 32, 32), (1, 32, 32)])
@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_the_suites_presets_take_grey_and_colour_pictures(name: str, preset: str, shape: tuple[int, int, int]) -> None:
    net = zoo.create(zoo.Selector(name, preset), zoo.Task(shape=shape, classes=7)).eval()
    images = torch.rand(2, *shape)
    with torch.no_grad():
        everything, needed = net(images), net(images, compute="needed")
    assert everything.logits.shape == (2, 7)
    torch.testing.assert_close(needed.logits, everything.logits, atol=1e-4, rtol=0)


@every_name
@pytest.mark.parametrize(("preset", "shape"), [("tiny", (1, 28, 28)), ("small", (3, 32, 32))])
def test_the_suites_presets_cost_what_their_resnet_costs(name: str, preset: str, shape: tuple[int, int, int]) -> None:
    task = zoo.Task(shape=shape, classes=10)
    static = nominal_macs(zoo.create(zoo.Selector("resnet", preset), task))
    assert nominal_macs(zoo.create(zoo.Selector(name, preset), task)) == pytest.approx(static, rel=0.10)


@every_name
def test_pictures_too_small_for_a_network_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="pixels"):
        zoo.create(zoo.Selector(name, "small"), zoo.Task(shape=(3, 2, 2), classes=10))


@every_name
def test_every_preset_is_built_for_its_own_task(name: str) -> None:
    for preset, facts in zoo.method(name).presets.items():
        with torch.device("meta"):
            net = zoo.create(zoo.Selector(name, preset))
        assert net.task == facts.task
