"""What several processes would not train as one does is refused, with what to do."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import zoo
from benchmarks.training.distributed.limits import check_joint
from benchmarks.training.distributed.norms import joint_batch_norm
from benchmarks.training.distributed.peers import Peers
from benchmarks.training.recipe import Recipe

TASK = zoo.Task(shape=(1, 28, 28), classes=10)


@pytest.mark.parametrize(
    ("network", "recipe", "processes", "expected"),
    [
        ("resnet[tiny]", {"batch_size": 32}, 3, "3 cannot share a batch of 32 images"),
        ("resnet[tiny]", {"batch_size": 32}, 32, "leaves each at least 2"),
        ("resnet[tiny]", {"batch_size": 512}, 7, "a batch of 100 images"),
        ("resnet[tiny]", {"compile": True}, 2, "leave out compile or processes"),
        ("resnet[tiny]", {"adversarial": {"epsilon": 0.1, "clean": 0.5}}, 2, "leave out clean or processes"),
        ("stochastic_depth[tiny, mode=row]", {}, 2, "drop them per batch"),
        ("adanet[tiny, last_survival=0.5, drop_mode=row]", {}, 2, "drop them per batch"),
        ("fractalnet[tiny, draw=sample]", {}, 2, "draw it per batch"),
    ],
)
def test_it_is_refused(network: str, recipe: dict[str, Any], processes: int, expected: str) -> None:
    values = {"batch_size": 32, **recipe}
    with pytest.raises(ValueError, match=expected):
        check_joint(zoo.create(network, TASK), Recipe(**values), 100, processes)


@pytest.mark.parametrize("network", ["resnet[tiny]", "adanet[tiny, last_survival=0.5]", "fractalnet[tiny]"])
def test_it_is_trained(network: str) -> None:
    check_joint(zoo.create(network, TASK), Recipe(batch_size=32), 100, 2)


class OwnNorm(nn.Module):
    """Normalises by batches in a way that nobody has declared."""

    running_mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(3))


def test_a_normalisation_of_a_kind_of_its_own_is_refused() -> None:
    net = zoo.create("resnet[tiny]", TASK)
    net.own = OwnNorm()
    with pytest.raises(ValueError, match=r"own \(OwnNorm\) normalises by the images of one process"):
        check_joint(net, Recipe(batch_size=32), 100, 2)


def test_a_batch_norm_of_a_part_of_the_images_is_refused() -> None:
    peers = Peers(0, 2)
    peers.rows = 8
    with pytest.raises(ValueError, match="batch norm of 5 of a process's 8 images"):
        joint_batch_norm(torch.zeros(5, 3, 2, 2), None, None, None, None, 0.1, 1e-5, peers)
