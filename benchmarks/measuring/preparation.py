"""From stored weights to a network that evaluators can measure: code that every table depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import pandas as pd
import torch
from torch import Tensor

import zoo
from benchmarks.data import Dataset
from benchmarks.measuring import Evaluator, TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.numerics import full_precision
from benchmarks.training.seeds import derive_seed
from benchmarks.training.tasks import task_of
from zoo.network import Setting
from zoo.sizing.unit_costs import measure_ledger


def prepare(
    selector: zoo.Selector,
    weights: Mapping[str, Tensor],
    settings: Sequence[Setting],
    *,
    baseline: str,
    dataset: Dataset,
    device: torch.device,
    seed: int,
) -> TrainedNetwork:
    """A trained network, ready to be measured, with the untrained static ResNet that it is compared with.

    Args:
        selector: of the network.
        weights: parameters and buffers by name.
        settings: points of its curve, the headline first.
        baseline: selector of the static ResNet.
        dataset: that it was trained on.
        device: where to run.
        seed: of the network.
    """
    task = task_of(dataset.info)
    net = zoo.create(selector, task)
    net.load_state_dict(dict(weights))
    static = zoo.create(baseline, task)
    for module in (net, static):
        module.to(device).to(memory_format=torch.channels_last).eval()
    net.use(settings[0])
    return TrainedNetwork(
        net=net,
        settings=settings,
        ledger=measure_ledger(net),
        dataset=dataset,
        baseline=static,
        device=device,
        seed=derive_seed(seed, "evaluation"),
    )


def measure(chosen: Evaluator, trained: TrainedNetwork, options: Strict | None) -> pd.DataFrame:
    """Run an evaluator: in full precision, or, where it has the machine to itself, as networks are served."""
    with nullcontext() if chosen.alone else full_precision():
        return chosen.run(trained, options)
