"""Accuracy under attack: FGSM and PGD within L-infinity balls, on the rule that is deployed.

In eval mode with every unit computed, gradients reach gates through straight-through estimates. Wrongly classified
pictures are attacked like the others, so that tables of several networks cover the same pictures. No attack is taken
at its word: the network itself, in needed mode, judges the pictures that it made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from benchmarks.data import Batch
from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks.pgd import linf_pgd
from benchmarks.measuring.logits import LogitsOnly
from benchmarks.measuring.routes import route_text
from benchmarks.measuring.subject import Subject
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed
from zoo.network import RoutedNet
from zoo.serving.folding import folded

PGD_REACH = 2.5
"""Steps times step size, in epsilons (Madry et al. 2018): foolbox's default of 1/30 a step needs 30 to cross a ball."""


@dataclass(frozen=True)
class Attack:
    """An attack on a network, ready to be made.

    Attributes:
        name: as tables have it.
        strength: steps along the gradient. Of attacks that leave equally many pictures right, the one with more counts
            as the stronger.
        perturb: pictures (N, C, H, W) and labels (N,) to adversarial pictures, one batch per epsilon.
    """

    name: str
    strength: int
    perturb: Callable[[Tensor, Tensor], Sequence[Tensor]]

    def __call__(self, images: Tensor, labels: Tensor) -> Sequence[Tensor]:
        """Adversarial pictures, one batch per epsilon."""
        return self.perturb(images, labels)


CLEAN = Attack("none", 0, lambda images, labels: [images])
"""What epsilon 0 is."""


class RobustnessOptions(Strict):
    """Attacks within an L-infinity ball.

    Attributes:
        samples: pictures of the test split, from its beginning.
        epsilons: radii in units of [0, 1] pixels, None for the data set's own row.
        pgd_steps: of PGD.
        batch_size: pictures that are attacked together; on a CPU 50 to 100 are fastest.
        engine: of PGD: `compacting` leaves a picture alone once it is fooled, `foolbox` takes every step for every
            picture and judges the last; see `benchmarks.measuring.attacks.pgd` for what differs.
    """

    samples: int = Field(500, ge=1)
    epsilons: tuple[float, ...] | None = None
    pgd_steps: int = Field(20, ge=1)
    batch_size: int = Field(100, ge=1)
    engine: Literal["compacting", "foolbox"] = "compacting"

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


@evaluator("robustness", options=RobustnessOptions, needs=("epsilons",))
def robustness(subject: Subject, options: RobustnessOptions) -> pd.DataFrame:
    """One row per attack, epsilon and picture, at the headline setting; epsilon 0 is the clean picture.

    Columns: attack, strength (see `Attack`), epsilon, index, label, prediction, linf (distance that the attack used),
    macs (routed), route. The last four are those of the picture that the attack ended with: by PGD's compacting
    engine the first that fooled the network, by foolbox's the last. All in fp32, since bf16 changes the answer.
    """
    epsilons = options.epsilons or subject.dataset.info.epsilons
    test = subject.dataset.test
    pictures = test.take(min(options.samples, len(test)))
    rows = []
    with subject.at(subject.settings[0]) as net, frozen(net):
        attacks = make_attacks(net, epsilons, options, subject.device)
        for number, batch in enumerate(pictures.batches(options.batch_size, device=subject.device)):
            rows.append(_outcome(subject, CLEAN, 0.0, batch, batch.images))
            for attack in attacks:
                torch.manual_seed(derive_seed(subject.seed, attack.name, number))
                for epsilon, adversarial in zip(epsilons, attack(batch.images, batch.labels), strict=True):
                    rows.append(_outcome(subject, attack, epsilon, batch, adversarial))
    return pd.concat(rows, ignore_index=True)


def make_attacks(
    net: RoutedNet, epsilons: Sequence[float], options: RobustnessOptions, device: torch.device
) -> list[Attack]:
    """FGSM by foolbox and PGD by the engine that the options name."""
    fgsm, pgd = foolbox_attacks(LogitsOnly(net).eval(), epsilons, options.pgd_steps, device)
    return [fgsm, compacting_pgd(net, epsilons, options.pgd_steps) if options.engine == "compacting" else pgd]


def compacting_pgd(net: RoutedNet, epsilons: Sequence[float], steps: int) -> Attack:
    """PGD with foolbox's start and steps that lets fooled pictures go, on a copy with batch norm folded."""
    model = LogitsOnly(folded(net)).eval()
    rel_stepsize = PGD_REACH / steps

    def perturb(images: Tensor, labels: Tensor) -> list[Tensor]:
        return [
            linf_pgd(model, images, labels, epsilon=epsilon, steps=steps, rel_stepsize=rel_stepsize)
            for epsilon in epsilons
        ]

    return Attack(f"PGD-{steps}", steps, perturb)


def foolbox_attacks(
    model: nn.Module, epsilons: Sequence[float], pgd_steps: int, device: torch.device
) -> tuple[Attack, Attack]:
    """FGSM, and PGD with a random start and a fixed step of 2.5 epsilon / steps.

    Args:
        model: pictures in [0, 1] to logits.
        epsilons: L-infinity radii.
        pgd_steps: of PGD.
        device: of the model.
    """
    from foolbox.attacks import LinfFastGradientAttack, LinfPGD
    from foolbox.models import PyTorchModel

    target = PyTorchModel(model, bounds=(0, 1), device=device)

    def prepared(name: str, strength: int, attack: Any) -> Attack:
        return Attack(name, strength, lambda images, labels: attack(target, images, labels, epsilons=list(epsilons))[1])

    pgd = LinfPGD(rel_stepsize=PGD_REACH / pgd_steps, steps=pgd_steps)
    return prepared("FGSM", 1, LinfFastGradientAttack()), prepared(f"PGD-{pgd_steps}", pgd_steps, pgd)


def _outcome(subject: Subject, attack: Attack, epsilon: float, batch: Batch, adversarial: Tensor) -> pd.DataFrame:
    with torch.inference_mode():
        out = subject.net(adversarial, compute="needed")
    return pd.DataFrame(
        {
            "attack": attack.name,
            "strength": attack.strength,
            "epsilon": epsilon,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": out.logits.argmax(dim=1).cpu().numpy(),
            "linf": (adversarial - batch.images).abs().flatten(1).amax(dim=1).cpu().numpy(),
            "macs": subject.ledger.routed(out.route).numpy(),
            "route": route_text(out.route),
        }
    )


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """Parameters ask for no gradient inside the block: attacks differentiate pictures, and run faster so."""
    asked = [p for p in net.parameters() if p.requires_grad]
    for parameter in asked:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in asked:
            parameter.requires_grad_(True)
