"""Is the decision worth anything? The network as it decides, and with the same computation spent without looking.

Gates are frozen at their mean rates on validation images (every image draws every gate), or take the decisions of
another image. A fixed choice runs the units that are used most, the same for every image; but one, which so many
images, drawn at random, run as well that the mean cost is the network's. Exits are shuffled between images, or fixed
at two neighbours.

Nothing is trained again: the static curve has static networks that were trained as such.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from pydantic import Field
from torch import Tensor

from benchmarks.measuring import evaluator
from benchmarks.measuring.held import fixed_exits, fixed_units, gates_held, is_gated
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed
from zoo.execution.early_exit import EarlyExitNet

BATCH = 250
COLUMNS = ["decided", "draw", "index", "label", "prediction", "macs", "note"]
NOTHING = "the network decides nothing for single images"
NOT_HELD = "the network decides for single images, but has neither exits nor one gate per unit that can be held"
Decided = Literal["by image", "shuffled", "frozen", "fixed"]
"""Who decides: the network; another image's decisions; chance, at mean rates; nobody."""


class DecisionsOptions(Strict):
    """How the decision is judged.

    Attributes:
        samples: images of the test split, from its beginning.
        draws: of every choice that is drawn.
    """

    samples: int = Field(1000, ge=2)
    draws: int = Field(3, ge=1)


@evaluator("decisions", options=DecisionsOptions, order=17)
def decisions(trained: TrainedNetwork, options: DecisionsOptions) -> pd.DataFrame:
    """One row per way to decide, draw and test image, at the headline setting; a note where nothing is decided.

    Columns: decided (`by image`, `shuffled`, `frozen`, `fixed`), draw (from 0), index, label, prediction, macs
    (routed), note (empty, or why there is nothing: then all else is missing).
    """
    net = trained.net
    generator = np.random.default_rng(derive_seed(trained.seed, "decisions"))
    with trained.at(trained.settings[0]), torch.no_grad():
        if isinstance(net, EarlyExitNet):
            return _of_exits(trained, net, options, generator)
        if is_gated(net):
            return _of_gates(trained, options, generator)
        note = NOT_HELD if _decides(trained, options) else NOTHING
    return pd.DataFrame([{"note": note}], columns=COLUMNS)


def _decides(trained: TrainedNetwork, options: DecisionsOptions) -> bool:
    """Whether some image takes another route than the first."""
    routes = _routes(trained, trained.dataset.test.take(options.samples))
    return bool((routes != routes[0]).any())


def _of_gates(trained: TrainedNetwork, options: DecisionsOptions, generator: np.random.Generator) -> pd.DataFrame:
    own = _routes(trained, trained.dataset.validation)
    rates = own.double().mean(dim=0).numpy()
    trials = trained.dataset.test.take(options.samples)
    taken = _routes(trained, trials)
    count = len(taken)

    def shuffled() -> Tensor:
        return taken[torch.from_numpy(generator.permutation(count))]

    def frozen() -> Tensor:
        return torch.from_numpy(generator.random((count, len(rates))) < rates)

    def fixed() -> Tensor:
        return fixed_units(rates, trained.ledger.unit_macs.numpy(), count, generator)

    tables = [_forced(trained, options, "by image", 0, taken)]
    ways: dict[Decided, Callable[[], Tensor]] = {"shuffled": shuffled, "frozen": frozen, "fixed": fixed}
    for decided, choose in ways.items():
        tables += [_forced(trained, options, decided, draw, choose()) for draw in range(options.draws)]
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def _routes(trained: TrainedNetwork, split: Any) -> Tensor:
    batches = split.batches(BATCH, device=trained.device, channels_last=True)
    return torch.cat([trained.net(batch.images, compute="needed").route.cpu() for batch in batches])


def _forced(
    trained: TrainedNetwork, options: DecisionsOptions, decided: Decided, draw: int, routes: Tensor
) -> pd.DataFrame:
    rows, start = [], 0
    for batch in trained.dataset.test.take(options.samples).batches(BATCH, device=trained.device, channels_last=True):
        route = routes[start : start + len(batch.images)]
        start += len(batch.images)
        with gates_held(trained.net, route):
            out = trained.net(batch.images, compute="needed")
        rows.append(_rows(decided, draw, batch, out.logits.argmax(dim=1), trained.ledger.routed(out.route)))
    return pd.concat(rows, ignore_index=True)


def _of_exits(
    trained: TrainedNetwork, net: EarlyExitNet, options: DecisionsOptions, generator: np.random.Generator
) -> pd.DataFrame:
    batches = list(trained.dataset.test.take(options.samples).batches(BATCH, device=trained.device, channels_last=True))
    outs = [net(batch.images, compute="all") for batch in batches]
    said = torch.cat([torch.stack([logits.argmax(dim=1) for logits in out.exit_logits], dim=1) for out in outs]).cpu()
    route = torch.cat([out.route for out in outs]).cpu()
    left = (route[:, 1::2].long() * torch.arange(1, said.shape[1] + 1)).argmax(dim=1)
    cost_at = _costs_of_exits(trained, net)
    own = cost_at[left].double().mean().item()

    def shuffled() -> Tensor:
        return left[torch.from_numpy(generator.permutation(len(left)))]

    def fixed() -> Tensor:
        return fixed_exits(cost_at.double().numpy(), own, len(left), generator)

    chosen: list[tuple[Decided, int, Tensor]] = [("by image", 0, left)]
    chosen += [("shuffled", draw, shuffled()) for draw in range(options.draws)]
    chosen += [("fixed", draw, fixed()) for draw in range(options.draws)]
    rows = []
    for decided, draw, exits in chosen:
        start = 0
        for batch in batches:
            part = slice(start, start + len(batch.images))
            start = part.stop
            answers = said[part].gather(1, exits[part].unsqueeze(1)).squeeze(1)
            rows.append(_rows(decided, draw, batch, answers, cost_at[exits[part]]))
    return pd.concat(rows, ignore_index=True)[COLUMNS]


def _costs_of_exits(trained: TrainedNetwork, net: EarlyExitNet) -> Tensor:
    """Routed cost of an image that leaves at each exit, (E,) int64, earlier heads that are on included."""
    on = torch.tensor([*(threshold is not None for threshold in net.thresholds), True])
    routes = torch.zeros(len(on), len(net.units), dtype=torch.bool)
    for number in range(len(on)):
        routes[number, : 2 * number + 2 : 2] = True
        routes[number, 1 : 2 * number + 2 : 2] = on[: number + 1]
        routes[number, 2 * number + 1] = True
    return trained.ledger.routed(routes)


def _rows(decided: Decided, draw: int, batch: Any, predictions: Tensor, macs: Tensor) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "decided": decided,
            "draw": draw,
            "index": batch.indices.cpu().numpy(),
            "label": batch.labels.cpu().numpy(),
            "prediction": predictions.cpu().numpy(),
            "macs": macs.cpu().numpy(),
            "note": "",
        }
    )
