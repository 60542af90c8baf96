"""What a trained network itself answers, and how near each of its decisions was to being another one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zoo.execution.early_exit import EarlyExitNet
from zoo.network import Forward, RoutedNet

Images = NDArray[np.float32]
"""(N, C, H, W), pixels in [0, 1]."""
Logits = NDArray[np.float32]
Routes = NDArray[np.bool_]
BATCH = 64


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Answers to N images.

    Attributes:
        logits: (N, K).
        routes: (N, U).
        margins: (N, U), how far from its threshold the decision was that a unit's use followed from, in the units of
            the threshold (log-odds of gates, uncertainty of exits); infinite where nothing was decided.
    """

    logits: Logits
    routes: Routes
    margins: NDArray[np.float32]

    def on_the_edge(self, routes: Routes, tolerance: float) -> NDArray[np.bool_]:
        """Images (N,) whose route is another one, where the first decision that differs was within the tolerance."""
        differs = routes != self.routes
        first = differs.argmax(axis=1)
        near = self.margins[np.arange(len(first)), first] <= tolerance
        found: NDArray[np.bool_] = near & differs.any(axis=1)
        return found


def expected_of(net: RoutedNet, images: Images, limit: float | None) -> Expected:
    """What PyTorch computes.

    Args:
        net: on the CPU, in evaluation mode, at its setting.
        images: at least one.
        limit: of log-odds, where gates decide by that.
    """
    with torch.inference_mode():
        parts = [net(part, compute="all") for part in torch.from_numpy(images).split(BATCH)]
        margins = [_margins(net, part, limit) for part in parts]
    return Expected(
        logits=torch.cat([part.logits for part in parts]).numpy(),
        routes=torch.cat([part.route for part in parts]).numpy(),
        margins=torch.cat(margins).numpy(),
    )


def _margins(net: Any, answer: Forward, limit: float | None) -> Tensor:
    if limit is not None and answer.gate_probs is not None and answer.gate_probs.shape == answer.route.shape:
        return (answer.gate_probs.logit() - limit).abs()
    margins = torch.full(answer.route.shape, math.inf)
    if isinstance(net, EarlyExitNet):
        for place, threshold in enumerate(net.thresholds):
            if threshold is not None:  # who stays uses the segment and the exit behind it
                score = net.uncertainty(answer.exit_logits[place])
                margins[:, 2 * place + 2 : 2 * place + 4] = (score - threshold).abs()[:, None]
    return margins
