"""Stages of served networks, in PyTorch or in ONNX Runtime: one per exit of a cascade, one of every other network."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from benchmarks.speed.arrivals.staged import Features, Stage, StageOutput
from zoo import Served
from zoo.execution.early_exit import EarlyExitNet
from zoo.serving.engines import Engine
from zoo.serving.runtime.graphs import RuntimeMissing, check_installed
from zoo.serving.runtime.served import ServedByRuntime

if TYPE_CHECKING:
    from zoo.serving.runtime.driver import Network
    from zoo.serving.runtime.driver.cascade import Exit


def engine_here() -> Engine:
    """ONNX Runtime where it is installed, else PyTorch."""
    try:
        check_installed()
    except RuntimeMissing:
        return "torch"
    return "onnxruntime"


def requests_of(images: Tensor, engine: Engine) -> list[Features]:
    """Images (N, C, H, W) as N requests, in the form that the stages of an engine take."""
    if engine == "onnxruntime":
        array = images.contiguous().numpy()
        return [(array[i : i + 1],) for i in range(len(array))]
    images = images.contiguous(memory_format=torch.channels_last)
    return [(images[i : i + 1],) for i in range(len(images))]


def stages_of(served: Served) -> list[Stage]:
    """What a network is served in, at its setting: one stage per exit that is on, of which the last answers all."""
    if isinstance(served, ServedByRuntime):
        return _by_runtime(served)
    if isinstance(served.net, EarlyExitNet):
        return [partial(_segment, served.net, e) for e in range(len(served.net.segments))]
    return [partial(_whole, served)]


def _whole(served: Served, features: Features) -> StageOutput:
    answers = served(features[0]).logits.argmax(dim=1).tolist()
    return StageOutput([True] * len(answers), answers, ())


@torch.inference_mode()
def _segment(net: EarlyExitNet, e: int, features: Features) -> StageOutput:
    x = net.normalize(features[0]) if e == 0 else features[0] if len(features) == 1 else features
    x = net.segments[e](x)
    carried = (x,) if isinstance(x, Tensor) else x
    last = e == len(net.segments) - 1
    threshold = math.inf if last else net.thresholds[e]
    if threshold is None:
        return StageOutput([False] * len(carried[0]), [-1] * len(carried[0]), carried)
    logits = net.heads[e](x)
    answers = logits.argmax(dim=1).tolist()
    leaves = [True] * len(answers) if last else (net.uncertainty(logits) < threshold).tolist()
    return StageOutput(leaves, answers, carried)


def _by_runtime(served: ServedByRuntime) -> list[Stage]:
    from zoo.serving.runtime.driver import Cascade

    network = served.network()
    if isinstance(network.loop, Cascade):
        return [partial(_exit, own) for own in network.loop.exits]
    return [partial(_whole_by_runtime, network)]


def _whole_by_runtime(network: Network, features: Features) -> StageOutput:
    answers = network(features[0]).logits.argmax(axis=1).tolist()
    return StageOutput([True] * len(answers), answers, ())


def _exit(own: Exit, features: Features) -> StageOutput:
    logits, *rest = own.run(*features)
    answers = logits.argmax(axis=1).tolist()
    if own.threshold is None:
        return StageOutput([True] * len(answers), answers, ())
    score, *carried = rest
    return StageOutput((score < own.threshold).tolist(), answers, tuple(carried))
