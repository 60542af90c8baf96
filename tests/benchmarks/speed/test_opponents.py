"""Other inference runtimes answer as the network does, and the fastest of them is the opponent."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import zoo
from benchmarks.measuring import engines
from benchmarks.measuring.engine_names import AUTOTUNED, COMPILED, EAGER, RUNTIME, SERVED
from benchmarks.measuring.engines import available
from benchmarks.speed import opponents
from benchmarks.speed.opponents import Routed, fastest
from benchmarks.speed.skipping import Case
from benchmarks.speed.table import NotMeasured
from zoo import RoutedNet

TASK = zoo.Task(shape=(1, 28, 28), classes=10)


@pytest.fixture(autouse=True)
def no_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling takes 10 s and more, and is tried by another section."""
    kept = {name: make for name, make in engines.ENGINES.items() if name not in (COMPILED, AUTOTUNED)}
    monkeypatch.setattr(engines, "ENGINES", kept)


def network(selector: str) -> RoutedNet:
    torch.manual_seed(0)
    return zoo.create(selector, TASK).eval()


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("selector", ["resnet[tiny]", "msdnet[tiny]"])
def test_a_runtime_answers_as_the_network_does(engine: str, selector: str) -> None:
    pytest.importorskip(engine)
    net, images = network(selector), torch.rand(3, *TASK.shape)
    answer = getattr(engines, engine)(net, images)
    with torch.no_grad():
        expected = net(images, compute="all").logits
    torch.testing.assert_close(torch.as_tensor(answer(images)), expected, atol=1e-4, rtol=0)


def test_an_engine_that_is_missing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert set(available(network("resnet[tiny]"), torch.rand(1, *TASK.shape))) == {EAGER, SERVED, RUNTIME}


def test_a_network_that_cannot_be_written_down_runs_in_pytorch() -> None:
    assert set(available(network("deformable[tiny]"), torch.rand(1, *TASK.shape))) == {EAGER, SERVED}


def test_without_any_other_engine_there_is_no_opponent(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {name: engines.ENGINES[name] for name in (EAGER, SERVED)}
    monkeypatch.setattr(engines, "ENGINES", own)
    monkeypatch.setattr(opponents, "available", lambda net, images: available(net, images, own))
    with pytest.raises(NotMeasured, match="neither ONNX Runtime nor OpenVINO"):
        opponents.measure(0.1)


def test_a_runtime_with_other_answers_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(net: RoutedNet, images: torch.Tensor) -> engines.Answer:
        return lambda batch: net(batch, compute="all").logits + 1

    monkeypatch.setattr(engines, "ENGINES", {"wrong": wrong})
    with torch.no_grad(), pytest.raises(ArithmeticError, match="wrong answers otherwise than the network"):
        available(network("resnet[tiny]"), torch.rand(1, *TASK.shape), ["wrong"])


def test_the_opponent_is_the_engine_with_the_smallest_median() -> None:
    assert fastest({"a": np.array([1.0, 9.0, 3.0]), "b": np.array([2.0, 2.0, 9.0])}) == "b"


def test_a_network_that_skips_has_a_row_against_the_fastest_and_every_engine_one_against_ours() -> None:
    case = Case("small", "blocks=(1, 1, 1), widths=(8, 16, 16), stem_kind=cifar", 8, 0.5, math.nan)
    rows = opponents._against_dense([Routed(case, 1.5)], 0.0)
    targets = [row["target"] for row in rows if row["what"].startswith("skipping")]
    assert targets[0] == 1.5
    assert math.isnan(targets[1])
    dense = [row["what"] for row in rows if row["what"].startswith("dense in")]
    assert {f"dense in {EAGER}, over dense served here", f"dense in {RUNTIME}, over dense served here"} <= set(dense)
