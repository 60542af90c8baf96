"""The stand-in for a GPU refuses what a GPU refuses, and knows when the host waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.conformance.simulated_gpu import DEVICE, SimulatedGpu

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.fixture
def gpu() -> Iterator[SimulatedGpu]:
    with SimulatedGpu() as mode:
        yield mode


def there(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).to(DEVICE, non_blocking=True)


WAITING: dict[str, Callable[[Tensor], object]] = {
    "a number": lambda x: x[0].item(),
    "a truth value": lambda x: bool(x[0] > 0),
    "a list": lambda x: x.tolist(),
    "values on the host": lambda x: x.cpu(),
    "where it is not 0": lambda x: x.nonzero(),
    "a mask as index": lambda x: x[x > 1],
    "an index of the host": lambda x: x[torch.tensor([1])],
    "different values": lambda x: x.unique(),
    "equality": lambda x: torch.equal(x, x),
    "values from the host": lambda x: torch.zeros(3).to(DEVICE),
    "values made there of a list": lambda x: torch.tensor([1.0], device=DEVICE),
    "a copy from the host": lambda x: x.copy_(torch.zeros(3)),
}
NOT_WAITING: dict[str, Callable[[Tensor], object]] = {
    "arithmetic": lambda x: (x * 2 + 1).sum(),
    "a scalar of the host": lambda x: x + torch.tensor(1.0),
    "a choice": lambda x: torch.where(x > 1, x, 0),
    "an index on the device": lambda x: x[x.argsort()],
    "a position": lambda x: x[1],
    "rows on the device": lambda x: x.index_select(0, x.argsort()),
    "zeros made there": lambda x: torch.zeros(3, device=DEVICE),
    "values sent ahead": lambda x: torch.zeros(3).to(DEVICE, non_blocking=True),
    "its shape": lambda x: len(x) + x.shape[0],
}


@pytest.mark.parametrize("what", WAITING)
def test_the_host_waits_once_for(what: str, gpu: SimulatedGpu) -> None:
    x = there(3, 1, 2)
    gpu.waits.clear()
    WAITING[what](x)
    assert len(gpu.waits) == 1


@pytest.mark.parametrize("what", NOT_WAITING)
def test_the_host_does_not_wait_for(what: str, gpu: SimulatedGpu) -> None:
    x = there(3, 1, 2)
    gpu.waits.clear()
    NOT_WAITING[what](x)
    assert gpu.waits == []


@pytest.mark.parametrize(
    "mix",
    [
        lambda x: x + torch.zeros(3),
        lambda x: torch.zeros(3) * x,
        lambda x: x.index_select(0, torch.tensor([1])),
        lambda x: torch.zeros(3)[x.argsort()],
        lambda x: torch.cat([x, torch.zeros(1)]),
        lambda x: functional.linear(x, torch.zeros(2, 3)),
        lambda x: torch.bernoulli(x.clamp(0, 1), generator=torch.Generator()),
    ],
)
def test_tensors_and_generators_of_the_host_do_not_mix(mix: Callable[[Tensor], Tensor], gpu: SimulatedGpu) -> None:
    with pytest.raises(RuntimeError, match=r"mixes devices|generator of the host"):
        mix(there(3, 1, 2))


def test_answers_and_gradients_are_real(gpu: SimulatedGpu) -> None:
    x = there(3, 1, 2).requires_grad_()
    (x**2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6, 2, 4]
    assert x.is_cuda
    assert x.device == DEVICE


def test_a_view_shares_its_memory(gpu: SimulatedGpu) -> None:
    x = there(3, 1, 2)
    x[1:].add_(10)
    assert x.tolist() == [3, 11, 12]


def test_autocast_computes_products_in_bf16_and_sums_in_fp32(gpu: SimulatedGpu) -> None:
    x = torch.ones(2, 2, device=DEVICE)
    with torch.autocast(DEVICE.type, dtype=torch.bfloat16):
        product = x @ x
        assert product.dtype == torch.bfloat16
        assert product.sum().dtype == torch.float32
    assert (x @ x).dtype == torch.float32


def test_there_is_no_device_outside_of_it() -> None:
    with SimulatedGpu():
        x = there(3, 1, 2)
    with pytest.raises(RuntimeError, match="outside"):
        x + 1
