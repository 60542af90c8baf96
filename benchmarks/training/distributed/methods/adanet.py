"""AdaNet's target loss is of the rates of the joint batch: the mean of squares is not the square of a mean."""

from __future__ import annotations

from torch import Tensor

from benchmarks.training.distributed.peers import Peers
from zoo.methods.adanet import AdaNet


class JointAdaNet(AdaNet):
    """Pulls the execution rates of the joint batch towards their targets."""

    peers: Peers
    joint_penalties = True

    def _target_loss(self, gates: Tensor) -> Tensor:
        return super()._target_loss(self.peers.gather(gates))


JOINT = {AdaNet: JointAdaNet}
