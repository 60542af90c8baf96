"""Gates: hard decisions with soft gradients, logistic noise, thresholds that reach a rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import torch
from torch import Tensor

from zoo.network import Setting

GateGradient = Literal["straight-through", "none", "soft"]
_gradient: ContextVar[GateGradient] = ContextVar("gate_gradient", default="straight-through")


@contextmanager
def gate_gradient(kind: GateGradient) -> Iterator[None]:
    """Inside the block, decisions that are made by `straight_through` have another gradient; attackers choose it.

    Args:
        kind: `none`, as if decisions were constants; `soft`, and the value too is that of the probability.
    """
    token = _gradient.set(kind)
    try:
        yield
    finally:
        _gradient.reset(token)


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """The value of `hard` with the gradient of `soft` (Bengio et al. 2013), but see `gate_gradient`; any one shape."""
    kind = _gradient.get()
    if kind == "none":
        return hard.detach()
    return soft if kind == "soft" else hard.detach() + (soft - soft.detach())


def logistic_noise(like: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Samples of the standard logistic distribution, in the shape and dtype of `like` and on its device.

    It is the law of the difference of two Gumbel variables, so a two-way Gumbel-max is a threshold on
    `logit + noise`, and a two-way Gumbel-softmax is its sigmoid (Maddison et al. 2017, appendix B).
    """
    where = like.device if generator is None else generator.device
    uniform = torch.rand(like.shape, generator=generator, device=where, dtype=like.dtype)
    return torch.logit(uniform.to(like.device, non_blocking=True), eps=1e-6)


def threshold_settings(probs: Tensor, rates: Sequence[float], *, margin: float = 0.0) -> list[Setting]:
    """Gate thresholds that those shares of all gate probabilities exceed.

    Args:
        probs: (V, G), of validation data.
        rates: shares, in (0, 1).
        margin: thresholds this close to 0 or 1 are left out: they would separate gates that have already decided.
    """
    settings = []
    for rate in rates:
        threshold = float(probs.flatten().quantile(1 - rate))
        if margin < threshold < 1 - margin:
            note = f"gate threshold that {rate:.0%} of validation's gate probabilities exceed"
            settings.append(Setting(name=f"rate {rate:.0%}", values={"threshold": threshold}, note=note))
    return settings
