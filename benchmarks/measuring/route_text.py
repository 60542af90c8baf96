"""Routes as text."""

from __future__ import annotations

import torch
from torch import Tensor


def route_text(route: Tensor) -> list[str]:
    """Routes (N, U) bool as N strings of `1` (used) and `0`, as tables store them."""
    digits = (route.to(torch.uint8) + ord("0")).cpu().numpy()
    return [row.tobytes().decode("ascii") for row in digits]
