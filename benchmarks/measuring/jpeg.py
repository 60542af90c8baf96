"""JPEG compression as a defence: accuracy and cost of compressed images, clean and attacked.

ConvNet-AIG (Veit and Belongie 2018) was tested so: FGSM with and without JPEG. An attack that does not know of the
compression says nothing of one that does; each attack is made three ways:

- without the defence: PGD stops at the first image that fools the network;
- unknown: the network without the defence is attacked, and what comes of it is compressed. PGD takes all steps, since
  the first success lies near the decision boundary, and compression would undo it by chance;
- known: the attack goes through the compression, forward as it is and backward as the identity (BPDA, Athalye et al.
  2018). PGD stops at the first image that fools the network behind the compression.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from benchmarks.data import Batch
from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks.balls import Ball
from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.measuring.attacks.pgd import REACH, pgd
from benchmarks.measuring.compression import Compressed, compress
from benchmarks.measuring.logits_only import LogitsOnly
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed
from zoo.serving.folding import folded

NONE = 0
"""The quality of images that are not compressed."""


class JpegOptions(Strict):
    """Attacks within an L-infinity ball, on networks behind JPEG.

    Attributes:
        qualities: of the compression, 1 to 100.
        epsilons: radii in units of [0, 1] pixels, None for the data set's own row.
        samples: images of the test split, from its beginning.
        pgd_steps: of PGD; FGSM takes one.
        batch_size: images that are attacked together.
    """

    qualities: tuple[int, ...] = (90, 75, 50, 25)
    epsilons: tuple[float, ...] | None = None
    samples: int = Field(200, ge=1)
    pgd_steps: int = Field(10, ge=1)
    batch_size: int = Field(100, ge=1)

    @field_validator("qualities")
    @classmethod
    def _of_jpeg(cls, qualities: tuple[int, ...]) -> tuple[int, ...]:
        if not qualities or min(qualities) < 1 or max(qualities) > 100 or len(set(qualities)) < len(qualities):
            raise ValueError(f"qualities must be different whole numbers from 1 to 100, not {list(qualities)}")
        return qualities

    @field_validator("epsilons")
    @classmethod
    def _radii(cls, epsilons: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if epsilons is None:
            return None
        if not epsilons or min(epsilons) <= 0 or max(epsilons) > 1 or len(set(epsilons)) < len(epsilons):
            raise ValueError(f"epsilons must be different numbers above 0 and at most 1, not {list(epsilons)}")
        return epsilons


class Case(NamedTuple):
    """One way to show an image to the network.

    Attributes:
        attack: `none`, `FGSM` or `PGD-<steps>`.
        quality: of the compression that the network sees the image through, 0 for none.
        knows: the attack goes through that compression.
        epsilon: radius, 0 without an attack.
        images: (N, C, H, W) as the network sees them.
    """

    attack: str
    quality: int
    knows: bool
    epsilon: float
    images: Tensor


@evaluator("jpeg", options=JpegOptions, needs=("epsilons",), order=12, by_default=False)
def jpeg(trained: TrainedNetwork, options: JpegOptions) -> pd.DataFrame:
    """One row per attack, quality, knowledge, epsilon and image, at the headline setting.

    Columns: attack, quality (0: not compressed), knows (of the compression), epsilon, index, label, prediction, macs
    (routed), route. Clean images have the attack `none` and epsilon 0. All in fp32.
    """
    rows = []
    with trained.at(trained.settings[0]) as net:
        bare = LogitsOnly(folded(net)).eval()
        batches = trained.dataset.test.take(options.samples).batches(options.batch_size, device=trained.device)
        for number, batch in enumerate(batches):
            seed = derive_seed(trained.seed, "jpeg", number)
            rows += [_answers(trained, batch, case) for case in _cases(bare, batch, options, trained, seed)]
    return pd.concat(rows, ignore_index=True)


def _cases(bare: nn.Module, batch: Batch, options: JpegOptions, trained: TrainedNetwork, seed: int) -> Iterator[Case]:
    """A batch in every way, clean first; every attack starts from the same draws."""
    steps = options.pgd_steps
    yield Case(CLEAN, NONE, False, 0.0, batch.images)
    for quality in options.qualities:
        yield Case(CLEAN, quality, False, 0.0, compress(batch.images, quality))
    for epsilon in options.epsilons or trained.dataset.info.epsilons:
        fast = _fgsm(bare, batch, epsilon)
        yield Case("FGSM", NONE, False, epsilon, fast)
        yield Case(f"PGD-{steps}", NONE, False, epsilon, _pgd(bare, batch, epsilon, steps, seed))
        slow = _pgd(bare, batch, epsilon, steps, seed, early_stop=False)
        for quality in options.qualities:
            behind = Compressed(bare, quality).eval()
            knowing = _fgsm(behind, batch, epsilon), _pgd(behind, batch, epsilon, steps, seed)
            for knows, attacked in ((False, (fast, slow)), (True, knowing)):
                for attack, images in zip(("FGSM", f"PGD-{steps}"), attacked, strict=True):
                    yield Case(attack, quality, knows, epsilon, compress(images, quality))


def _fgsm(model: nn.Module, batch: Batch, epsilon: float) -> Tensor:
    from foolbox.attacks import LinfFastGradientAttack
    from foolbox.models import PyTorchModel

    target = PyTorchModel(model, bounds=(0, 1), device=batch.images.device)
    _, (adversarial,), _ = LinfFastGradientAttack()(target, batch.images, batch.labels, epsilons=[epsilon])
    return adversarial  # type: ignore[no-any-return]


def _pgd(model: nn.Module, batch: Batch, epsilon: float, steps: int, seed: int, *, early_stop: bool = True) -> Tensor:
    torch.manual_seed(seed)
    images, labels, ball = batch.images, batch.labels, Ball("Linf", epsilon)
    return pgd(model, images, labels, ball, steps=steps, rel_stepsize=REACH / steps, early_stop=early_stop)


def _answers(trained: TrainedNetwork, batch: Batch, case: Case) -> pd.DataFrame:
    with torch.inference_mode():
        out = trained.net(case.images, compute="needed")
    return pd.DataFrame(
        {
            "attack": case.attack,
            "quality": case.quality,
            "knows": case.knows,
            "epsilon": case.epsilon,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": out.logits.argmax(dim=1).cpu().numpy(),
            "macs": trained.ledger.routed(out.route).numpy(),
            "route": route_text(out.route),
        }
    )
