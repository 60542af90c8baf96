"""Weights and images by a rule that any machine follows, and what a network answers with them.

The numbers are splitmix64 of their positions (Steele, Lea and Flood 2014): no generator of any library decides them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 1 << 40
"""Distance between the numbers of two tensors."""
CLASSES = 5
"""Whose logits are stored."""
COARSE = 1 << 20
"""Stream of the colours of patches."""


def numbers(count: int, stream: int) -> NDArray[np.float64]:
    """So many numbers in [-1, 1), the same on every machine, other ones for every stream."""
    with np.errstate(over="ignore"):
        z = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(stream * STRIDE)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / 2**52 - 1


def fill(net: nn.Module) -> None:
    """Give every parameter and every mean and variance a value, in order.

    Weights of operators are uniform with variance 2 / fan-in (He et al. 2015), norms near 1, all else near 0.
    """
    with torch.no_grad():
        for stream, (module, name, tensor) in enumerate(_tensors(net), start=1):
            values = torch.from_numpy(numbers(tensor.numel(), stream)).view(tensor.shape)
            tensor.copy_(_scaled(module, name, tensor, values).to(tensor.dtype))


def _scaled(module: nn.Module, name: str, tensor: Tensor, values: Tensor) -> Tensor:
    if name == "running_var":
        return 1 + values / 2
    if name == "weight" and tensor.ndim == 1:
        return 0.5 + values / 4
    if tensor.ndim > 1:
        return values * float(np.sqrt(6 * len(tensor) / tensor.numel()))
    return values / 5


def _tensors(net: nn.Module) -> Iterator[tuple[nn.Module, str, Tensor]]:
    for module in net.modules():
        for name, parameter in module.named_parameters(recurse=False):
            yield module, name, parameter
        for name, buffer in module.named_buffers(recurse=False):
            if name in ("running_mean", "running_var"):
                yield module, name, buffer


def images(count: int, shape: tuple[int, int, int]) -> Tensor:
    """(count, C, H, W), pixels in [0, 1]: patches of 4 x 4 colours with noise, each image of another contrast."""
    channels, height, width = shape
    noise = torch.from_numpy(numbers(count * channels * height * width, 0)).view(count, *shape)
    coarse = torch.from_numpy(numbers(count * channels * 16, COARSE)).view(count, channels, 4, 4)
    patches = functional.interpolate(coarse, (height, width), mode="nearest")
    contrast = torch.linspace(0.1, 0.5, count, dtype=torch.float64).view(-1, 1, 1, 1)
    return (0.5 + contrast * (0.8 * patches + 0.2 * noise)).clamp(0, 1).float()


def measure(net: Any, count: int) -> dict[str, Any]:
    """What a filled network answers, and its loss and gradient in every phase of training.

    Args:
        net: a network of the zoo; training changes its running means.
        count: of images.

    Returns:
        Plain values. In evaluation mode `logits` and those of `exits`, see `_few`, `route` (N strings of digits), and
        of gated networks `surest`, the smallest distance of a gate's probability from one half. For every one of the
        `phases` of training the `loss` of a batch and the Euclidean norm of its `gradient`, drawn with torch's
        generator at 0.
    """
    batch = images(count, net.task.shape)
    labels = torch.arange(count) % net.task.classes
    net.eval()
    with torch.no_grad():
        out = net(batch, compute="all")
    found: dict[str, Any] = {
        "logits": _few(out.logits),
        "exits": [_few(logits) for logits in out.exit_logits],
        "route": ["".join("01"[int(used)] for used in row) for row in out.route.tolist()],
        "phases": {},
    }
    if out.gate_probs is not None:
        found["surest"] = float((out.gate_probs - 0.5).abs().min())
    net.train()
    for phase in net.phases():
        net.begin(phase.name)
        net.zero_grad(set_to_none=True)
        torch.manual_seed(0)
        loss = net.loss(net(batch), labels)
        loss.backward()
        norms = [p.grad.double().norm() for p in net.parameters() if p.grad is not None]
        found["phases"][phase.name] = {"loss": float(loss.detach()), "gradient": float(torch.stack(norms).norm())}
    return found


def _few(logits: Tensor) -> list[list[float]]:
    """Of every image, the logits of the first classes and the root of the mean square of all: (N, CLASSES + 1)."""
    all_of_them = logits.double().square().mean(dim=1, keepdim=True).sqrt()
    return torch.cat([logits[:, :CLASSES].double(), all_of_them], dim=1).tolist()
