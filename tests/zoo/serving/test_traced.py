"""Batch norms of unknown networks, folded where a traced graph shows that this is the same function."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

import zoo
from zoo.methods.external import Body
from zoo.serving.traced import Folding, fold_traced, folding_of

TASK = zoo.Task(shape=(3, 32, 32), classes=10)


def with_statistics(net: nn.Module) -> nn.Module:
    """Batch norms as after a training: no two channels alike."""
    random = torch.Generator().manual_seed(0)
    for module in net.modules():
        if isinstance(module, _BatchNorm):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1, generator=random)
            module.running_var.uniform_(0.5, 2, generator=random)
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=random)
            nn.init.normal_(module.bias, 0, 0.1, generator=random)
    return net.eval()


def batch_norms(net: nn.Module) -> int:
    return sum(isinstance(module, _BatchNorm) for module in net.modules())


@pytest.mark.parametrize(
    ("selector", "folded", "of"),
    [
        ("external[torchvision=resnet18]", 20, 20),
        ("external[torchvision=mobilenet_v3_small]", 34, 34),
        ("external[torchvision=densenet121]", 59, 121),
        ("external[timm=resnet18]", 20, 20),
        ("external[timm=mobilenetv3_small_100]", 34, 34),
    ],
)
def test_networks_of_other_packages_are_folded_and_answer_the_same(selector: str, folded: int, of: int) -> None:
    pytest.importorskip("timm")
    torch.manual_seed(0)
    net = zoo.create(selector, TASK)
    with_statistics(net)
    served = zoo.optimize_for_inference(net)
    found = folding_of(served)
    assert found is not None
    assert (found.folded, found.batch_norms) == (folded, of)
    assert batch_norms(served) == of - folded
    images = torch.rand(3, *TASK.shape)
    with torch.no_grad():
        torch.testing.assert_close(served(images).logits, net(images).logits, atol=1e-4, rtol=1e-4)
    assert batch_norms(net) == of, "the network itself is left as it was"


class Own(nn.Module):
    """Convolution and batch norm, as attributes that code joins."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = functional.relu(self.norm(self.conv(x)))
        return made.mean(dim=(2, 3))


class ReadTwice(Own):
    """What the convolution makes is read by something else, too."""

    def forward(self, x: Tensor) -> Tensor:
        made = self.conv(x)
        added: Tensor = self.norm(made) + made
        return added.mean(dim=(2, 3))


class Shared(Own):
    """One batch norm behind two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.norm(self.other(self.norm(self.conv(x))))
        return made.mean(dim=(2, 3))


class Branching(Own):
    """Python decides by what is in a tensor."""

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = super().forward(x if x.mean() > 0 else -x)
        return made


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (Own(), "1 of 1 batch norms folded"),
        (ReadTwice(), "0 of 1 batch norms folded: 1 with no convolution of their own before them"),
        (Shared(), "0 of 1 batch norms folded: 1 with no convolution of their own before them"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten()), "0 of 0 batch norms folded"),
    ],
    ids=["own", "read twice", "shared", "none"],
)
def test_only_what_a_convolution_makes_for_one_batch_norm_alone_is_folded(net: nn.Module, expected: str) -> None:
    body = Body(with_statistics(copy.deepcopy(net)), (3, 8, 8))
    folded = fold_traced(body)
    assert str(folded.folding) == expected
    images = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(folded(images), body(images), atol=1e-5, rtol=1e-5)


def test_code_that_cannot_be_followed_is_served_as_it_is() -> None:
    body = Body(with_statistics(Branching()), (3, 8, 8))
    folded = fold_traced(body)
    assert folded.net is body.net
    assert str(folded.folding).startswith("0 of 1 batch norms folded: torch.fx cannot follow it: ")


class Counting(Own):
    """Answers otherwise when it is asked again, as nothing that is followed once can."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(x) * self.calls


def test_a_folded_network_that_answers_otherwise_is_not_served() -> None:
    folded = fold_traced(Body(with_statistics(Counting()), (3, 8, 8)))
    assert folded.folding == Folding(batch_norms=1, folded=0, note="the folded network answers otherwise")


def test_networks_of_the_zoo_are_folded_by_type() -> None:
    assert folding_of(zoo.optimize_for_inference(zoo.create("resnet[tiny]").eval())) is None
