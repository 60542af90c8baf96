"""How robust a network is to whoever has time: strong and adaptive attacks in two norms, the worst case per image.

Attacks go through stand-ins for decisions too (`benchmarks.measuring.attacks.surrogates`), start several times, aim at
more classes, and search without gradients. Each gets the images that all before it left right, and the network that
is deployed judges, as in `benchmarks.measuring.robustness`.
"""

from __future__ import annotations

from functools import partial
from typing import Self

import pandas as pd
import torch
from pydantic import Field, field_validator, model_validator
from torch import Tensor

from benchmarks.data import Batch, DatasetInfo
from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks import Attack, Target
from benchmarks.measuring.attacks.balls import Norm, distances
from benchmarks.measuring.attacks.contract import frozen
from benchmarks.measuring.attacks.registry import parse_attack
from benchmarks.measuring.attacks.worst_case import WorstCase
from benchmarks.measuring.radii import headline_radius
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed

ATTACKS = (
    "FGSM",
    "PGD[steps=50, restarts=3]",
    "APGD[loss=ce, steps=100]",
    "APGD[loss=dlr, steps=100]",
    "APGD[loss=targeted, targets=9, steps=50]",
    "APGD[loss=targeted, through=gates cut]",
    "APGD[loss=dlr, through=gates soft]",
    "APGD[loss=dlr, through=gates sampled]",
    "APGD[loss=dlr, through=each exit]",
    "APGD[loss=dlr, through=mean of exits]",
    "APGD[loss=targeted, through=soft cascade]",
    "Square[queries=1000]",
)


class DeepAttackOptions(Strict):
    """Strong attacks, at one radius per norm.

    Attributes:
        samples: images of the test split, from its beginning.
        norms: of balls, `Linf` and `L2`.
        epsilons: a radius for each norm, in units of [0, 1] pixels; None for the data set's headline radii.
        batch_size: images that are attacked together.
        attacks: `name` or `name[option=value]`, in the order in which they are made, in every norm that they have;
            those that go through gates or exits are for networks with gates or exits.
    """

    samples: int = Field(200, ge=1)
    norms: tuple[Norm, ...] = ("Linf", "L2")
    epsilons: tuple[float, ...] | None = None
    batch_size: int = Field(100, ge=1)
    attacks: tuple[str, ...] = Field(ATTACKS, min_length=1)

    @field_validator("attacks")
    @classmethod
    def _known(cls, attacks: tuple[str, ...]) -> tuple[str, ...]:
        labels = [parse_attack(text).label() for text in attacks]
        if len(set(labels)) < len(labels):
            raise ValueError(f"attacks must differ, unlike {', '.join(labels)}")
        return attacks

    @model_validator(mode="after")
    def _one_radius_per_norm(self) -> Self:
        if not self.norms or len(set(self.norms)) < len(self.norms):
            raise ValueError("norms must be Linf, L2 or both, each once")
        if self.epsilons is not None and (len(self.epsilons) != len(self.norms) or min(self.epsilons) <= 0):
            raise ValueError(f"epsilons must have a number above 0 for each of the norms {', '.join(self.norms)}")
        return self

    def chosen(self, norm: Norm) -> list[Attack]:
        """The attacks in a norm."""
        found = [parse_attack(text) for text in self.attacks]
        return [a.model_copy(update={"norm": norm}) if "norm" in type(a).fields() else a for a in found if a.has(norm)]

    def radius(self, norm: Norm, info: DatasetInfo) -> float:
        """That of the norm."""
        if self.epsilons is not None:
            return self.epsilons[self.norms.index(norm)]
        return headline_radius(info.epsilons if norm == "Linf" else info.l2_epsilons)


def attack_modules(options: DeepAttackOptions) -> list[str]:
    """Modules of the attacks, which are found by name: the table depends on their code."""
    return [type(parse_attack(text)).__module__ for text in options.attacks]


@evaluator(
    "deep_attacks", options=DeepAttackOptions, needs=("epsilons",), uses=attack_modules, order=11, by_default=False
)
def deep_attacks(trained: TrainedNetwork, options: DeepAttackOptions) -> pd.DataFrame:
    """One row per norm and image, at the headline setting: what the first attack that fools it made of it.

    Columns: norm, epsilon, index, label, prediction, by (the attack that fooled; `none` where the network is wrong
    without any, empty where the image survives them all), stage (place of that attack among those that were made,
    from 1; 0 for `none`, -1 where the image survives), distance (in that norm), macs (routed), route.
    """
    test = trained.dataset.test
    images = test.take(min(options.samples, len(test)))
    rows = []
    with trained.at(trained.settings[0]) as net, frozen(net):
        target = Target(net, trained.device)
        for norm in options.norms:
            epsilon = options.radius(norm, trained.dataset.info)
            attacks = [(a.label(), a.prepare(target)) for a in options.chosen(norm) if a.applies(target)]
            for number, batch in enumerate(images.batches(options.batch_size, device=trained.device)):
                worst = WorstCase(target.right, batch.images, batch.labels)
                for label, perturb in attacks:
                    torch.manual_seed(derive_seed(trained.seed, label, number))
                    worst.attack(label, partial(perturb, epsilon=epsilon))
                stages = {"": -1, "none": 0, **{label: stage for stage, (label, _) in enumerate(attacks, start=1)}}
                found = _outcome(trained, norm, batch, worst.found)
                rows.append(found.assign(epsilon=epsilon, by=worst.by, stage=[stages[name] for name in worst.by]))
    return pd.concat(rows, ignore_index=True)


def _outcome(trained: TrainedNetwork, norm: Norm, batch: Batch, adversarial: Tensor) -> pd.DataFrame:
    with torch.inference_mode():
        out = trained.net(adversarial, compute="needed")
    return pd.DataFrame(
        {
            "norm": norm,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": out.logits.argmax(dim=1).cpu().numpy(),
            "distance": distances(norm, adversarial, batch.images).cpu().numpy(),
            "macs": trained.ledger.routed(out.route).numpy(),
            "route": route_text(out.route),
        }
    )
