"""Which engine serves a trained network: PyTorch, or ONNX Runtime."""

from __future__ import annotations

from typing import Literal, get_args

from zoo.network import RoutedNet
from zoo.serving import optimize
from zoo.serving.optimize import Served

Engine = Literal["torch", "onnxruntime"]


def optimize_for_inference(
    net: RoutedNet,
    *,
    engine: Engine = "torch",
    fused: bool = True,
    masked_up_to: int = 0,
    threads: int | None = None,
) -> Served:
    """A copy that serves: batch norms folded, lean gates, and only the needed units.

    Logits agree with the network's own within 1e-4; routes are the same but for decisions on the very edge.

    Args:
        net: trained; it is not changed. The copy is at its setting, on its device.
        engine: `torch`, on any device; or `onnxruntime`, on the CPU in float32: faster there, but a graph that no
            setting has needed before takes seconds to prepare. One call at a time may use it.
        fused: of `torch`: use oneDNN's fused convolutions on a CPU; see `zoo.serving.onednn`.
        masked_up_to: of `torch`, on CUDA; see `zoo.serving.optimize`.
        threads: of `onnxruntime`: of each operator; without it, as many as torch has now.

    Raises:
        ValueError: an unknown engine, or a network that ONNX Runtime does not serve
            (`zoo.serving.runtime.recording.Unsupported` says why).
        RuntimeMissing: ONNX Runtime, or what writes its models, is not installed.
    """
    if engine == "torch":
        return optimize.optimize_for_inference(net, fused=fused, masked_up_to=masked_up_to)
    if engine != "onnxruntime":
        raise ValueError(f"engine must be {' or '.join(map(repr, get_args(Engine)))}, not {engine!r}")
    from zoo.serving.runtime.served import ServedByRuntime

    return ServedByRuntime(net, threads=threads)
