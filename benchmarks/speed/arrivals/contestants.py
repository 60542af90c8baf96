"""Small networks that are trained for the comparison: what an answer is worth, and who leaves a cascade where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from benchmarks import data
from benchmarks.data import Dataset, Split
from benchmarks.speed.arrivals.queueing import Server
from benchmarks.speed.arrivals.staged import Features, StagedServer
from benchmarks.speed.arrivals.stages import engine_here, requests_of, stages_of
from benchmarks.training.fitting import fit
from benchmarks.training.loop import NoCheckpoint, accuracy
from benchmarks.training.recipe import Recipe
from zoo import RoutedNet, Setting, optimize_for_inference, parse
from zoo.serving.engines import Engine
from zoo.sizing.unit_costs import evaluating, measure_ledger

DATASET = "mnist5k"
STATIC = "resnet[tiny]"
SMALLER = ("resnet[tiny, blocks=(1, 1, 1)]", "resnet[tiny, widths=(8, 16, 32)]")
"""Static networks of the study's static curve at half and at a quarter of the first one's multiply-accumulates."""
GATED, CASCADE = "adanet[tiny]", "msdnet[tiny]"
RECIPE = Recipe(lr=0.1, batch_size=64, epochs=6, warmup=0.25)
"""That of the study `quick` with fewer epochs."""
ALLOWED_LOSS = 0.005
"""Of accuracy, against the static network, on validation images."""
SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Batches that are timed; none is larger than the last."""
EXPECTED = 4
"""Times their mean, and more, is how many requests of a batch are expected to reach a stage at most."""
CPU = torch.device("cpu")


@dataclass(kw_only=True)
class Contestant:
    """A trained network at a setting, ready to serve.

    Attributes:
        name: its selector and setting.
        engine: that computes its stages.
        server: whose stages it runs in.
        accuracy: on test images.
        within: whether its loss of accuracy on validation images is allowed.
        validation: V requests to plan with.
        leaves: V, the stage from 0 at which each is answered.
        test: requests to serve.
    """

    name: str
    engine: Engine
    server: StagedServer
    accuracy: float
    within: bool
    validation: Sequence[Features]
    leaves: Sequence[int]
    test: Sequence[Features]

    @property
    def reach(self) -> list[float]:
        """Share of the requests that reach each stage."""
        return [sum(left >= e for left in self.leaves) / len(self.leaves) for e in range(self.server.stages)]

    @cached_property
    def waiting(self) -> list[list[Features]]:
        """For every stage as many requests in front of it as the largest batch has, whoever leaves before."""
        found = [list(self.validation[: max(SIZES)])]
        for stage in range(self.server.stages - 1):
            found.append(self.server.carried(stage, found[-1]))
        return found

    def warm_up(self, largest: int) -> None:
        """Run every size of batch once that is to be expected: a runtime may prepare for each size that it meets.

        oneDNN does, and keeps what it prepared for about as many sizes as one network meets, not several. ONNX Runtime
        plans its memory. The largest comes first: networks that keep memory get it at once.
        """
        for stage, share in enumerate(self.reach):
            most = min(largest, math.ceil(EXPECTED * share * largest) + EXPECTED)
            for size in range(most, 0, -1):
                self.server.run(stage, self.waiting[stage][:size])


def train_contestants(
    selectors: Sequence[str] = (STATIC, *SMALLER, GATED, CASCADE),
    dataset: Dataset | None = None,
    recipe: Recipe = RECIPE,
    engine: Engine | None = None,
) -> list[Contestant]:
    """Train networks, the first of which is the static one that the others are compared with; a minute or two.

    Of the settings that a network proposes, it serves at the one with the fewest multiply-accumulates on validation
    images whose accuracy on them is within the allowed loss of the first network's; if there is none, at its most
    accurate. Settings at which all images take one route are left out if there are others: they make a network static.

    Args:
        selectors: of the networks.
        dataset: to train on, choose settings on, and serve.
        recipe: of training.
        engine: that serves all of them; without it, ONNX Runtime where it is installed, else PyTorch.
    """
    engine = engine or engine_here()
    dataset = dataset or data.load(DATASET)
    found: list[Contestant] = []
    wanted = 0.0
    for selector in selectors:
        fitted = fit(parse(selector), dataset, recipe, seed=0, device=CPU, checkpoint=NoCheckpoint())
        if not found:
            wanted = accuracy(fitted.net, dataset.validation, CPU) - ALLOWED_LOSS
        within = choose_setting(fitted.net, fitted.settings, dataset.validation, wanted)
        found.append(contestant(selector, fitted.net, dataset, engine, within=within))
    return found


def choose_setting(net: RoutedNet, settings: Sequence[Setting], validation: Split, wanted: float) -> bool:
    """Put a network at the cheapest setting that is as accurate as wanted, or at the most accurate one.

    Returns:
        Whether it is as accurate as wanted.
    """
    ledger = measure_ledger(net)
    images, labels = everything(validation)
    points: list[tuple[float, float, Setting]] = []
    fixed: list[tuple[float, float, Setting]] = []
    for setting in settings:
        net.use(setting)
        with evaluating(net):
            out = net(images, compute="needed")
        right = float((out.logits.argmax(dim=1) == labels).double().mean())
        same = len(out.route.unique(dim=0)) == 1
        (fixed if same else points).append((float(ledger.routed(out.route).double().mean()), right, setting))
    points = points or fixed
    good = [point for point in points if point[1] >= wanted]
    _, _, chosen = min(good, key=lambda point: point[0]) if good else max(points, key=lambda point: point[1])
    net.use(chosen)
    return bool(good)


def contestant(name: str, net: RoutedNet, dataset: Dataset, engine: Engine, *, within: bool) -> Contestant:
    """A trained network at the setting in use, served by an engine on one thread."""
    server = StagedServer(stages_of(optimize_for_inference(net, engine=engine, threads=1)))
    images, _ = everything(dataset.validation)
    validation = requests_of(images, engine)
    images, labels = everything(dataset.test)
    test = requests_of(images, engine)
    answers, _ = straight_through(server, test)
    setting = net.setting.name
    return Contestant(
        name=name if setting == "default" else f"{name} at {setting}",
        engine=engine,
        server=server,
        accuracy=sum(a == b for a, b in zip(answers, labels.tolist(), strict=True)) / len(test),
        within=within,
        validation=validation,
        leaves=straight_through(server, validation)[1],
        test=test,
    )


def straight_through(server: Server, requests: Sequence[Features], batch: int = 50) -> tuple[list[int], list[int]]:
    """The answer of every request, and the stage at which it is given, without any queue."""
    answers, stages = [-1] * len(requests), [-1] * len(requests)
    for first in range(0, len(requests), batch):
        rows = list(range(first, min(first + batch, len(requests))))
        values = [requests[row] for row in rows]
        for stage in range(server.stages):
            steps = server.run(stage, values) if rows else []
            for row, step in zip(rows, steps, strict=True):
                if step.answered:
                    answers[row], stages[row] = step.value, stage
            rows = [row for row, step in zip(rows, steps, strict=True) if not step.answered]
            values = [step.value for step in steps if not step.answered]
    return answers, stages


def everything(split: Split) -> tuple[Tensor, Tensor]:
    """All images (N, C, H, W) of a split, and their labels (N,)."""
    batch = next(iter(split.batches(len(split), channels_last=True)))
    return batch.images, batch.labels
