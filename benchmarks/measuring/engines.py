"""Inference engines that people deploy on CPUs, behind one interface: a dense network becomes a function of images.

All of them run on one thread in 32-bit floating point, and get the same folded network for one number of images: no
engine is held back by a batch that may change.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measuring.engine_names import AUTOTUNED, COMPILED, EAGER, OPENVINO, RUNTIME, SERVED
from benchmarks.measuring.logits_only import LogitsOnly
from zoo.network import RoutedNet
from zoo.serving.optimize import Served, optimize_for_inference
from zoo.serving.runtime.graphs import RuntimeMissing
from zoo.serving.runtime.recording import Unsupported
from zoo.serving.runtime.served import ServedByRuntime

Answer = Callable[[Tensor], object]
"""Takes images (N, C, H, W) of a fixed shape; the engine's own array of logits (N, K)."""
Make = Callable[[RoutedNet, Tensor], Answer]
TOLERANCE = 1e-3
"""Largest difference of logits, relative to the largest of them, between an engine and the network itself."""


class Unavailable(RuntimeError):
    """An engine that this machine does not have, or that does not take the network; the message says why."""


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
    return _compiled(net)


def autotuned(net: RoutedNet, images: Tensor) -> Answer:
    """`torch.compile` with weights frozen into the code, and the fastest of several kernels for each operator.

    Raises:
        Unavailable: there is no C++ compiler.
    """
    return _compiled(net, freezing=True, max_autotune=True)


def _compiled(net: RoutedNet, **options: bool) -> Answer:
    compiler = shlex.split(os.environ.get("CXX", "g++"))[0]
    if shutil.which(compiler) is None:
        raise Unavailable(f"torch.compile needs a C++ compiler: install {compiler}, or set CXX to another one")
    torch.compiler.reset()  # of many networks in one process, those after the eighth would not be compiled any more
    folded = LogitsOnly(optimize_for_inference(net, fused=False).net)
    network = torch.compile(folded, dynamic=False, options=dict(options) or None)
    return _without_gradients(network)


def onnxruntime(net: RoutedNet, images: Tensor) -> Answer:
    """ONNX Runtime on its CPU provider, its output bound to an array that every call fills anew.

    Raises:
        Unavailable: it is not installed, or the network cannot be written down.
    """
    model, logits = _dense_model(net)
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_free_dimension_override_by_name("samples", len(images))
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    out = np.empty((len(images), net.task.classes), np.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_output(logits, ort.OrtValue.ortvalue_from_numpy(out))

    def answer(batch: Tensor) -> object:
        binding.bind_cpu_input("images", batch.numpy())
        session.run_with_iobinding(binding)
        return out

    return answer


def openvino(net: RoutedNet, images: Tensor) -> Answer:
    """OpenVINO on the CPU, in 32-bit floating point where the processor would offer less.

    Raises:
        Unavailable: it is not installed, or the network cannot be written down.
    """
    if find_spec("openvino") is None:
        raise Unavailable("not installed: openvino; python -m pip install openvino")
    import openvino as ov

    content, logits = _dense_model(net)
    core = ov.Core()
    model = core.read_model(BytesIO(content))
    model.reshape(list(images.shape))
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    return lambda batch: request.infer([batch.numpy()])[logits]


ENGINES: Mapping[str, Make] = {
    EAGER: eager,
    SERVED: served,
    COMPILED: compiled,
    AUTOTUNED: autotuned,
    RUNTIME: onnxruntime,
    OPENVINO: openvino,
}
"""By name; each answers as the network does when it computes every unit."""


def available(net: RoutedNet, images: Tensor, names: Iterable[str] | None = None) -> dict[str, Answer]:
    """The network in every engine that this machine has, each of which answers as the network itself.

    Args:
        net: in evaluation mode, on the CPU.
        images: (N, C, H, W) with values in [0, 1], contiguous, of the shape that will be timed.
        names: of the engines to try; None for all.

    Raises:
        ArithmeticError: an engine answers otherwise.
    """
    with torch.no_grad():
        expected = net(images, compute="all").logits
    found = {}
    for name in ENGINES if names is None else names:
        try:
            answer = ENGINES[name](net, images)
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
def _dense_model(net: RoutedNet) -> tuple[bytes, str]:
    """The folded network, every unit computed, as an ONNX model, and the name of its logits."""
    try:
        plan = ServedByRuntime(net).plan(compute="all")
    except (RuntimeMissing, Unsupported) as reason:
        raise Unavailable(str(reason)) from reason
    return plan.model("answer"), plan.segments["answer"]["outputs"][0]


def _without_gradients(network: Callable[[Tensor], Tensor] | nn.Module) -> Answer:
    def answer(images: Tensor) -> Tensor:
        with torch.inference_mode():
            logits: Tensor = network(images.contiguous(memory_format=torch.channels_last))
        return logits

    return answer
