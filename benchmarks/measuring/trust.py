"""What is needed to say whether a robust accuracy can be trusted (Carlini et al. 2019, Tramer et al. 2020).

An attack that fails says nothing by itself. Here the same images are answered twice, their gradients are looked at,
and they are attacked by what must do better than the suite's attacks if those fail for a bad reason: more steps from
other starts, search without gradients, a radius at which anything is possible, and noise, which must do worse.
`benchmarks.reporting.evidence.trust` compares what comes of it with the table `robustness`.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import pandas as pd
import torch
from pydantic import Field
from torch import Tensor

from benchmarks.data import Batch
from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks import Attack, Target
from benchmarks.measuring.attacks.apgd import APGD
from benchmarks.measuring.attacks.balls import Ball
from benchmarks.measuring.attacks.contract import frozen
from benchmarks.measuring.attacks.losses import cross_entropy
from benchmarks.measuring.attacks.pgd import PGD, ascent
from benchmarks.measuring.attacks.square import Square
from benchmarks.measuring.attacks.worst_case import WorstCase
from benchmarks.measuring.probes import ANYTHING, BLIND, GRADIENT, HARDER, NOISE, REPEATED
from benchmarks.measuring.radii import headline_radius
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed

LARGE = 0.5
"""A radius at which every image may become plain grey."""


class TrustOptions(Strict):
    """Probes of the robust accuracy.

    Attributes:
        samples: images of the test split, from its beginning.
        steps: of the harder attack, from `restarts` starts.
        restarts: see `steps`.
        queries: of the search without gradients.
        noises: draws of noise, of which the worst counts.
        batch_size: images that are attacked together.
    """

    samples: int = Field(100, ge=1)
    steps: int = Field(100, ge=2)
    restarts: int = Field(1, ge=1)
    queries: int = Field(100, ge=1)
    noises: int = Field(10, ge=1)
    batch_size: int = Field(100, ge=1)


class Probed(NamedTuple):
    """What a probe gave for a batch: the images that the network answers, and a number for each (N,)."""

    images: Tensor
    values: Tensor


@evaluator("trust", options=TrustOptions, needs=("epsilons",), order=9)
def trust(trained: TrainedNetwork, options: TrustOptions) -> pd.DataFrame:
    """One row per probe and image, at the headline setting.

    Columns: probe, epsilon (0 where none is allowed), index, label, prediction, value. `repeated`: the network answers
    the image once more; value is the largest difference of a logit. `gradient`: value is the greatest component of
    the gradient of cross-entropy. `noise`: the worst of several draws from the corners of the ball. `harder`: auto-PGD,
    more steps and starts. `blind`: Square, which asks for no gradient. `anything`: PGD at epsilon 0.5. The value of
    attacks is NaN.
    """
    test = trained.dataset.test
    images = test.take(min(options.samples, len(test)))
    rows = []
    with trained.at(trained.settings[0]) as net, frozen(net):
        target = Target(net, trained.device)
        for number, batch in enumerate(images.batches(options.batch_size, device=trained.device)):
            radius = headline_radius(trained.dataset.info.epsilons)
            attacks: dict[str, tuple[Attack, float]] = {
                HARDER: (APGD(loss="dlr", steps=options.steps, restarts=options.restarts), radius),
                BLIND: (Square(queries=options.queries), radius),
                ANYTHING: (PGD(steps=20), LARGE),
            }
            rows += [
                _rows(trained, REPEATED, 0.0, batch, Probed(batch.images, _difference(trained, batch))),
                _rows(trained, GRADIENT, 0.0, batch, Probed(batch.images, _steepness(target, batch))),
            ]
            torch.manual_seed(derive_seed(trained.seed, "trust", number))
            unknown = torch.full((len(batch.labels),), torch.nan)
            noisy = _noisy(target, batch, Ball("Linf", radius), options.noises)
            rows.append(_rows(trained, NOISE, radius, batch, Probed(noisy, unknown)))
            for probe, (attack, epsilon) in attacks.items():
                worst = WorstCase(target.right, batch.images, batch.labels)
                worst.attack(probe, partial(attack.prepare(target), epsilon=epsilon))
                rows.append(_rows(trained, probe, epsilon, batch, Probed(worst.found, unknown)))
    return pd.concat(rows, ignore_index=True)


def _rows(trained: TrainedNetwork, probe: str, epsilon: float, batch: Batch, probed: Probed) -> pd.DataFrame:
    with torch.inference_mode():
        logits = trained.net(probed.images, compute="needed").logits
    return pd.DataFrame(
        {
            "probe": probe,
            "epsilon": epsilon,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": logits.argmax(dim=1).cpu().numpy(),
            "value": probed.values.double().cpu().numpy(),
        }
    )


def _difference(trained: TrainedNetwork, batch: Batch) -> Tensor:
    with torch.inference_mode():
        once, again = (trained.net(batch.images, compute="needed").logits for _ in range(2))
    greatest: Tensor = (once - again).abs().amax(dim=1)
    return greatest


def _steepness(target: Target, batch: Batch) -> Tensor:
    _, _, gradient = ascent(
        target.model, batch.images, batch.labels, lambda logits, labels: cross_entropy(logits, labels, labels)
    )
    greatest: Tensor = gradient.abs().flatten(1).amax(dim=1)
    return greatest


def _noisy(target: Target, batch: Batch, ball: Ball, draws: int) -> Tensor:
    def corner(images: Tensor, labels: Tensor) -> Tensor:
        return (images + ball.epsilon * torch.randn_like(images).sign()).clamp(0, 1)

    worst = WorstCase(target.right, batch.images, batch.labels)
    for _ in range(draws):
        worst.attack(NOISE, corner)
    return worst.found
