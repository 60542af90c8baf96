"""Recorded graphs in ONNX's format."""

from __future__ import annotations

from unittest.mock import Mock

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

import zoo
from zoo.network import Task
from zoo.serving.runtime import graphs
from zoo.serving.runtime.graphs import written_down
from zoo.serving.runtime.recording import Recorder, Unsupported, record
from zoo.serving.runtime.served import ServedByRuntime


def test_an_operator_that_onnx_does_not_have_is_named_in_one_line() -> None:
    """A method that is not the suite's is then timed in PyTorch, see `benchmarks.measuring.contenders`."""

    def run(recorder: Recorder, images: Tensor) -> None:
        recorder.mark("out", torch.special.bessel_j0(images))

    graph, names, _ = record(run, (1, 4, 4))
    with pytest.raises(Unsupported, match=r"torch\.onnx cannot write the network down: .*bessel_j0") as raised:
        written_down(graph, names, (1, 4, 4))
    assert "\n" not in str(raised.value)


def test_a_sum_with_a_product_is_two_operators() -> None:
    def run(recorder: Recorder, images: Tensor) -> None:
        recorder.mark("out", torch.addcmul(images, images, images))

    graph, names, _ = record(run, (1, 4, 4))
    model = onnx.load_from_string(written_down(graph, names, (1, 4, 4)).segment(["images"], ["out"]))
    assert sorted(node.op_type for node in model.graph.node) == ["Add", "Mul"]


def test_networks_of_one_architecture_are_exported_once_and_keep_their_own_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export = Mock(wraps=graphs._exported)
    monkeypatch.setattr(graphs, "_WRITTEN", {})
    monkeypatch.setattr(graphs, "_exported", export)
    images = torch.rand(4, 1, 28, 28)
    for seed in range(2):
        torch.manual_seed(seed)
        net = zoo.create("adanet[tiny]", Task(classes=10, shape=(1, 28, 28))).eval()
        with torch.no_grad():
            expected = net(images, compute="needed")
        answer = ServedByRuntime(net)(images)
        torch.testing.assert_close(answer.logits, expected.logits, rtol=1e-4, atol=1e-4)
        assert torch.equal(answer.route, expected.route)
    assert export.call_count == 1


def test_indices_are_part_of_a_graph() -> None:
    """A constant of whole numbers may decide what is written down; a weight does not."""
    images = torch.rand(2, 3, 4, 4)
    for order in ([2, 0, 1], [0, 2, 1]):

        def run(recorder: Recorder, batch: Tensor, order: list[int] = order) -> None:
            recorder.mark("out", batch.index_select(1, torch.tensor(order)))

        graph, names, _ = record(run, (3, 4, 4))
        model = written_down(graph, names, (3, 4, 4)).segment(["images"], ["out"])
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        assert torch.equal(torch.from_numpy(session.run(None, {"images": images.numpy()})[0]), images[:, order])
