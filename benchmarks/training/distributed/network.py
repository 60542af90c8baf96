"""A network whose answers, losses and gradients are those of the joint batch, on every process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from benchmarks.training.distributed.adapted import adapted
from benchmarks.training.distributed.gradients import sum_gradients
from benchmarks.training.distributed.norms import joint_norm_of
from benchmarks.training.distributed.peers import Peers
from zoo.network import Compute, Forward, RoutedNet


class JointNet(RoutedNet):
    """In training, images are this process's part of the batch, and the output and the loss are of the whole batch.

    So every process has the same loss, whatever function of the batch it is; only gradients differ, and their sum,
    which is taken at the end of a backward pass from the loss, is that of one process. torch's
    `DistributedDataParallel` takes the mean of gradients of every process's own loss, which is another thing wherever a
    loss is not a mean over images, and does not expect a unit that runs on some processes only.
    """

    peers: Peers
    joint_penalties: ClassVar[bool] = False
    """Whether penalties that a forward pass makes are of the joint batch."""

    def forward(self, images: Tensor, *, compute: Compute = "all", generator: torch.Generator | None = None) -> Forward:
        """See `zoo.network.RoutedNet.forward`; in eval mode it does nothing else.

        Raises:
            TypeError: the network makes penalties in its forward pass, of which nobody said that they are joint ones.
        """
        out = super().forward(images, compute=compute, generator=generator)
        if not self.training:
            return out
        if out.penalties and not self.joint_penalties:
            raise TypeError(
                f"{type(self).__mro__[2].__name__} makes penalties ({', '.join(out.penalties)}) of the images of one "
                "process; see benchmarks.training.distributed.methods"
            )
        gather = self.peers.gather
        return replace(
            out,
            logits=gather(out.logits),
            route=gather(out.route),
            exit_logits=tuple(gather(logits) for logits in out.exit_logits),
            gate_probs=None if out.gate_probs is None else gather(out.gate_probs),
        )

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """The loss of the joint batch, whose backward pass ends with the gradient of the joint batch."""
        loss = super().loss(forward, labels)
        loss.register_hook(self._sum_at_the_end)
        return loss

    def _sum_at_the_end(self, gradient: Tensor) -> None:
        engine: Any = torch.autograd.Variable._execution_engine
        engine.queue_callback(lambda: sum_gradients(self.parameters(), self.peers))


@contextmanager
def jointly(net: RoutedNet, peers: Peers) -> Iterator[None]:
    """Inside the block, and in copies that are made there, the network is trained by several processes.

    Parameters, buffers and their names stay what they are; only the classes of the network and of some modules change.
    """
    before: list[tuple[Any, type[nn.Module]]] = []
    kinds: dict[type[nn.Module], type[nn.Module]] = {}
    try:
        for module in net.modules():
            own: type[nn.Module] = type(module)
            kinds[own] = kinds.get(own) or _joint_kind(own)
            if kinds[own] is not own:
                before.append((module, own))
                module.__class__ = kinds[own]
                module.peers = peers  # type: ignore[assignment]
        yield
    finally:
        for module, kind in before:
            module.__class__ = kind
            del module.peers


def _joint_kind(kind: type[nn.Module]) -> type[nn.Module]:
    if issubclass(kind, RoutedNet):
        own = adapted(kind)
        penalties = {"joint_penalties": getattr(own, "joint_penalties", False)}
        return type(f"Joint{kind.__name__}", (JointNet, own), penalties)
    return joint_norm_of(kind) if issubclass(kind, _BatchNorm) else adapted(kind)
