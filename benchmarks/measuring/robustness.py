"""Accuracy under attack, within L-infinity balls, on the rule that is deployed.

In eval mode with every unit computed, gradients reach gates through straight-through estimates. Wrongly classified
images are attacked like the others, so that tables of several networks cover the same images. No attack is trusted:
the network itself, in needed mode, judges the images that it made.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import pandas as pd
import torch
from pydantic import Field, ValidationInfo, field_validator
from torch import Tensor

from benchmarks.data import Batch
from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks import CLEAN, Attack, Target
from benchmarks.measuring.attacks.balls import distances
from benchmarks.measuring.attacks.contract import WORST, frozen
from benchmarks.measuring.attacks.registry import parse_attack
from benchmarks.measuring.attacks.worst_case import WorstCase
from benchmarks.measuring.pictures import keep_pictures
from benchmarks.measuring.radii import headline_radius
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed


class RobustnessOptions(Strict):
    """Attacks within an L-infinity ball.

    Attributes:
        samples: images of the test split, from its beginning.
        epsilons: radii in units of [0, 1] pixels, None for the data set's own row.
        pgd_steps: of PGD, where `attacks` gives it none.
        batch_size: images that are attacked together; on a CPU 50 to 100 are fastest.
        engine: of PGD: `compacting` leaves an image alone once it is fooled, `foolbox` takes every step for every
            image and judges the last; see `benchmarks.measuring.attacks.pgd` for what differs.
        attacks: `name` or `name[option=value]`, in the order in which they are made, at every radius.
        strong: likewise, at the headline radius only (`headline_radius`), each for the images that all attacks before
            it leave right: the worst case over all of them is what a network's robustness is there.
    """

    samples: int = Field(500, ge=1)
    epsilons: tuple[float, ...] | None = None
    pgd_steps: int = Field(20, ge=1)
    batch_size: int = Field(100, ge=1)
    engine: Literal["compacting", "foolbox"] = "compacting"
    attacks: tuple[str, ...] = ("FGSM", "PGD")
    strong: tuple[str, ...] = ("APGD[loss=ce]", "APGD[loss=targeted, targets=9]")

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

    @field_validator("attacks", "strong")
    @classmethod
    def _known(cls, attacks: tuple[str, ...], others: ValidationInfo) -> tuple[str, ...]:
        steps, engine = others.data.get("pgd_steps", 1), others.data.get("engine", "compacting")
        chosen = [_parsed(text, steps, engine) for text in attacks]
        labels = [attack.label() for attack in chosen]
        if not attacks and others.field_name == "attacks":
            raise ValueError("attacks must have at least one; null in place of `robustness` switches all of them off")
        if len(set(labels)) < len(labels):
            raise ValueError(f"attacks must differ, unlike {', '.join(labels)}")
        other = next((attack.label() for attack in chosen if attack.ball() != "Linf"), None)
        if other is not None:
            raise ValueError(f"{other}: only attacks in the maximum norm; `deep_attacks` has others")
        return attacks

    def chosen(self) -> list[Attack]:
        """The attacks at every radius, with their options."""
        return [_parsed(text, self.pgd_steps, self.engine) for text in self.attacks]

    def chosen_strong(self) -> list[Attack]:
        """The strong attacks, with their options."""
        return [_parsed(text, self.pgd_steps, self.engine) for text in self.strong]


def _parsed(text: str, pgd_steps: int, engine: str) -> Attack:
    """An attack; PGD alone has options in the study's `robustness` itself."""
    is_pgd = text.partition("[")[0].strip() == "PGD"
    return parse_attack(text, steps=pgd_steps, engine=engine) if is_pgd else parse_attack(text)


def attack_modules(options: RobustnessOptions) -> list[str]:
    """Modules of the attacks, which are found by name: the table depends on their code."""
    return [type(attack).__module__ for attack in (*options.chosen(), *options.chosen_strong())]


@evaluator("robustness", options=RobustnessOptions, needs=("epsilons",), uses=attack_modules, order=7, pictures=True)
def robustness(trained: TrainedNetwork, options: RobustnessOptions) -> pd.DataFrame:
    """One row per attack, epsilon and image, at the headline setting; epsilon 0 is the clean image.

    Columns: attack, strength (see `Attack`), epsilon, index, label, prediction, linf (distance that the attack used),
    macs (routed), route, by. The four after the label are those of the image that the attack ended with: by PGD's
    compacting engine the first that fooled the network, by foolbox's the last. The attack `worst case`, at the
    headline radius, is whichever of all attacks fooled the image: `by` names it, `none` where the network is wrong
    without any, and is empty where the image survives. All in fp32, since bf16 changes the answer.
    Pictures are kept of the worst case.
    """
    epsilons = options.epsilons or trained.dataset.info.epsilons
    radius = headline_radius(epsilons)
    test = trained.dataset.test
    images = test.take(min(options.samples, len(test)))
    rows = []
    with trained.at(trained.settings[0]) as net, frozen(net):
        target = Target(net, trained.device)
        attacks, strong = (
            [(attack, attack.prepare(target)) for attack in several if attack.applies(target)]
            for several in (options.chosen(), options.chosen_strong())
        )
        for number, batch in enumerate(images.batches(options.batch_size, device=trained.device)):
            worst = WorstCase(target.right, batch.images, batch.labels)
            rows.append(_outcome(trained, CLEAN, 0, 0.0, batch, batch.images))
            for attack, perturb in attacks:
                torch.manual_seed(derive_seed(trained.seed, attack.label(), number))
                for epsilon in epsilons:
                    adversarial = perturb(batch.images, batch.labels, epsilon)
                    rows.append(_outcome(trained, attack.label(), attack.strength(), epsilon, batch, adversarial))
                    if epsilon == radius:
                        worst.known(attack.label(), adversarial)
            for attack, perturb in strong:
                torch.manual_seed(derive_seed(trained.seed, attack.label(), number))
                worst.attack(attack.label(), partial(perturb, epsilon=radius))
            if strong:
                strength = sum(attack.strength() for attack, _ in (*attacks, *strong))
                rows.append(_outcome(trained, WORST, strength, radius, batch, worst.found).assign(by=worst.by))
            keep_pictures(trained, batch, worst.found, radius, worst.by)
    return pd.concat(rows, ignore_index=True)


def _outcome(
    trained: TrainedNetwork, attack: str, strength: int, epsilon: float, batch: Batch, adversarial: Tensor
) -> pd.DataFrame:
    with torch.inference_mode():
        out = trained.net(adversarial, compute="needed")
    return pd.DataFrame(
        {
            "attack": attack,
            "strength": strength,
            "epsilon": epsilon,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": out.logits.argmax(dim=1).cpu().numpy(),
            "linf": distances("Linf", adversarial, batch.images).cpu().numpy(),
            "macs": trained.ledger.routed(out.route).numpy(),
            "route": route_text(out.route),
            "by": "",
        }
    )
