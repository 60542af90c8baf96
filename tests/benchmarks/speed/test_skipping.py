"""Every way to skip answers the same, and has its row."""

from __future__ import annotations

import pytest
import torch

from benchmarks.speed.skipping import Case, _gathered, _lines, networks
from zoo import optimize_for_inference
from zoo.methods.adanet import AdaNet

SMALL = "blocks=(2, 1, 1), widths=(8, 16, 16), stem_kind=cifar"


def case(method: str) -> Case:
    return Case("small", SMALL, 8, 0.5, 0.1, method=method)


@pytest.mark.parametrize(
    ("method", "ways"),
    [
        ("adanet[tiny, ", ["mask", "gather", "served"]),
        ("skipnet[tiny, gate=rnn, open_log_odds=None, ", ["mask", "served"]),
    ],
)
def test_every_way_has_its_row(method: str, ways: list[str]) -> None:
    rows = [str(row["what"]) for row in _lines(case(method), 0.0)]
    assert [row for row in rows if row.startswith("realised")] == [f"realised / theoretical, {way}" for way in ways]


def test_gathering_is_what_the_network_computes() -> None:
    net, _, images = networks(case("adanet[tiny, "))
    served = optimize_for_inference(net, fused=False)
    logits = []
    assert isinstance(served.net, AdaNet)
    served.net.backbone.head.register_forward_hook(lambda module, inputs, output: logits.append(output))
    _gathered(served, images)
    with torch.no_grad():
        torch.testing.assert_close(logits[0], net(images).logits, atol=1e-4, rtol=0)
