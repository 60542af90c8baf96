"""Networks whose sampling is left on: gates that are drawn, blocks that are dropped, in evaluation as in training.

A random network has no accuracy of one pass that could be trusted: an attack that sees it fail once has found luck.
Each image is answered in several passes, by the mean of their logits and by their majority. The attacker follows the
mean gradient over several draws (expectation over transformation, Athalye et al. 2018) and takes every step; nobody
stops at the first success, which the next draw may undo. Passes that judge have other seeds than those of the attack.
"""

from __future__ import annotations

import pandas as pd
import torch
from pydantic import Field
from torch import Tensor, nn

from benchmarks.data import Batch
from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks.balls import Ball
from benchmarks.measuring.attacks.contract import CLEAN, frozen
from benchmarks.measuring.attacks.pgd import REACH, pgd
from benchmarks.measuring.radii import headline_radius
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed
from zoo.network import RoutedNet

RULES = ("mean", "majority")
"""How passes become one answer: the mean of their logits, or the class that most of them say."""
SEEDS = 20
"""Tried to see whether a network samples: one that drops few blocks, all images alike, often drops none."""


class StochasticOptions(Strict):
    """Random passes, clean and within an L-infinity ball of the data set's headline radius.

    Attributes:
        samples: images of the test split, from its beginning.
        passes: that answer an image.
        draws: whose mean gradient the attack follows.
        steps: of PGD.
        batch_size: images that are attacked together.
    """

    samples: int = Field(200, ge=1)
    passes: int = Field(10, ge=1)
    draws: int = Field(4, ge=1)
    steps: int = Field(20, ge=1)
    batch_size: int = Field(100, ge=1)


@evaluator("stochastic", options=StochasticOptions, needs=("epsilons",), order=13, by_default=False)
def stochastic(trained: TrainedNetwork, options: StochasticOptions) -> pd.DataFrame:
    """One row per rule, attack and image, at the headline setting.

    Columns: rule (`mean` or `majority` of the passes, or `deterministic`: the network as it is deployed), attack
    (`none`, or EOT-PGD), epsilon, index, label, prediction, agree (share of the passes that say the same), macs (mean
    routed over the passes). Of a network that samples nothing, the deterministic rows alone.
    """
    test = trained.dataset.test
    images = test.take(min(options.samples, len(test)))
    radius = headline_radius(trained.dataset.info.epsilons)
    rows = []
    with trained.at(trained.settings[0]) as net, frozen(net):
        for number, batch in enumerate(images.batches(options.batch_size, device=trained.device)):
            rows.append(_deterministic(trained, batch))
            if not samples_decisions(net, batch.images):
                continue
            torch.manual_seed(derive_seed(trained.seed, "stochastic", number))
            length = REACH / options.steps
            attacked = pgd(
                *(Drawn(net, options.draws), batch.images, batch.labels, Ball("Linf", radius)),
                steps=options.steps,
                rel_stepsize=length,
                early_stop=False,
            )
            name = f"EOT-PGD-{options.steps}"
            for attack, epsilon, shown in ((CLEAN, 0.0, batch.images), (name, radius, attacked)):
                rows.append(_passes(trained, batch, shown, options.passes, attack, epsilon))
    return pd.concat(rows, ignore_index=True)


class Drawn(nn.Module):
    """The mean logits of several passes with drawn decisions, from fresh seeds at every call.

    Args:
        net: in eval mode.
        draws: passes.
    """

    def __init__(self, net: RoutedNet, draws: int) -> None:
        super().__init__()
        self.net, self.draws = net, draws
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        logits: Tensor = self.net(images.repeat(self.draws, 1, 1, 1), generator=_seeded()).logits
        return logits.view(self.draws, len(images), -1).mean(dim=0)


def samples_decisions(net: RoutedNet, images: Tensor) -> bool:
    """Whether a network in eval mode decides by a generator if it gets one."""
    with torch.no_grad():
        seeds = (torch.Generator().manual_seed(seed) for seed in range(SEEDS))
        one, *others = (net(images[:8], generator=generator) for generator in seeds)
    return any(not torch.equal(one.logits, other.logits) for other in others)


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(int(torch.randint(2**31, ())))


def _deterministic(trained: TrainedNetwork, batch: Batch) -> pd.DataFrame:
    with torch.inference_mode():
        out = trained.net(batch.images, compute="needed")
    macs = trained.ledger.routed(out.route).double()
    return _rows(batch, "deterministic", CLEAN, 0.0, out.logits.argmax(dim=1), torch.ones(len(macs)), macs)


def _passes(
    trained: TrainedNetwork, batch: Batch, images: Tensor, passes: int, attack: str, epsilon: float
) -> pd.DataFrame:
    logits, macs = [], []
    with torch.no_grad():
        for _ in range(passes):
            out = trained.net(images, generator=_seeded())
            logits.append(out.logits)
            macs.append(trained.ledger.routed(out.route).double())
    answers = torch.stack(logits).argmax(dim=2)
    chosen = {"mean": torch.stack(logits).mean(dim=0).argmax(dim=1), "majority": answers.mode(dim=0).values}
    mean_macs = torch.stack(macs).mean(dim=0)
    return pd.concat(
        _rows(batch, rule, attack, epsilon, chosen[rule], (answers == chosen[rule]).double().mean(dim=0), mean_macs)
        for rule in RULES
    )


def _rows(
    batch: Batch, rule: str, attack: str, epsilon: float, prediction: Tensor, agree: Tensor, macs: Tensor
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rule": rule,
            "attack": attack,
            "epsilon": epsilon,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": prediction.cpu().numpy(),
            "agree": agree.double().cpu().numpy(),
            "macs": macs.cpu().numpy(),
        }
    )
