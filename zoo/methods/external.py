"""Networks of timm, of torchvision, or of a file of one's own, as methods of one unit that always runs.

`external[timm=resnet18, weights=x.safetensors]`, `external[torchvision=mobilenet_v3_small, weights=DEFAULT]`,
`external[module=my.py:Net]`. Without weights such a network is trained like any other.

Facts that re-implementations miss: networks of other packages expect images that were normalised for them, mostly by
ImageNet's statistics. Here that is the first layer of every network. Its statistics are `mean` and `std` where they are
given, else those that are published with the network, else those of the data set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from zoo.layers import Normalize
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.papers.external import PAPER
from zoo.registry import register
from zoo.sources import (
    Built,
    PublishedWeights,
    Statistics,
    from_module,
    from_timm,
    from_torchvision,
    published_of_torchvision,
)

SOURCES = {"timm": from_timm, "torchvision": from_torchvision, "module": from_module}
"""How a network of each source is built."""


class Body(nn.Module):
    """A network of another package, as it is.

    Attributes:
        net: its parameters keep their names.
        shape: (C, H, W) of the images that it was built for.
    """

    def __init__(self, net: nn.Module, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.net = net
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images (N, C, H, W) to logits (N, K)."""
        logits: Tensor = self.net(x)
        return logits


@register("external", PAPER)
class External(RoutedNet):
    """A network of another package, all of it for every image.

    Args:
        task: its channels and classes are what the network is built for.
        timm: name of a network of timm.
        torchvision: name of a classifier of torchvision.
        module: file and name of what makes a network, `my.py:Net`; see `zoo.sources.from_module`.
        arguments: that its constructor gets besides, `{'depth': 20}`.
        mean: per channel of pixels in [0, 1], that images are normalised with.
        std: likewise.

    Attributes:
        origin: of the network, such as `timm 1.0.31`.
        normalised_by: whose `mean` and `std` are in use.
        inside: how names of parameters begin that a file of weights has without.

    Raises:
        ValueError: not one of the three sources, or a network that cannot be built or does not fit the task.
        TypeError: a parameter or what the network returns is of another type.
    """

    inside: ClassVar[str] = "body.net."

    def __init__(
        self,
        task: Task,
        *,
        timm: str | None = None,
        torchvision: str | None = None,
        module: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        mean: float | Sequence[float] | None = None,
        std: float | Sequence[float] | None = None,
    ) -> None:
        named = {"timm": timm, "torchvision": torchvision, "module": module}
        built = _built({source: name for source, name in named.items() if name is not None}, task, arguments)
        (used_mean, used_std), self_said = _normalisation(task, built, mean, std)
        super().__init__(replace(task, mean=used_mean, std=used_std))
        self.units = ("network",)
        self.origin, self.normalised_by = built.origin, self_said
        self.body = Body(built.net, task.shape)
        _check_answers(self.body, task)
        self.register_load_state_dict_post_hook(_normalise_as_loaded)  # type: ignore[no-untyped-call]

    @staticmethod
    def published_weights(weights: str, parameters: Mapping[str, Any]) -> PublishedWeights | None:
        """What torchvision publishes for the network under that name; None where `weights` is a file.

        Raises:
            WeightsError: neither.
        """
        name = parameters.get("torchvision")
        return published_of_torchvision(weights, name) if name else None

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; both ways to compute are the same here."""
        return Forward(logits=self.body(x), route=self.all_units(len(x), x.device))

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """All of it."""
        return {"network": (self.body,)}


def _built(named: Mapping[str, str], task: Task, arguments: Mapping[str, Any] | None) -> Built:
    if len(named) != 1:
        given = f", not {' and '.join(named)}" if named else ""
        raise ValueError(f"external needs one of timm=<name>, torchvision=<name> and module=<file>:<name>{given}")
    ((source, name),) = named.items()
    if not isinstance(name, str):
        raise TypeError(f"{source} must be a name, not {name!r}")
    if arguments is not None and not isinstance(arguments, Mapping):
        raise TypeError(f"arguments must be names with values, as {{'depth': 20}}, not {arguments!r}")
    return SOURCES[source](name, task, arguments or {})


def _normalisation(
    task: Task, built: Built, mean: float | Sequence[float] | None, std: float | Sequence[float] | None
) -> tuple[Statistics, str]:
    """Mean and standard deviation per channel, and whose they are."""
    if (mean is None) != (std is None):
        raise ValueError("mean and std belong together: give both, or neither")
    channels = task.shape[0]
    if mean is not None and std is not None:
        return (_numbers("mean", mean, channels), _numbers("std", std, channels)), "the selector"
    if built.statistics is not None and len(built.statistics[0]) == channels:
        return built.statistics, f"{built.origin}: pretrained_cfg"
    return (_per_channel(task.mean, channels), _per_channel(task.std, channels)), "the data set"


def _per_channel(values: Sequence[float], channels: int) -> tuple[float, ...]:
    """One value per channel, so that statistics of weights replace them whatever there was before."""
    return tuple(values) * (channels if len(values) == 1 else 1)


def _numbers(name: str, values: float | Sequence[float], channels: int) -> tuple[float, ...]:
    several = values if isinstance(values, (list, tuple)) else (values,)
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in several):
        raise ValueError(f"{name} must be a number, or one per channel, not {values!r}")
    return _per_channel([float(value) for value in several], channels)


def _check_answers(body: Body, task: Task) -> None:
    """Ask for one answer, which shows whether the network takes the task's images and has its classes.

    Raises:
        ValueError: it has not.
        TypeError: it returns something else than logits.
    """
    device = next((parameter.device for parameter in body.parameters()), torch.device("cpu"))
    images = torch.zeros(1, *task.shape, device=device)
    body.eval()
    try:
        with torch.no_grad():
            logits: object = body(images)
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError) as error:
        shape = " x ".join(map(str, task.shape))
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"it does not take images of {shape} (channels, height, width): {reason}") from error
    finally:
        body.train()
    if not isinstance(logits, Tensor):
        raise TypeError(f"it returns a {type(logits).__name__}, where logits (N, classes) are needed")
    if tuple(logits.shape) != (1, task.classes):
        raise ValueError(f"it answers one image with {tuple(logits.shape)}, the task has {task.classes} classes")


def _normalise_as_loaded(net: nn.Module, keys: object) -> None:
    """The task's statistics are those of the weights, where these brought some."""
    assert isinstance(net, External)
    layer: Normalize = net.normalize
    mean, std = (tuple(float(v) for v in values.flatten().tolist()) for values in (layer.mean, layer.std))
    if not layer.mean.is_meta and (mean, std) != tuple(_as_stored(v) for v in (net.task.mean, net.task.std)):
        net.task = replace(net.task, mean=mean, std=std)
        net.normalised_by = "the weights"


def _as_stored(values: Sequence[float]) -> tuple[float, ...]:
    """As a buffer in float32 has them."""
    return tuple(float(value) for value in torch.tensor(values).tolist())
