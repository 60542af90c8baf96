"""Square attack: sizes of squares by hand, and what it finds without gradients."""

from __future__ import annotations

import pytest
import torch

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks import Target
from benchmarks.measuring.attacks.square import Square, _side, square


@pytest.mark.parametrize(
    ("area", "progress", "side"),
    [
        (0.8, 0.0001, 25),  # sqrt(.8 x 784) = 25.04
        (0.8, 0.002, 18),  # halved once: sqrt(313.6) = 17.7
        (0.8, 0.99, 1),  # halved nine times: sqrt(1.2) = 1.1
        (0.001, 1.0, 1),
    ],
)
def test_sides_of_squares_in_a_digit(area: float, progress: float, side: int) -> None:
    assert _side(area, progress, torch.zeros(1, 1, 28, 28)) == side


def test_it_fools_without_gradients_and_more_with_more_queries(resnet: TrainedNetwork) -> None:
    batch = next(iter(resnet.dataset.test.batches(60)))
    target = Target(resnet.net, torch.device("cpu"))
    left = []
    for queries in (1, 60):
        torch.manual_seed(0)
        found = Square(queries=queries).prepare(target)(batch.images, batch.labels, 0.2)
        assert (found - batch.images).abs().max() <= 0.2 + 1e-6
        assert 0 <= found.min() <= found.max() <= 1
        left.append(int(target.right(found, batch.labels).sum()))
    assert left[1] < left[0] <= int(target.right(batch.images, batch.labels).sum())


def test_a_proposal_that_raises_the_margin_is_not_kept(resnet: TrainedNetwork) -> None:
    batch = next(iter(resnet.dataset.test.batches(20)))
    model = Target(resnet.net, torch.device("cpu")).folded

    def margins(queries: int) -> torch.Tensor:
        torch.manual_seed(0)
        with torch.no_grad():
            logits = model(square(model, batch.images, batch.labels, 0.02, queries=queries, area=0.8))
        own = logits.gather(1, batch.labels[:, None]).squeeze(1)
        found: torch.Tensor = own - logits.scatter(1, batch.labels[:, None], -torch.inf).amax(dim=1)
        return found

    survive = margins(30) > 0
    assert survive.any()
    assert (margins(30)[survive] <= margins(5)[survive] + 1e-5).all()
