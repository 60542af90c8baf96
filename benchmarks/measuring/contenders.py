"""Who takes part in measurements of time and energy, on which pictures: all served alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.measuring.routes import route_text
from benchmarks.measuring.subject import Subject
from benchmarks.training.seeds import derive_seed
from zoo.network import RoutedNet, Setting
from zoo.serving.optimize import Served, optimize_for_inference

BASELINE = "static resnet"
"""Setting name of the baseline's rows."""


@dataclass(frozen=True)
class Contender:
    """Something to measure.

    Attributes:
        served: the network.
        setting: it is at; None: it has none.
        compute: `needed`, `all`, or `compiled`, which is all of it through `torch.compile`.
        order: of the pictures, `natural` or `sorted` by route.
        images: (T, C, H, W) in that order.
        macs: (T,) what each of them costs, float64; NaN where that is not known.
        answer: takes (N, C, H, W).
    """

    served: Served
    setting: Setting | None
    compute: str
    order: str
    images: Tensor
    macs: Tensor
    answer: Callable[[Tensor], object]

    @property
    def name(self) -> str:
        """As the tables' column `setting` has it."""
        return self.setting.name if self.setting else BASELINE

    def get_ready(self) -> None:
        """Put the network at its setting; another contender may have used it meanwhile."""
        if self.setting is not None and self.served.setting is not self.setting:
            self.served.use(self.setting)


def first_picture(turn: int, size: int, total: int) -> int:
    """Where the batch of a turn begins: batches go through all pictures, and then again from other places."""
    return turn * size % (total - size + 1)


def shuffled_pictures(subject: Subject) -> Tensor:
    """All pictures of the test split, shuffled once, (T, C, H, W) on the subject's device."""
    images = torch.cat([batch.images for batch in subject.dataset.test.batches(500, device=subject.device)])
    order = list(range(len(images)))
    random.Random(derive_seed(subject.seed, "latency")).shuffle(order)
    return images[torch.tensor(order, device=images.device)].contiguous(memory_format=torch.channels_last)


def contenders(subject: Subject, *, compiled: bool = False) -> Iterator[Contender]:
    """The static ResNet, the headline setting computing everything, and every setting computing what is needed.

    Args:
        subject: whose settings.
        compiled: the static ResNet through `torch.compile` too.

    Yields:
        The headline setting once more, with pictures of the same route together, where routes differ.
    """
    images = shuffled_pictures(subject)
    static, served = optimize_for_inference(subject.baseline), optimize_for_inference(subject.net)
    unknown = torch.full((len(images),), float("nan"), dtype=torch.float64)
    yield Contender(static, None, "all", "natural", images, unknown, static)
    if compiled:
        yield Contender(static, None, "compiled", "natural", images, unknown, _compiled(subject.baseline))
    headline = subject.settings[0]
    nominal = torch.full_like(unknown, subject.ledger.nominal)
    yield Contender(served, headline, "all", "natural", images, nominal, lambda batch: served(batch, compute="all"))
    for setting in subject.settings:
        route = _routes(served, setting, images)
        macs = subject.ledger.routed(route).double()
        yield Contender(served, setting, "needed", "natural", images, macs, served)
        if setting is headline and len(route.unique(dim=0)) > 1:
            texts = route_text(route)
            together = torch.tensor(sorted(range(len(texts)), key=texts.__getitem__))
            ordered = images[together.to(images.device)].contiguous(memory_format=torch.channels_last)
            yield Contender(served, setting, "needed", "sorted", ordered, macs[together], served)


def _routes(served: Served, setting: Setting, images: Tensor) -> Tensor:
    served.use(setting)
    return torch.cat([served(batch).route for batch in images.split(500)]).cpu()


def _compiled(baseline: RoutedNet) -> Callable[[Tensor], object]:
    network = torch.compile(optimize_for_inference(baseline, fused=False).net, dynamic=False)

    def answer(batch: Tensor) -> object:
        with torch.inference_mode():
            return network(batch)

    return answer
