"""What is timed side by side: networks at a setting, in a way to compute, by an engine, on the same images."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from benchmarks.measuring.engine_names import BASELINE_SETTING, SERVED
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.training.seeds import derive_seed
from zoo.network import Compute, Setting
from zoo.serving.optimize import Served, optimize_for_inference


@dataclass(frozen=True)
class Configuration:
    """One thing to time.

    Attributes:
        served: the network, optimised for inference; None of a baseline.
        setting: of the network; None for the baseline, which has one only.
        compute: `needed` or `all`.
        order: of the images, `natural` or `sorted` by route.
        images: (T, C, H, W) in that order, in the memory format that the engine wants.
        macs: (T,) routed multiply-accumulates of each, float64; NaN for the baseline.
        answer: runs the network on (N, C, H, W).
        engine: that answers; of `benchmarks.measuring.engine_names`.
        twins: names of the network's other settings with equal values, which this measures too.
    """

    served: Served | None
    setting: Setting | None
    compute: Compute
    order: str
    images: Tensor
    macs: Tensor
    answer: Callable[[Tensor], object]
    engine: str = SERVED
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
        if self.served is not None and self.setting is not None and self.served.setting is not self.setting:
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


def configurations(trained: TrainedNetwork) -> Iterator[Configuration]:
    """In PyTorch: the baseline, the headline setting computing everything, and every setting computing what is needed.

    Settings with equal values decide alike on every image: they are one configuration.

    Args:
        trained: the network, with its baseline.

    Yields:
        Configurations; where routes differ, the headline setting comes twice, the second time with images sorted by
        route.
    """
    images = shuffled_images(trained)
    static, served = optimize_for_inference(trained.baseline), optimize_for_inference(trained.net)
    yield Configuration(None, None, "all", "natural", images, unknown(images), static)
    (headline, twins), *others = distinct(trained.settings)
    nominal = torch.full_like(unknown(images), trained.ledger.nominal)
    everything = partial(served, compute="all")
    yield Configuration(served, headline, "all", "natural", images, nominal, everything, twins=twins)
    for setting, same in ((headline, twins), *others):
        route = _routes(served, setting, images)
        macs = trained.ledger.routed(route).double()
        yield Configuration(served, setting, "needed", "natural", images, macs, served, twins=same)
        if setting is headline and len(route.unique(dim=0)) > 1:
            texts = route_text(route)
            together = torch.tensor(sorted(range(len(texts)), key=texts.__getitem__))
            ordered = images[together.to(images.device)].contiguous(memory_format=torch.channels_last)
            yield Configuration(served, setting, "needed", "sorted", ordered, macs[together], served, twins=same)


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


def unknown(images: Tensor) -> Tensor:
    """Costs (T,) of images that nobody has counted."""
    return torch.full((len(images),), float("nan"), dtype=torch.float64)


def _routes(served: Served, setting: Setting, images: Tensor) -> Tensor:
    served.use(setting)
    return torch.cat([served(batch).route for batch in images.split(500)]).cpu()
