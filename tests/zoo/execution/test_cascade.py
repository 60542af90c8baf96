"""Early exits, on numbers that can be followed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.zoo.count import Count
from zoo.execution.cascade import cascade


class Keep(nn.Module):
    """Logits (x, -x) of a (N, 1, 1, 1) input."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        return torch.cat([flat, -flat], dim=1)


@pytest.mark.parametrize("compute", ["all", "needed"])
def test_samples_leave_at_the_first_exit_whose_rule_says_so(compute: str) -> None:
    segments = [Count(), Count(), Count()]
    x = torch.tensor([9.0, 8.0, 0.0]).view(3, 1, 1, 1)  # after segments 10/11/12, 9/10/11, 1/2/3
    out = cascade(segments, [Keep()] * 3, lambda e, z: z[:, 0] >= 10, [True] * 3, x, compute)  # type: ignore[arg-type]
    assert out.logits[:, 0].tolist() == [10.0, 10.0, 3.0]
    assert out.route.int().tolist() == [[1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1]]


def test_needed_runs_only_the_samples_that_stayed() -> None:
    segments = [Count(), Count(), Count()]
    x = torch.tensor([9.0, 8.0, 0.0]).view(3, 1, 1, 1)
    cascade(segments, [Keep()] * 3, lambda e, z: z[:, 0] >= 10, [True] * 3, x, "needed")
    assert [segment.seen for segment in segments] == [3, 2, 1]


@pytest.mark.parametrize("compute", ["all", "needed"])
def test_a_disabled_exit_is_in_nobodys_route(compute: str) -> None:
    x = torch.tensor([9.0, 0.0]).view(2, 1, 1, 1)
    out = cascade([Count(), Count()], [Keep()] * 2, lambda e, z: z[:, 0] > 0, [False, True], x, compute)  # type: ignore[arg-type]
    assert out.logits[:, 0].tolist() == [11.0, 2.0]
    assert out.route.int().tolist() == [[1, 0, 1, 1], [1, 0, 1, 1]]


def test_all_answers_at_every_exit() -> None:
    x = torch.tensor([9.0]).view(1, 1, 1, 1)
    out = cascade([Count(), Count()], [Keep()] * 2, lambda e, z: z[:, 0] > 0, [True, True], x, "all")
    assert [logits[0, 0].item() for logits in out.exit_logits] == [10.0, 11.0]
    assert out.logits[0, 0].item() == 10.0
