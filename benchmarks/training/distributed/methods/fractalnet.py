"""FractalNet has a batch norm of its own."""

from __future__ import annotations

from torch import Tensor

from benchmarks.training.distributed.norms import joint_batch_norm
from benchmarks.training.distributed.peers import Peers
from zoo.methods.fractalnet.block import PathNorm


class JointPathNorm(PathNorm):
    """Normalises by the joint batch in training."""

    peers: Peers

    def forward(self, x: Tensor, alone: bool) -> Tensor:
        """(N, C, H, W) to the same shape."""
        if not self.training:
            return super().forward(x, alone)
        row = int(alone) % len(self.running_mean)
        mean, var = self.running_mean[row], self.running_var[row]
        return joint_batch_norm(x, mean, var, self.weight, self.bias, 0.1, 1e-5, self.peers)


JOINT = {PathNorm: JointPathNorm}
