"""Recorded graphs in ONNX's format."""

from __future__ import annotations

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor

from zoo.serving.runtime.graphs import written_down
from zoo.serving.runtime.recording import Recorder, Unsupported, record


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
