"""ONNX Runtime answers what the network answers, whatever the method, the setting and the batch."""

from __future__ import annotations

import copy
import time
from functools import cache
from typing import Any

import onnxruntime as ort
import pytest
import torch

import zoo
from benchmarks.conformance.cases import Case, selectors, trained
from zoo.network import Compute
from zoo.serving.runtime.driver import Answer, faster
from zoo.serving.runtime.recording import Unsupported
from zoo.serving.runtime.served import ServedByRuntime
from zoo.serving.runtime.single import single_model

SIZES = ((1, 16), (2, 16), (7, 64), (64, 64))
"""Images at once, and how many in all; of sevens one is left over."""
WITHOUT_GRAPH = {"deformable"}
"""Methods that ONNX Runtime does not serve."""
BY_RUNTIME = [
    selector
    for selector in selectors()
    if selector.name not in WITHOUT_GRAPH and (not selector.parameters or selector.parameters.get("gate") == "ff1")
]
"""Every method, and the gates that read features; other variants of a method are made of the same operators."""
ONE_OF_EACH_KIND = ["adanet[tiny]", "skipnet[tiny]", "skipnet[tiny, gate=ff2]", "msdnet[tiny]", "fractalnet[tiny]"]
"""Gates asked ahead, by means and by features; exits; and a network whose settings decide. The rest takes minutes."""


@cache
def served(selector: str) -> ServedByRuntime:
    """Kept for all tests: a graph takes seconds to write down."""
    return ServedByRuntime(trained(selector).net, threads=1)


def check(case: Case, fast: zoo.Served, setting: zoo.Setting, compute: Compute) -> None:
    """Answers at every size are those of the network itself."""
    net = copy.deepcopy(case.net).eval()
    net.use(setting)
    fast.use(setting)
    with torch.no_grad():
        expected = net(case.images, compute="all")
    for size, count in SIZES:
        parts = [fast(batch, compute=compute) for batch in case.images[:count].split(size)]
        logits, route = torch.cat([part.logits for part in parts]), torch.cat([part.route for part in parts])
        assert torch.equal(route, expected.route[:count])
        torch.testing.assert_close(logits, expected.logits[:count], atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_logits_and_routes_are_the_networks_own_at_its_first_and_last_setting(name: str) -> None:
    case = trained(name)
    for setting in (case.settings[0], case.settings[-1]):
        check(case, served(name), setting, "needed")


@pytest.mark.long
@pytest.mark.parametrize("selector", BY_RUNTIME, ids=str)
def test_logits_and_routes_are_the_networks_own_at_every_setting(selector: zoo.Selector) -> None:
    case, fast = trained(str(selector)), served(str(selector))
    ways: list[tuple[zoo.Setting, Compute]] = [(setting, "needed") for setting in case.settings]
    ways += [(setting, "all") for setting in {s.name: s for s in (case.settings[0], case.settings[-1])}.values()]
    fast.prepare(ways)
    for setting, compute in ways:
        check(case, fast, setting, compute)


@pytest.mark.parametrize("name", ["adanet[tiny]", "skipnet[tiny]", "msdnet[tiny]"])
def test_every_unit_is_computed_and_masked_on_request(name: str) -> None:
    case = trained(name)
    check(case, served(name), case.settings[0], "all")


@pytest.mark.parametrize("name", ["adanet[tiny]", "skipnet[tiny]", "msdnet[tiny]"])
@pytest.mark.parametrize("this_machine", [False, True])
def test_a_single_model_answers_one_image_as_the_network_does(name: str, this_machine: bool) -> None:
    case, fast = trained(name), served(name)
    net = copy.deepcopy(case.net).eval()
    for setting in (case.settings[0], case.settings[-1]):
        net.use(setting)
        fast.use(setting)
        plan = fast.plan()
        options = ort.SessionOptions()
        if this_machine:
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        model = single_model(plan, this_machine=this_machine)
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        for image in case.images[:30].split(1):
            with torch.no_grad():
                expected = net(image, compute="all")
            found = session.run(None, {"images": image.numpy()})
            assert torch.equal(torch.from_numpy(found[1]), expected.route)
            torch.testing.assert_close(torch.from_numpy(found[0]), expected.logits, atol=1e-4, rtol=0)
            if expected.gate_probs is not None and plan.values["kind"] == "gated":
                torch.testing.assert_close(torch.from_numpy(found[2]).sigmoid(), expected.gate_probs, atol=1e-4, rtol=0)


def test_the_faster_way_answers_single_images() -> None:
    def slow(image: Any) -> Answer:
        time.sleep(0.002)
        return Answer("slow", image)

    def fast(image: Any) -> Answer:
        return Answer("fast", image)

    assert faster([slow, fast], 0) is fast
    assert faster([fast, slow], 0) is fast


@pytest.mark.parametrize("name", ["adanet[tiny]", "skipnet[tiny, gate=ff2]"])
def test_probabilities_of_gates_are_the_networks_own(name: str) -> None:
    case = trained(name)
    fast = served(name)
    fast.use(case.net.setting)
    with torch.no_grad():
        expected = copy.deepcopy(case.net).eval()(case.images).gate_probs
    found = fast(case.images).gate_probs
    assert found is not None
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["adanet[tiny]", "msdnet[tiny]", "resnet[tiny]"])
def test_answers_do_not_change_when_others_are_asked_for(name: str) -> None:
    case = trained(name)
    fast = served(name)
    first = fast(case.images[:4])
    kept = first.logits.clone(), first.route.clone()
    fast(case.images[4:40])
    assert torch.equal(first.logits, kept[0])
    assert torch.equal(first.route, kept[1])


def test_no_images_get_no_answers() -> None:
    answer = served("adanet[tiny]")(trained("adanet[tiny]").images[:0])
    assert answer.logits.shape == (0, 10)
    assert answer.route.shape == (0, len(trained("adanet[tiny]").net.units))


def test_images_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"images must have the shape \(N, 1, 28, 28\), not \(2, 3, 28, 28\)"):
        served("resnet[tiny]")(torch.zeros(2, 3, 28, 28))


def test_a_network_that_decides_in_python_is_refused_with_the_reason() -> None:
    with pytest.raises(Unsupported, match="Python decides by what is in a tensor that depends on the images"):
        zoo.optimize_for_inference(trained("deformable[tiny]").net, engine="onnxruntime")(torch.zeros(1, 1, 28, 28))


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="engine must be 'torch' or 'onnxruntime', not 'tvm'"):
        zoo.optimize_for_inference(trained("resnet[tiny]").net, engine="tvm")  # type: ignore[arg-type]


def test_networks_in_half_precision_are_refused() -> None:
    net = copy.deepcopy(trained("resnet[tiny]").net).bfloat16()
    with pytest.raises(ValueError, match=r"serves float32 on the CPU here, not torch\.bfloat16 on cpu"):
        ServedByRuntime(net)
