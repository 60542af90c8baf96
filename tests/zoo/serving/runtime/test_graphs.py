"""Recorded graphs in ONNX's format."""

from __future__ import annotations

import onnx
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
