"""Early exits: how much of the saved computation is saved time, including the exits' heads and scores.

The networks are BranchyNet on ResNet-110 and MSDNet, with random weights. Thresholds are set so that given shares of
the images leave at each early exit. The dense network is the same one without early exits: ResNet-110, or MSDNet's
trunk with its last head. It runs in every engine of `benchmarks.measuring.engines`; the fastest in the same turns is
the opponent. The routed network is served by ONNX Runtime where that is installed.

A last row compares trained networks for digits, see `benchmarks.speed.knee`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from benchmarks.measuring.engine_names import RUNTIME
from benchmarks.measuring.engines import Answer, answering, available
from benchmarks.speed.arrivals.stages import engine_here
from benchmarks.speed.knee import knee_row
from benchmarks.speed.opponents import fastest
from benchmarks.speed.skipping import NARROW, TASK, normalised, random_images
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.numerics import single_threaded
from zoo import RoutedNet, Setting, create, optimize_for_inference
from zoo.execution.early_exit import EarlyExitNet
from zoo.network import Compute, Forward
from zoo.sizing.unit_costs import measure_ledger

BATCHES = (1, 8, 64)
IMAGES = 20
"""Of batches that are smaller, one batch after another."""
TARGET = 0.90


@dataclass(frozen=True)
class Case:
    """A network with exits, and who leaves where.

    Attributes:
        name: in the table.
        selector: of the network.
        dense: of the network without early exits; None for the network itself up to its last exit.
        shares: for every row of a batch size, the share of all images that leaves at each early exit.
    """

    name: str
    selector: str
    dense: str | None
    shares: Sequence[Sequence[float]]


CASES = (
    Case("ResNet-110", f"branchynet[tiny, {NARROW}]", f"resnet[tiny, {NARROW}]", ((0.4, 0.3), (0.2, 0.2))),
    Case("msdnet[small]", "msdnet[small]", None, ((0.4, 0.2, 0.2), (0.2, 0.2, 0.1))),
)


def measure(seconds: float) -> pd.DataFrame:
    """Realised over theoretical speed-up against the fastest dense engine, in CPU time of one thread.

    Args:
        seconds: for the turns of all rows together; export, compilation and training take minutes more.

    Returns:
        Rows per network, batch and shares, columns as `benchmarks.speed.table.row_of` says.
    """
    share = seconds / (len(CASES) * len(BATCHES) + 1)
    with single_threaded():
        rows = [row for case in CASES for batch in BATCHES for row in measure_case(case, batch, share)]
        return pd.DataFrame([*rows, knee_row(share)])


def measure_case(case: Case, batch: int, seconds: float) -> list[dict[str, Any]]:
    """Rows of a network at one size of batch: realised speed-up over the fastest dense engine, and over the same."""
    torch.manual_seed(0)
    images = random_images(max(batch, IMAGES // batch * batch))
    net = normalised(create(case.selector, TASK), images)
    assert isinstance(net, EarlyExitNet)
    dense = (LastExit(net) if case.dense is None else create(case.dense, TASK)).eval()
    batches = [part.contiguous() for part in images.split(batch)]
    engines = available(dense, batches[0])
    engine, nominal = engine_here(), measure_ledger(dense).nominal
    ledger = measure_ledger(net)
    ways: dict[str, Answer] = {}
    saved = {}
    for shares in case.shares:
        net.use(leaving(net, images, shares))
        where = f"{case.name}, batch {batch}, {' + '.join(f'{share:.0%}' for share in shares)} leave early"
        served = optimize_for_inference(net, engine=engine, threads=1)
        ways[where] = answering(served)
        routes = torch.cat([served(part).route for part in batches])
        saved[where] = nominal / ledger.routed(routes).double().mean().item()
    times = take_turns({name: _on(batches, call) for name, call in {**engines, **ways}.items()}, seconds)
    against = fastest({name: times[name] for name in engines})
    rows = []
    for where in ways:
        found = ratio(times[against], times[where]).scaled(1 / saved[where])
        described = f"{where}, {saved[where]:.2f} times fewer MACs; by {engine}, dense by {against}"
        rows.append(row_of("realised / theoretical, over the fastest dense engine", described, found, TARGET))
        if RUNTIME in engines and against != RUNTIME:
            found = ratio(times[RUNTIME], times[where]).scaled(1 / saved[where])
            rows.append(row_of("the same, over dense in the same engine", f"{where}; dense by {RUNTIME}", found))
    return rows


def _on(batches: Sequence[Tensor], call: Answer) -> Callable[[], object]:
    return lambda: [call(part) for part in batches]


class LastExit(RoutedNet):
    """A network with exits as if the last were its only one."""

    def __init__(self, net: EarlyExitNet) -> None:
        super().__init__(net.task)
        self.trunk, self.head = nn.Sequential(*net.segments), net.heads[-1]
        self.units = ("all",)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images (N, C, H, W)."""
        return Forward(logits=self.head(self.trunk(x)), route=self.all_units(len(x), x.device))

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """All of it."""
        return {"all": (self.trunk, self.head)}


@torch.no_grad()
def leaving(net: RoutedNet, images: Tensor, shares: Sequence[float]) -> Setting:
    """Thresholds at which those shares of the images (N, C, H, W) leave at each early exit."""
    assert isinstance(net, EarlyExitNet)
    left, gone = torch.ones(len(images), dtype=torch.bool), 0.0
    thresholds = []
    for share, logits in zip(shares, net(images, compute="all").exit_logits, strict=False):
        scores = net.uncertainty(logits)
        thresholds.append(float(scores[left].quantile(share / (1 - gone))))
        left &= ~(scores < thresholds[-1])
        gone += share
    return Setting(name="shares", values={"thresholds": thresholds})
