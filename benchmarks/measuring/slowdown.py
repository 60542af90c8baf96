"""Computation under attack: how dear the images within an L-infinity ball can be made, on the rule that is deployed.

A network that spends less on easy images saves nothing on those that somebody has made hard. The attack climbs what
exits and gates decide by (`benchmarks.measuring.attacks_on_cost.objective`), and the dearest iterate counts, as the
network itself judges it in needed mode: never cheaper than the clean image, nor than what a smaller ball has. Costs are
multiply-accumulates; `benchmarks.measuring.attacked_latency`, which has the machine to itself, times such images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch
from pydantic import Field, field_validator

from benchmarks.data import Batch
from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks_on_cost.goals import COST, GOALS, Outcome, dearest_of
from benchmarks.measuring.attacks_on_cost.search import Attacked, by_ascent, by_noise, half, nothing_to_attack
from benchmarks.measuring.pictures import keep_pictures
from benchmarks.measuring.radii import headline_radius
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed

CLEAN = "none"
"""In place of a goal: the image as it is, at epsilon 0."""
NOISE = "noise"
"""In place of a goal: the dearest of as many draws of uniform noise as the attack takes steps for `cost`."""


class SlowdownOptions(Strict):
    """An attack on the cost within an L-infinity ball.

    Attributes:
        samples: images of the test split, from its beginning.
        epsilons: radii in units of [0, 1] pixels, None for the data set's own row.
        steps: of a run.
        restarts: runs per epsilon.
        also: goals besides `cost` that are given half as many steps of their own, `kept` and `lost`; otherwise their
            rows have what the search for `cost` found on the way.
        batch_size: images that are attacked together.
    """

    samples: int = Field(500, ge=1)
    epsilons: tuple[float, ...] | None = None
    steps: int = Field(32, ge=1)
    restarts: int = Field(1, ge=1)
    also: tuple[Literal["kept", "lost"], ...] = ()
    batch_size: int = Field(100, ge=1)

    @field_validator("epsilons")
    @classmethod
    def _radii(cls, epsilons: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if epsilons is None:
            return None
        if not epsilons or min(epsilons) <= 0 or max(epsilons) > 1:
            raise ValueError("epsilons must be numbers above 0 and at most 1, in units of [0, 1] pixels")
        if len(set(epsilons)) < len(epsilons):
            raise ValueError(f"epsilons must differ, unlike those of {list(epsilons)}")
        return epsilons


@evaluator("slowdown", options=SlowdownOptions, needs=("epsilons",), order=8, pictures=True)
def slowdown(trained: TrainedNetwork, options: SlowdownOptions) -> pd.DataFrame:
    """One row per goal, epsilon and image, at the headline setting; epsilon 0 is the clean image.

    Columns: goal (`cost`, `kept` and `lost`, see `benchmarks.measuring.attacks_on_cost.goals`; `noise`; `none` for the
    clean image), tries (at that epsilon, at most: steps towards the goal, or draws; 0 where there is only what was
    found on the way), epsilon, index, label, prediction, linf (distance of the image), macs (routed), route, nominal
    (the network's cost with every unit), note (empty, or why nothing was attacked: then there are the clean images
    only). An image for which a goal was not reached is the clean one. All in fp32. Pictures are kept of what was found
    for `cost` at the headline radius.
    """
    epsilons = sorted(options.epsilons or trained.dataset.info.epsilons)
    test = trained.dataset.test
    images = test.take(min(options.samples, len(test)))
    tables = []
    with trained.at(trained.settings[0]) as net:
        attacked = Attacked(net, trained.ledger, trained.device)
        batches = list(images.batches(options.batch_size, device=trained.device))
        clean = [attacked.deployed(batch.images) for batch in batches]
        note = nothing_to_attack(attacked, clean)
        for number, (batch, before) in enumerate(zip(batches, clean, strict=True)):
            rows = _Rows(attacked.nominal, batch, note)
            tables.append(rows.of(CLEAN, 0, 0.0, before))
            if not note:
                torch.manual_seed(derive_seed(trained.seed, "slowdown", number))
                tables += _attack(trained, attacked, before, epsilons, options, rows)
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True)
class _Rows:
    """Rows of the table about a batch.

    Attributes:
        nominal: cost of the network with every unit.
        batch: the images.
        note: why they are not attacked; empty where they are.
    """

    nominal: int
    batch: Batch
    note: str

    def of(self, goal: str, tries: int, epsilon: float, found: Outcome) -> pd.DataFrame:
        """What stands in place of the batch's images, as the deployed rule judged it."""
        return pd.DataFrame(
            {
                "goal": goal,
                "tries": tries,
                "epsilon": epsilon,
                "index": self.batch.indices.cpu().numpy(),
                "label": self.batch.labels.cpu().numpy(),
                "prediction": found.answers.cpu().numpy(),
                "linf": (found.images - self.batch.images).abs().flatten(1).amax(dim=1).cpu().numpy(),
                "macs": found.macs.long().cpu().numpy(),
                "route": route_text(found.route),
                "nominal": self.nominal,
                "note": self.note,
            }
        )


def _attack(
    trained: TrainedNetwork,
    attacked: Attacked,
    clean: Outcome,
    epsilons: Sequence[float],
    options: SlowdownOptions,
    rows: _Rows,
) -> Iterator[pd.DataFrame]:
    """What was found for every goal and by noise, epsilon after epsilon."""
    steps, restarts = options.steps, options.restarts
    also = [goal for goal in GOALS if goal.name in options.also]
    labels = rows.batch.labels
    judged = dearest_of(GOALS, clean, labels)
    for epsilon, found in by_ascent(attacked, clean, labels, epsilons, steps=steps, restarts=restarts, also=also):
        for goal in GOALS:
            judged[goal.name].confirm(found[goal.name], attacked.deployed)
            tries = restarts * steps if goal is COST else half(steps) * (goal in also)
            yield rows.of(goal.name, tries, epsilon, judged[goal.name].found)
        if epsilon == headline_radius(epsilons):
            dearest = judged[COST.name].found.images
            keep_pictures(trained, rows.batch, dearest, epsilon, [COST.name] * len(dearest))
    noisy = dearest_of((COST,), clean, labels)[COST.name]
    for epsilon, found in by_noise(attacked, clean, labels, epsilons, tries=restarts * steps):
        noisy.confirm(found[COST.name], attacked.deployed)
        yield rows.of(NOISE, restarts * steps, epsilon, noisy.found)
