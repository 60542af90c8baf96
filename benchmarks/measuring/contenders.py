"""The same network in other engines: ONNX Runtime for those that route, all that there are for dense baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from torch import Tensor

from benchmarks.measuring.configurations import Configuration, unknown
from benchmarks.measuring.engine_names import PYTORCH, RUNTIME
from benchmarks.measuring.engines import available
from benchmarks.measuring.trained_network import TrainedNetwork
from zoo.serving.runtime.graphs import RuntimeMissing
from zoo.serving.runtime.recording import Unsupported
from zoo.serving.runtime.served import ServedByRuntime


def in_runtime(trained: TrainedNetwork, own: Sequence[Configuration]) -> list[Configuration]:
    """Configurations of the network answered by ONNX Runtime; none where it is not installed or cannot serve them.

    Args:
        trained: the network, on the CPU.
        own: its configurations in PyTorch.
    """
    if trained.device.type != "cpu":
        return []
    try:
        served = ServedByRuntime(trained.net)
        served.prepare([(c.setting, c.compute) for c in own if c.setting is not None])
    except (RuntimeMissing, Unsupported):
        return []
    images = {order: next((c.images for c in own if c.order == order), None) for order in ("natural", "sorted")}
    contiguous = {order: None if x is None else x.contiguous() for order, x in images.items()}
    found = []
    for configuration in own:
        assert configuration.setting is not None
        served.use(configuration.setting)
        network, pixels = served.network(configuration.compute), contiguous[configuration.order]
        assert pixels is not None
        answer = partial(_answer_array, network)
        found.append(replace(configuration, served=None, images=pixels, answer=answer, engine=RUNTIME))
    return found


def _answer_array(network: Callable[[object], object], batch: Tensor) -> object:
    return network(batch.numpy())


def baselines(trained: TrainedNetwork, size: int, images: Tensor, names: Sequence[str]) -> list[Configuration]:
    """The baseline in those engines that this machine has, for batches of that size.

    Args:
        trained: the network, with its baseline.
        size: images per batch.
        images: (T, C, H, W).
        names: of engines.
    """
    contiguous = images.contiguous()
    found = available(trained.baseline, contiguous[:size].clone(), names)
    return [
        Configuration(
            *(None, None, "all", "natural"),
            images if name in PYTORCH else contiguous,
            unknown(images),
            answer,
            name,
        )
        for name, answer in found.items()
    ]
