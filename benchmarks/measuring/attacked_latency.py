"""Seconds under attack: a network on the dearest images that were found, beside itself on the same images untouched.

Multiply-accumulates under attack (`benchmarks.measuring.slowdown`) say what has to be computed, not how long a machine
takes. Here the same attack makes its images once more, up to one radius, and both kinds of images take turns, alone on
the machine, in PyTorch and in ONNX Runtime where that serves the network.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd
import torch
from pydantic import Field
from torch import Tensor

from benchmarks.measuring import evaluator
from benchmarks.measuring.attacks_on_cost.goals import COST, Dearest, Outcome
from benchmarks.measuring.attacks_on_cost.search import Attacked, by_ascent, nothing_to_attack
from benchmarks.measuring.batch_sizes import BatchSizes
from benchmarks.measuring.configurations import Configuration
from benchmarks.measuring.contenders import in_runtime
from benchmarks.measuring.doing import doing, part
from benchmarks.measuring.engine_names import PYTORCH
from benchmarks.measuring.radii import headline_radius
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.measuring.turns import take_turns
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed
from zoo.network import Setting
from zoo.serving.optimize import optimize_for_inference

CLEAN, ATTACKED = "clean", "attacked"
COLUMNS = [
    *("epsilon", "batch_size", "repetition", "images", "engine", "first"),
    *("seconds", "device_seconds", "macs", "ended_by", "note"),
]


class AttackedLatencyOptions(Strict):
    """Wall-clock time of the images of an attack on the cost.

    Attributes:
        samples: images of the test split, from its beginning.
        epsilon: radius in units of [0, 1] pixels, None for the second smallest of the data set's own row.
        steps: of a run.
        restarts: runs per epsilon.
        batch_sizes: images per batch.
        seconds: spent on each batch size and engine at most, but for the first passes.
        half_width: turns end sooner where the 95 % interval of the growth is the growth plus or minus this part of it.
    """

    samples: int = Field(100, ge=1)
    epsilon: float | None = Field(None, gt=0, le=1)
    steps: int = Field(8, ge=1)
    restarts: int = Field(1, ge=1)
    batch_sizes: BatchSizes = (1, 32)
    seconds: float = Field(1.0, gt=0)
    half_width: float = Field(0.03, gt=0, lt=1)


@evaluator("attacked_latency", alone=True, options=AttackedLatencyOptions, needs=("epsilons",), order=9)
def attacked_latency(trained: TrainedNetwork, options: AttackedLatencyOptions) -> pd.DataFrame:
    """One row per timed pass at the headline setting, needed units only; one row with a note where nothing is attacked.

    Columns: epsilon (of the attack), batch_size, repetition (the turn), images (`clean`, or `attacked`: of each image
    the dearest that was found, with its own answer or another), engine (`benchmarks.measuring.engine_names`), first
    (position of the batch's first image), seconds (wall-clock), device_seconds (CUDA events; NaN elsewhere), macs (mean
    routed multiply-accumulates of the batch's images), ended_by (as in the table `latency`), note (empty, or why
    nothing was attacked: then every measurement is NaN). All in fp32.
    """
    row = sorted(trained.dataset.info.epsilons)
    epsilon = headline_radius(row) if options.epsilon is None else options.epsilon
    radii = [*(smaller for smaller in row if smaller < epsilon), epsilon]
    doing("attacking the cost of its images")
    with trained.at(trained.settings[0]):
        clean, attacked, note = _images(trained, options, radii)
    if note:
        return pd.DataFrame([{"epsilon": epsilon, "batch_size": 0, "repetition": 0, "note": note}], columns=COLUMNS)
    sizes = dict.fromkeys(min(size, len(clean.images)) for size in options.batch_sizes)
    turns = [(pair, size) for pair in _pairs(trained, clean, attacked) for size in sizes]
    tables = []
    for place, (pair, size) in enumerate(turns):
        with part(place / len(turns), (place + 1) / len(turns)):
            tables.append(take_turns(pair, size, trained.seed, seconds=options.seconds, half_width=options.half_width))
    table = pd.concat(tables, ignore_index=True).rename(columns={"setting": "images"})
    return table.assign(epsilon=epsilon, note="")[COLUMNS]


def _images(
    trained: TrainedNetwork, options: AttackedLatencyOptions, radii: Sequence[float]
) -> tuple[Outcome, Outcome, str]:
    """Clean images in a shuffled order, what was found for them in the same order, and why nothing was attacked."""
    test = trained.dataset.test
    network = Attacked(trained.net, trained.ledger, trained.device)
    (batch,) = test.take(min(options.samples, len(test))).batches(options.samples, device=trained.device)
    clean = network.deployed(batch.images)
    note = nothing_to_attack(network, [clean])
    found = Dearest(COST, clean, batch.labels)
    if not note:
        torch.manual_seed(derive_seed(trained.seed, "slowdown", 0))
        steps, restarts = options.steps, options.restarts
        for _, so_far in by_ascent(network, clean, batch.labels, radii, steps=steps, restarts=restarts):
            found.confirm(so_far[COST.name], network.deployed)
    order = list(range(len(clean.images)))
    random.Random(derive_seed(trained.seed, "attacked_latency")).shuffle(order)
    shuffled = torch.tensor(order, device=trained.device)
    return clean.at(shuffled), found.found.at(shuffled), note


def _pairs(trained: TrainedNetwork, clean: Outcome, attacked: Outcome) -> Iterator[list[Configuration]]:
    """In every engine that serves the network: the clean images, and those that were attacked."""
    served, headline = optimize_for_inference(trained.net), trained.settings[0]
    # The same rule under two names, which tell the images apart in the rows of a turn.
    untouched, renamed = (Setting(name=name, values=headline.values) for name in (CLEAN, ATTACKED))
    images = channels_last(clean.images)
    own = Configuration(*(served, untouched, "needed", "natural"), images, clean.macs.cpu(), served)
    for one in (own, *in_runtime(trained, [own])):
        in_format = channels_last if one.engine in PYTORCH else Tensor.contiguous
        yield [one, replace(one, setting=renamed, images=in_format(attacked.images), macs=attacked.macs.cpu())]


def channels_last(images: Tensor) -> Tensor:
    """Images (N, C, H, W) in the memory format that PyTorch serves best."""
    return images.contiguous(memory_format=torch.channels_last)
