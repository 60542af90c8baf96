"""Accuracy without single parts of a trained network, without several, and with its blocks in another order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from pydantic import Field
from scipy.stats import kendalltau

from benchmarks.measuring import evaluator
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed
from zoo.lesions import Parts, interchangeable, parts_of, reordered, without
from zoo.network import RoutedNet

BATCH = 250
INTACT, SEVERAL, ORDER = "intact", "several", "order"
"""Kinds of rows besides those of single parts (`zoo.lesions.parts.Kind`)."""
APART = ("exit", "column", "edge")
"""Kinds of parts that random groups leave alone: they are made of others, or belong to them."""


class LesionsOptions(Strict):
    """What is taken out.

    Attributes:
        samples: images of the test split, from its beginning.
        edges: take out single edges of random graphs too, of which there are many.
        most: parts that are taken out together; groups of 2 to that many are drawn at random.
        swaps: pairs of blocks that change places; orders after 1 to that many swaps are drawn at random.
        draws: groups of each size, and orders after each number of swaps.
    """

    samples: int = Field(500, ge=1)
    edges: bool = False
    most: int = Field(1, ge=1)
    swaps: int = Field(0, ge=0)
    draws: int = Field(5, ge=1)


@dataclass(frozen=True, kw_only=True)
class Lesion:
    """What is changed: parts that are taken out, or the order of blocks.

    Attributes:
        kind: of the part, or `INTACT`, `SEVERAL` or `ORDER`.
        names: of the parts.
        orders: for each group of `interchangeable`.
        disorder: Kendall's tau between all blocks' old places and new ones; 1 where none has moved.
    """

    kind: str
    names: tuple[str, ...] = ()
    orders: Sequence[Sequence[int]] = ()
    disorder: float = 1.0

    def on(self, net: RoutedNet) -> AbstractContextManager[None]:
        """The network changed, until the context ends."""
        if self.kind == ORDER:
            return reordered(interchangeable(net), self.orders)
        return without(net, self.names) if self.names else nullcontext()


@evaluator("lesions", options=LesionsOptions, order=16)
def lesions(trained: TrainedNetwork, options: LesionsOptions) -> pd.DataFrame:
    """One row per lesion and test image, at the headline setting, nothing trained again; first the intact network.

    Columns: kind (of the part, `intact`, `several` parts, or `order`), lesion (number of the row's lesion, from 0),
    parts (names of what was taken out, joined by `, `), count (of them), disorder (Kendall's tau of the order of
    blocks), index, label, prediction, macs (routed, of units that are left).
    """
    generator = np.random.default_rng(derive_seed(trained.seed, "lesions"))
    with trained.at(trained.settings[0]) as net, torch.no_grad():
        parts = parts_of(net)
        tables = [
            _answers(trained, lesion, number, parts, options.samples)
            for number, lesion in enumerate(_lesions(net, parts, options, generator))
        ]
    return pd.concat(tables, ignore_index=True)


def _lesions(net: RoutedNet, parts: Parts, options: LesionsOptions, generator: np.random.Generator) -> Iterator[Lesion]:
    yield Lesion(kind=INTACT)
    for name, kind in parts.kinds.items():
        if kind != "edge" or options.edges:
            yield Lesion(kind=kind, names=(name,))
    whole = [name for name, kind in parts.kinds.items() if kind not in APART]
    for count in range(2, min(options.most, len(whole)) + 1):
        for _ in range(options.draws):
            chosen = sorted(generator.choice(len(whole), count, replace=False))
            yield Lesion(kind=SEVERAL, names=tuple(whole[i] for i in chosen))
    groups = interchangeable(net)
    for swaps in range(1, options.swaps + 1 if groups else 1):
        for _ in range(options.draws):
            orders = _swapped([len(places) for _, places in groups], swaps, generator)
            yield Lesion(kind=ORDER, orders=orders, disorder=_tau(net, orders))


def _swapped(sizes: Sequence[int], swaps: int, generator: np.random.Generator) -> list[list[int]]:
    """Orders of groups after so many swaps of two blocks, each pair as likely as any other."""
    orders = [list(range(size)) for size in sizes]
    pairs = np.array([size * (size - 1) / 2 for size in sizes])
    for group in generator.choice(len(sizes), swaps, p=pairs / pairs.sum()):
        one, other = generator.choice(sizes[group], 2, replace=False)
        orders[group][one], orders[group][other] = orders[group][other], orders[group][one]
    return orders


def _tau(net: RoutedNet, orders: Sequence[Sequence[int]]) -> float:
    """Kendall's tau over all blocks of the lists that have some which may change places."""
    old: list[int] = []
    new: list[int] = []
    lists = {id(blocks): blocks for blocks, _ in interchangeable(net)}
    for blocks in lists.values():
        place_of = list(range(len(blocks)))
        for (own, places), order in zip(interchangeable(net), orders, strict=True):
            if own is blocks:
                for place, number in zip(places, order, strict=True):
                    place_of[place] = places[number]
        start = len(old)
        old += [start + place for place in range(len(blocks))]
        new += [start + place for place in place_of]
    return float(kendalltau(old, new).statistic)


def _answers(trained: TrainedNetwork, lesion: Lesion, number: int, parts: Parts, samples: int) -> pd.DataFrame:
    gone = {unit for name in lesion.names for unit in parts.units[name]}
    left = torch.tensor([unit not in gone for unit in trained.net.units])
    rows = []
    with lesion.on(trained.net):
        for batch in trained.dataset.test.take(samples).batches(BATCH, device=trained.device, channels_last=True):
            out = trained.net(batch.images, compute="needed")
            rows.append(
                pd.DataFrame(
                    {
                        "kind": lesion.kind,
                        "lesion": number,
                        "parts": ", ".join(lesion.names),
                        "count": len(lesion.names),
                        "disorder": lesion.disorder,
                        "index": batch.indices.cpu().numpy(),
                        "label": batch.labels.cpu().numpy(),
                        "prediction": out.logits.argmax(dim=1).cpu().numpy(),
                        "macs": trained.ledger.routed(out.route.cpu() & left).numpy(),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)
