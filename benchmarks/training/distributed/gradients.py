"""The gradient of the joint batch: the sum of what every process found for its own images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from benchmarks.training.distributed.peers import Peers

BUCKET = 2**23
"""Numbers that are exchanged at once: 32 MiB in fp32."""


def sum_gradients(parameters: Iterable[nn.Parameter], peers: Peers) -> None:
    """Sum the gradient of every parameter over all processes, in place.

    A parameter that some process used has a gradient on all of them; one that none used has none, as if one process had
    seen all images: an optimizer leaves it alone, weight decay included.

    Args:
        parameters: of the network, in the same order on every process.
        peers: that have the other parts.

    Raises:
        RuntimeError: processes have drawn different numbers of random numbers, so that they no longer agree.
    """
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    facts = torch.tensor([peers.drawn, *(parameter.grad is not None for parameter in trained)])
    drawn, *used = torch.stack(peers.every(facts)).unbind(dim=1)
    if len(set(drawn.tolist())) > 1:
        raise RuntimeError(
            f"the processes have drawn {drawn.tolist()} random numbers: a unit that draws for a part of the images "
            "cannot be trained by several processes"
        )
    gradients = []
    for parameter, by_whom in zip(trained, used, strict=True):
        if not by_whom.any():
            continue
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        gradients.append(parameter.grad)
    for bucket in _buckets(gradients):
        _sum_bucket(bucket, peers)


def _buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Gradients of one dtype after another, together at most `BUCKET` numbers unless one is larger."""
    bucket: list[Tensor] = []
    size = 0
    for gradient in sorted(gradients, key=lambda gradient: str(gradient.dtype)):
        if bucket and (gradient.dtype != bucket[0].dtype or size + gradient.numel() > BUCKET):
            yield bucket
            bucket, size = [], 0
        bucket.append(gradient)
        size += gradient.numel()
    if bucket:
        yield bucket


def _sum_bucket(bucket: Sequence[Tensor], peers: Peers) -> None:
    together = peers.sum_(torch.cat([gradient.reshape(-1) for gradient in bucket]))
    parts = together.split([gradient.numel() for gradient in bucket])
    for gradient, total in zip(bucket, parts, strict=True):
        gradient.copy_(total.view(gradient.shape))
