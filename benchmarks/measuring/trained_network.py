"""A trained network, as evaluators measure it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import torch

from benchmarks.data import Dataset
from zoo.network import RoutedNet, Setting
from zoo.sizing.unit_costs import Ledger


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """A trained network and all that an evaluator may need.

    Attributes:
        net: in eval mode, on `device`.
        settings: points of the curve, the headline first.
        ledger: cost of its units.
        dataset: evaluators report on the test split.
        baseline: the static ResNet that the network is compared with (`zoo.baseline_of`), untrained: timed beside it.
        device: where to run.
        seed: for evaluators that draw random numbers.
        pictures: where evaluators that attack images put rows about pictures of them; None where nobody wants any.
    """

    net: RoutedNet
    settings: Sequence[Setting]
    ledger: Ledger
    dataset: Dataset
    baseline: RoutedNet
    device: torch.device
    seed: int
    pictures: list[pd.DataFrame] | None = None

    @contextmanager
    def at(self, setting: Setting) -> Iterator[RoutedNet]:
        """The network at a setting; afterwards the previous setting holds again."""
        before = self.net.setting
        self.net.use(setting)
        try:
            yield self.net
        finally:
            self.net.use(before)
