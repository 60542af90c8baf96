"""Inference runtimes that people deploy on CPUs, behind one interface: a dense network becomes a function of images.

All of them run on one thread and in 32-bit floating point, and get the same folded network. ONNX Runtime and OpenVINO
read an ONNX model that `torch.onnx` exports for the shape of the images, as `torch.compile` compiles for one: no engine
is held back by a batch that may change.
"""

from __future__ import annotations

import os
import shlex
import shutil
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO

import torch
from torch import Tensor, nn

from benchmarks.measuring.logits_only import LogitsOnly
from zoo import RoutedNet, Served, optimize_for_inference
from zoo.serving.runtime.served import ServedByRuntime

Answer = Callable[[Tensor], object]
"""Takes images (N, C, H, W) of a fixed shape; the runtime's own array of logits (N, K)."""
Make = Callable[[RoutedNet, Tensor], Answer]
TOLERANCE = 1e-3
"""Largest difference of logits, relative to the largest of them, between a runtime and the network itself."""


class Unavailable(RuntimeError):
    """A runtime that this machine does not have; the message says what to install."""


def eager(net: RoutedNet, images: Tensor) -> Answer:
    """Plain PyTorch, batch norms folded, channels-last."""
    return _without_gradients(LogitsOnly(optimize_for_inference(net, fused=False).net))


def served(net: RoutedNet, images: Tensor) -> Answer:
    """`zoo.optimize_for_inference`, every unit computed."""
    return _without_gradients(LogitsOnly(optimize_for_inference(net).net))


def compiled(net: RoutedNet, images: Tensor) -> Answer:
    """`torch.compile` at its defaults, for this shape of images.

    Raises:
        Unavailable: there is no C++ compiler.
    """
    compiler = shlex.split(os.environ.get("CXX", "g++"))[0]
    if shutil.which(compiler) is None:
        raise Unavailable(f"torch.compile needs a C++ compiler: install {compiler}, or set CXX to another one")
    torch.compiler.reset()  # of many networks in one process, those after the eighth would not be compiled any more
    network = torch.compile(LogitsOnly(optimize_for_inference(net, fused=False).net), dynamic=False)
    return _without_gradients(network)


def onnxruntime(net: RoutedNet, images: Tensor) -> Answer:
    """ONNX Runtime on its CPU provider.

    Raises:
        Unavailable: it or the exporter is not installed.
    """
    _need("onnxruntime", "onnxscript")
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(onnx_bytes(net, images), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda batch: session.run(None, {name: batch.numpy()})[0]


def openvino(net: RoutedNet, images: Tensor) -> Answer:
    """OpenVINO on the CPU, in 32-bit floating point where the processor would offer less.

    Raises:
        Unavailable: it or the exporter is not installed.
    """
    _need("openvino", "onnxscript")
    import openvino as ov

    core = ov.Core()
    model = core.read_model(BytesIO(onnx_bytes(net, images)))
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    return lambda batch: request.infer([batch.numpy()])[0]


ENGINES: Mapping[str, Make] = {
    "PyTorch": eager,
    "served": served,
    "torch.compile": compiled,
    "ONNX Runtime": onnxruntime,
    "OpenVINO": openvino,
}
"""By name; each answers as the network does when it computes every unit."""


def available(net: RoutedNet, images: Tensor) -> dict[str, Answer]:
    """The network in every runtime that this machine has, each of which answers as the network itself.

    Args:
        net: in evaluation mode, on the CPU.
        images: (N, C, H, W) with values in [0, 1], contiguous, of the shape that will be timed.

    Raises:
        ArithmeticError: a runtime answers otherwise.
    """
    with torch.no_grad():
        expected = net(images, compute="all").logits
    found = {}
    for name, make in ENGINES.items():
        try:
            answer = make(net, images)
        except Unavailable:
            continue
        difference = (torch.as_tensor(answer(images)) - expected).abs().max() / expected.abs().max()
        if not difference <= TOLERANCE:
            raise ArithmeticError(f"{name} answers otherwise than the network: logits differ by {difference:.1e}")
        found[name] = answer
    return found


def answering(served: Served) -> Answer:
    """A served network at its setting, needed units only, in the arrays of its own engine, as every `Answer` here."""
    if not isinstance(served, ServedByRuntime):
        return served
    network = served.network()
    return lambda batch: network(batch.numpy())


@lru_cache(maxsize=1)
def onnx_bytes(net: RoutedNet, images: Tensor) -> bytes:
    """The folded network, every unit computed, as an ONNX model from images of this shape to logits.

    Raises:
        Unavailable: the exporter is not installed.
    """
    _need("onnxscript")
    plain = LogitsOnly(optimize_for_inference(net, fused=False).net).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(plain, (images,), dynamo=True, verbose=False)
    if program is None:
        raise RuntimeError("torch.onnx exported nothing")
    content: bytes = program.model_proto.SerializeToString()
    return content


def _without_gradients(network: Callable[[Tensor], Tensor] | nn.Module) -> Answer:
    def answer(images: Tensor) -> Tensor:
        with torch.inference_mode():
            logits: Tensor = network(images.contiguous(memory_format=torch.channels_last))
        return logits

    return answer


def _need(*modules: str) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)}; python -m pip install -e '.[engines]' has them")
