"""What is timed side by side: networks at a setting, in a way to compute, on the same images, all served alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.training.seeds import derive_seed
from zoo.network import RoutedNet, Setting
from zoo.serving.optimize import Served, optimize_for_inference

BASELINE_SETTING = "static resnet"
"""Setting name of the baseline's rows."""


@dataclass(frozen=True)
class Configuration:
    """One thing to time.

    Attributes:
        served: the network, optimised for inference.
        setting: of the network; None for the baseline, which has one only.
        compute: `needed`, `all`, or `compiled`, which is all of it through `torch.compile`.
        order: of the images, `natural` or `sorted` by route.
        images: (T, C, H, W) in that order.
        macs: (T,) routed multiply-accumulates of each, float64; NaN for the baseline.
        answer: runs the network on (N, C, H, W).
        twins: names of the network's other settings with equal values, which this measures too.
    """

    served: Served
    setting: Setting | None
    compute: str
    order: str
    images: Tensor
    macs: Tensor
    answer: Callable[[Tensor], object]
    twins: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As the tables' column `setting` has it."""
        return self.setting.name if self.setting else BASELINE_SETTING

    @property
    def names(self) -> tuple[str, ...]:
        """Of every setting that this measures, its own first."""
        return (self.name, *self.twins)

    def apply_setting(self) -> None:
        """Put the network at its setting; another configuration may have used it meanwhile."""
        if self.setting is not None and self.served.setting is not self.setting:
            self.served.use(self.setting)


def first_image(turn: int, size: int, total: int) -> int:
    """Position of the first image of a turn's batch: batches go through all images, then again with other limits."""
    return turn * size % (total - size + 1)


def shuffled_images(trained: TrainedNetwork) -> Tensor:
    """All images of the test split, shuffled once, (T, C, H, W) on the network's device."""
    images = torch.cat([batch.images for batch in trained.dataset.test.batches(500, device=trained.device)])
    order = list(range(len(images)))
    random.Random(derive_seed(trained.seed, "latency")).shuffle(order)
    return images[torch.tensor(order, device=images.device)].contiguous(memory_format=torch.channels_last)


def configurations(trained: TrainedNetwork, *, compiled: bool = False) -> Iterator[Configuration]:
    """The baseline, the headline setting computing everything, and every setting computing what is needed.

    Settings with equal values decide alike on every image: they are one configuration.

    Args:
        trained: the network, with its baseline.
        compiled: the baseline through `torch.compile` too.

    Yields:
        Configurations; where routes differ, the headline setting comes twice, the second time with images sorted by
        route.
    """
    images = shuffled_images(trained)
    static, served = optimize_for_inference(trained.baseline), optimize_for_inference(trained.net)
    unknown = torch.full((len(images),), float("nan"), dtype=torch.float64)
    yield Configuration(static, None, "all", "natural", images, unknown, static)
    if compiled:
        yield Configuration(static, None, "compiled", "natural", images, unknown, _compiled(trained.baseline))
    (headline, twins), *others = distinct(trained.settings)
    nominal = torch.full_like(unknown, trained.ledger.nominal)
    everything = partial(served, compute="all")
    yield Configuration(served, headline, "all", "natural", images, nominal, everything, twins)
    for setting, same in ((headline, twins), *others):
        route = _routes(served, setting, images)
        macs = trained.ledger.routed(route).double()
        yield Configuration(served, setting, "needed", "natural", images, macs, served, same)
        if setting is headline and len(route.unique(dim=0)) > 1:
            texts = route_text(route)
            together = torch.tensor(sorted(range(len(texts)), key=texts.__getitem__))
            ordered = images[together.to(images.device)].contiguous(memory_format=torch.channels_last)
            yield Configuration(served, setting, "needed", "sorted", ordered, macs[together], served, same)


def distinct(settings: Sequence[Setting]) -> list[tuple[Setting, tuple[str, ...]]]:
    """The settings whose values differ, each with the names of later ones that have equal values."""
    found: list[tuple[Setting, list[str]]] = []
    for setting in settings:
        twins = next((twins for other, twins in found if other.values == setting.values), None)
        if twins is None:
            found.append((setting, []))
        else:
            twins.append(setting.name)
    return [(setting, tuple(twins)) for setting, twins in found]


def _routes(served: Served, setting: Setting, images: Tensor) -> Tensor:
    served.use(setting)
    return torch.cat([served(batch).route for batch in images.split(500)]).cpu()


def _compiled(baseline: RoutedNet) -> Callable[[Tensor], object]:
    network = torch.compile(optimize_for_inference(baseline, fused=False).net, dynamic=False)

    def answer(batch: Tensor) -> object:
        with torch.inference_mode():
            return network(batch)

    return answer
