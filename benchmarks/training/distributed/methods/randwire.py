"""RandWireNN cuts edges for a whole batch, of which a node may have as many as a process has images."""

from __future__ import annotations

from benchmarks.training.distributed.draws import of_the_whole_batch
from benchmarks.training.distributed.peers import Peers
from zoo.methods.randwire.stage import Lesions, RandomStage


class JointRandomStage(RandomStage):
    """Draws the same edges on every process."""

    peers: Peers

    def _dropped_edges(self) -> Lesions:
        with of_the_whole_batch():
            return super()._dropped_edges()


JOINT = {RandomStage: JointRandomStage}
