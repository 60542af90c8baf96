"""A trained cascade at its knee against a static network, each in its fastest engine, one image per call."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from benchmarks import data
from benchmarks.data import Dataset
from benchmarks.measuring.engines import answering, available
from benchmarks.speed.arrivals.contestants import ALLOWED_LOSS, CASCADE, CPU, DATASET, RECIPE, STATIC, everything
from benchmarks.speed.arrivals.stages import engine_here
from benchmarks.speed.opponents import fastest
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.fitting import Fitted, fit
from benchmarks.training.loop import NoCheckpoint, accuracy
from benchmarks.training.recipe import Recipe
from zoo import optimize_for_inference, parse
from zoo.sizing.unit_costs import measure_ledger

TARGET = 2.0
"""Smallest ratio of the static network's time to the cascade's."""
IMAGES = 100
"""Of the test images, one after another."""


def knee_row(
    seconds: float,
    dataset: Dataset | None = None,
    recipe: Recipe = RECIPE,
    selectors: tuple[str, str] = (STATIC, CASCADE),
) -> dict[str, Any]:
    """Train both, and time them in turns, in CPU time.

    Args:
        seconds: for the turns; training takes a minute.
        dataset: to train on and to time with; digits by default.
        recipe: of training.
        selectors: of the static network and the cascade.

    Returns:
        A row as `benchmarks.speed.table.row_of` says. There is a target where the cascade's accuracy on validation
        images is within half a point of the static network's.
    """
    dataset = dataset or data.load(DATASET)
    static, cascade = (_fitted(selector, dataset, recipe) for selector in selectors)
    cascade.net.use(cascade.settings[0])
    images, _ = everything(dataset.test)
    single = [image.contiguous() for image in images[:IMAGES].split(1)]
    calls = {f"static by {name}": call for name, call in available(static.net, single[0]).items()}
    ours = {
        engine: optimize_for_inference(cascade.net, engine=engine, threads=1) for engine in {"torch", engine_here()}
    }
    calls |= {f"cascade by {name}": answering(served) for name, served in ours.items()}
    times = take_turns({name: _one_by_one(call, single) for name, call in calls.items()}, seconds)
    best = [
        fastest({name: own for name, own in times.items() if name.startswith(kind)}) for kind in ("static", "cascade")
    ]
    found = ratio(*(times[name] for name in best))
    own, its = (
        [accuracy(each.net, split, CPU) for split in (dataset.validation, dataset.test)] for each in (cascade, static)
    )
    with torch.no_grad():
        routed = measure_ledger(cascade.net).routed(cascade.net(images[:IMAGES]).route).double().mean().item()
    saved = measure_ledger(static.net).nominal / routed
    where = (
        f"{selectors[1]} at {cascade.settings[0].name}, accuracy {own[1]:.1%}, over {selectors[0]}, {its[1]:.1%}; "
        f"{best[1]}, {best[0]}; {saved:.2f} times fewer MACs"
    )
    target = TARGET if own[0] >= its[0] - ALLOWED_LOSS else math.nan
    return row_of("speed-up, one image per call", where, found, target)


def _fitted(selector: str, dataset: Dataset, recipe: Recipe) -> Fitted:
    return fit(parse(selector), dataset, recipe, seed=0, device=CPU, checkpoint=NoCheckpoint())


def _one_by_one(call: Callable[[Tensor], object], images: Sequence[Tensor]) -> Callable[[], object]:
    return lambda: [call(image) for image in images]
