"""Published networks with early exits serve what they answer."""

from __future__ import annotations

import pytest
import torch

import zoo
from benchmarks.conformance.test_serving import answers
from benchmarks.speed.skipping import normalised
from zoo.execution.thresholds import entropy


@pytest.mark.parametrize("trunk", ["b-lenet", "b-alexnet", "b-resnet-110"])
@pytest.mark.parametrize("compute", ["needed", "all"])
def test_published_early_exits_serve_what_they_answer(trunk: str, compute: zoo.Compute) -> None:
    torch.manual_seed(0)
    shape = (1, 28, 28) if trunk == "b-lenet" else (3, 32, 32)
    net = zoo.create(f"branchynet[{trunk}]", zoo.Task(shape=shape, classes=10))
    images = torch.rand(6, *shape) * torch.rand(6, 1, 1, 1)
    normalised(net, images)
    with torch.no_grad():
        first = entropy(net(images).exit_logits[0]).sort().values
    between = float(first[2] + first[3]) / 2  # an image's own value would be decided by rounding
    for limit in (0.0, between):
        exits = len(net(images).exit_logits)
        net.use(zoo.Setting(name="limit", values={"thresholds": [limit] * (exits - 1)}))
        for size in (1, 6):
            expected, route = answers(net, images, size)
            fast = zoo.optimize_for_inference(net)
            found = [fast(some, compute=compute) for some in images.split(size)]
            assert torch.equal(torch.cat([out.route for out in found]), route)
            torch.testing.assert_close(torch.cat([out.logits for out in found]), expected, atol=1e-4, rtol=1e-4)
