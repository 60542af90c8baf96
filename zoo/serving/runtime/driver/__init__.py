"""Runs a network that was cut at its decisions: ONNX Runtime computes the segments, a loop decides who runs what.

It needs NumPy and ONNX Runtime, not PyTorch: `python -m benchmarks.export` writes a copy of it beside the segments.

    network = load("my_net")
    answer = network(images)   # (N, C, H, W) float32, pixels in [0, 1]
    answer.logits.argmax(axis=1), answer.route
"""

from .cascade import Cascade
from .gated import Gated
from .network import PLAN, VERSION, Network, faster, load
from .segments import Answer, Array, Segment
from .static import Static

__all__ = ["PLAN", "VERSION", "Answer", "Array", "Cascade", "Gated", "Network", "Segment", "Static", "faster", "load"]
