"""What every exit of a network says of every test image, those that the image never reaches included.

Validation images are there too: thresholds are chosen on them, and so is the temperature of every exit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from benchmarks.data import Batch, Split
from benchmarks.measuring import evaluator
from benchmarks.measuring.trained_network import TrainedNetwork
from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.thresholds import doubt, entropy

BATCH = 250
MOST_VALIDATION = 5000
"""Validation images that are looked at, the first ones."""
TEMPERATURES = 0.05, 20.0
"""Ends of what is tried: where an exit is right about every validation image, none is low enough."""
COLUMNS = [
    *("split", "index", "label", "exit", "prediction", "confidence", "entropy", "doubt", "uncertainty"),
    *("temperature", "scaled_doubt", "note"),
]


@evaluator("exits", order=15)
def exits(trained: TrainedNetwork, options: None) -> pd.DataFrame:
    """One row per image and exit, with every unit computed; one row with a note where there are no early exits.

    What an exit says does not depend on thresholds: the table `accuracy` has the exit at which an image left at each
    setting, which is the last one on its route.

    Columns: split (`test`, then up to 5,000 rows per exit of `validation`), index (within the split), label, exit (the
    unit's name), prediction, confidence (softmax of the prediction), entropy (of the softmax, nats), doubt (one minus
    confidence, exact where that is close to 1), uncertainty (what the network compares with its thresholds),
    temperature (of the exit, fitted on validation images), scaled_doubt (doubt of the logits over the temperature),
    note (empty, or why there is nothing: then all else is missing).
    """
    net, data = trained.net, trained.dataset
    if not isinstance(net, EarlyExitNet):
        return pd.DataFrame([{"note": "the network has no early exits"}], columns=COLUMNS)
    with trained.at(trained.settings[0]), torch.no_grad():
        held_out = list(_answers(net, data.validation.take(MOST_VALIDATION), trained.device))
        labels = torch.cat([batch.labels for batch, _ in held_out])
        several = [torch.cat(said) for said in zip(*(said for _, said in held_out), strict=True)]
        temperatures = [fitted_temperature(logits, labels) for logits in several]
        rows = [_rows(net, "test", *answers, temperatures) for answers in _answers(net, data.test, trained.device)]
        rows += [_rows(net, "validation", *answers, temperatures) for answers in held_out]
    return pd.concat(rows, ignore_index=True)


def fitted_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature at which logits over it have the greatest likelihood (Guo et al. 2017, section 4.2).

    Args:
        logits: (V, K) of an exit on validation images.
        labels: (V,).
    """
    doubles, known = logits.cpu().double(), labels.cpu()

    def loss(log_temperature: float) -> float:
        return float(functional.cross_entropy(doubles / math.exp(log_temperature), known))

    low, high = map(math.log, TEMPERATURES)
    return math.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x)


def _answers(net: EarlyExitNet, split: Split, device: torch.device) -> Iterator[tuple[Batch, tuple[Tensor, ...]]]:
    """Batches of a split, and the logits of every exit."""
    for batch in split.batches(BATCH, device=device, channels_last=True):
        yield batch, net(batch.images, compute="all").exit_logits


def _rows(
    net: EarlyExitNet, split: str, batch: Batch, answers: Sequence[Tensor], temperatures: Sequence[float]
) -> pd.DataFrame:
    tables = []
    for name, logits, temperature in zip(net.units[1::2], answers, temperatures, strict=True):
        confidence, prediction = torch.softmax(logits.float(), dim=1).max(dim=1)
        columns = {
            "index": batch.indices,
            "label": batch.labels,
            "prediction": prediction,
            "confidence": confidence,
            "entropy": entropy(logits),
            "doubt": doubt(logits),
            "uncertainty": net.uncertainty(logits),
            "scaled_doubt": _scaled_doubt(logits, temperature),
        }
        values = {column: tensor.cpu().numpy() for column, tensor in columns.items()}
        tables.append(pd.DataFrame(values).assign(split=split, exit=name, temperature=temperature, note=""))
    return pd.concat(tables)[COLUMNS]


def _scaled_doubt(logits: Tensor, temperature: float) -> Tensor:
    """As `doubt`, in double precision: low temperatures make many confidences that are nearly 1."""
    probabilities = torch.softmax(logits.cpu().double() / temperature, dim=1)
    return probabilities.sort(dim=1, descending=True).values[:, 1:].sum(dim=1)
