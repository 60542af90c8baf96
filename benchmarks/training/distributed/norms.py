"""Batch norm by the statistics of the joint batch, on any device.

`torch.nn.SyncBatchNorm` runs on GPUs only.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from benchmarks.training.distributed.peers import Peers


def joint_batch_norm(
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    momentum: float,
    eps: float,
    peers: Peers,
) -> Tensor:
    """What `functional.batch_norm` does in training, over the images of all processes.

    Args:
        x: (N, C, ...), this process's part, of the same shape on every process.
        running_mean: (C,), updated in place; None for none.
        running_var: (C,), likewise.
        weight: (C,) or None.
        bias: (C,) or None.
        momentum: of the update.
        eps: added to the variance.
        peers: that have the other parts.

    Raises:
        ValueError: x is not of all images of the step, so that processes would normalise different numbers of them.
    """
    if len(x) != peers.rows:
        raise ValueError(
            f"batch norm of {len(x)} of a process's {peers.rows} images: a network that runs a unit for a part of its "
            "batch in training cannot be trained by several processes"
        )
    y, mean, var = _JointBatchNorm.apply(x, weight, bias, eps, peers)
    if running_mean is not None and running_var is not None:
        count = peers.count * x.numel() / x.shape[1]
        with torch.no_grad():
            running_mean.lerp_(mean.to(running_mean.dtype), momentum)
            running_var.lerp_(var.to(running_var.dtype) * (count / (count - 1)), momentum)
    return cast(Tensor, y)


class _JointBatchNorm(Function):
    """Returns the normalised x, and mean and biased variance (C,) of the joint batch."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, peers: Peers
    ) -> tuple[Tensor, Tensor, Tensor]:
        wide = _wide(x)
        var, mean = torch.var_mean(wide, _all_but_channels(x), correction=0)
        means, variances = torch.stack(peers.every(torch.stack([mean, var]))).unbind(dim=1)
        mean = means.mean(dim=0)
        var = (variances + (means - mean) ** 2).mean(dim=0)
        ctx.save_for_backward(x, mean, (var + eps).rsqrt(), weight)
        ctx.peers, ctx.has_bias = peers, bias is not None
        ctx.mark_non_differentiable(mean, var)
        scale = None if weight is None else weight.to(wide.dtype)
        shift = None if bias is None else bias.to(wide.dtype)
        y = functional.batch_norm(wide, mean, var, scale, shift, training=False, eps=eps)
        return y.to(x.dtype), mean, var

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, mean, inverse_std, weight = ctx.saved_tensors
        gradient, dims = _wide(gradients[0]), _all_but_channels(x)
        normal = (_wide(x) - _along(mean, x)) * _along(inverse_std, x)
        sums = torch.stack([gradient.sum(dims), (gradient * normal).sum(dims)])
        mine = sums.clone()
        images = ctx.peers.count * x.numel() / x.shape[1]
        mean_gradient, mean_product = (ctx.peers.sum_(sums) / images).unbind()
        centred = gradient - _along(mean_gradient, x) - normal * _along(mean_product, x)
        scale = inverse_std if weight is None else inverse_std * weight
        to_weight = None if weight is None else mine[1].to(weight.dtype)
        to_bias = mine[0].to(x.dtype if weight is None else weight.dtype) if ctx.has_bias else None
        return (centred * _along(scale, x)).to(x.dtype), to_weight, to_bias, None, None


def _wide(x: Tensor) -> Tensor:
    """At least fp32, in which torch's own batch norm keeps statistics too."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def _all_but_channels(x: Tensor) -> list[int]:
    return [dim for dim in range(x.ndim) if dim != 1]


def _along(values: Tensor, x: Tensor) -> Tensor:
    """(C,) in a shape that lines up with the channels of x."""
    return values.view(1, -1, *[1] * (x.ndim - 2))


class JointNorm(_BatchNorm):
    """A batch norm that looks at the joint batch in training; in eval mode it is the one that it was made of."""

    peers: Peers

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, ...) to the same shape."""
        if not self.training:
            return super().forward(x)
        self._check_input_dim(x)  # type: ignore[no-untyped-call]
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / float(self.num_batches_tracked)
        means, variances = (self.running_mean, self.running_var) if self.track_running_stats else (None, None)
        return joint_batch_norm(x, means, variances, self.weight, self.bias, momentum, self.eps, self.peers)


def joint_norm_of(kind: type[nn.Module]) -> type[nn.Module]:
    """A batch norm's class, with the forward pass of `JointNorm`."""
    return type(f"Joint{kind.__name__}", (JointNorm, kind), {})
