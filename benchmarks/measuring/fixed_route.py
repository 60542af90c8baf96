"""Whether images can take different routes through a network at all."""

from __future__ import annotations

import torch

from benchmarks.measuring.attacks_on_cost.objective import decides
from benchmarks.measuring.trained_network import TrainedNetwork

FIXED = "every image takes the same route"


def fixed_route(trained: TrainedNetwork) -> str:
    """Why there is nothing to say of easy and hard images; empty where gates or exits decide what an image costs."""
    with trained.at(trained.settings[0]) as net, torch.no_grad():
        (batch, *_) = trained.dataset.test.take(1).batches(1, device=trained.device)
        return "" if decides(net, net(batch.images, compute="all")) else FIXED
