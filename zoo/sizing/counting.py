"""Counting multiply-accumulates of whatever runs, and the size of a network without giving it memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from zoo.network import RoutedNet, Task, count_parameters
from zoo.registry import Selector, create, parse
from zoo.sizing.shapes import ShapesOnly

FLOPS_PER_MAC = 2


class MacCounter:
    """Multiply-accumulates of whatever runs inside `with MacCounter() as counter`."""

    def __init__(self) -> None:
        self._mode = FlopCounterMode(display=False)

    def __enter__(self) -> MacCounter:
        self._mode.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._mode.__exit__(*exception)

    @property
    def macs(self) -> int:
        """Counted so far."""
        return int(self._mode.get_total_flops()) // FLOPS_PER_MAC


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """Eval mode without gradients; the mode from before comes back."""
    training = net.training
    net.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        net.train(training)


def nominal_macs(net: RoutedNet) -> int:
    """Multiply-accumulates of one image with every unit computed once, on whatever device the network is."""
    device = next(net.parameters()).device
    with evaluating(net), MacCounter() as counter:
        net(torch.zeros(1, *net.task.shape, device=device), compute="all")
    return counter.macs


@dataclass(frozen=True, kw_only=True)
class Size:
    """What a network is made of and what it costs.

    Attributes:
        parameters: distinct learnable numbers.
        macs: nominal multiply-accumulates of one image.
        units: number of units U.
    """

    parameters: int
    macs: int
    units: int


_SIZES: dict[tuple[str, Task | None], Size] = {}


def size_of(selector: str | Selector, task: Task | None = None) -> Size:
    """Size of the network that a selector builds, from shapes alone: weights are on the meta device.

    A network that runs an operator without a meta kernel is built on the CPU after all. One that is drawn at random
    is drawn from seed 0; the caller's random state stays as it is. What was counted once is not counted again.

    Raises:
        UnknownName: no such method, preset or parameter.
        ValueError: the task or a parameter does not fit the network.
    """
    chosen = parse(selector) if isinstance(selector, str) else selector
    key = repr(chosen), task
    if key not in _SIZES:
        _SIZES[key] = _count(chosen, task)
    return _SIZES[key]


def _count(selector: Selector, task: Task | None) -> Size:
    net = drawn_on_meta(selector, task)
    try:
        with ShapesOnly():
            macs = nominal_macs(net)
    except NotImplementedError:
        macs = nominal_macs(_drawn(selector, task))
    return Size(parameters=count_parameters(net), macs=macs, units=len(net.units))


def drawn_on_meta(selector: Selector, task: Task | None = None) -> RoutedNet:
    """The network that a selector builds, its weights on the meta device; one drawn at random is drawn from seed 0.

    Raises:
        ValueError: the task or a parameter does not fit the network.
    """
    with torch.device("meta"), ShapesOnly():
        return _drawn(selector, task)


def _drawn(selector: Selector, task: Task | None) -> RoutedNet:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return create(selector, task)
