"""What is tested: methods in every variant, briefly trained on real digits, so that routes differ from image to image.

Without a choice, that is everything of the suite and of installed plug-ins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

import zoo
from benchmarks import data
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.training.fitting import propose_settings
from benchmarks.training.loop import train
from benchmarks.training.numerics import single_threaded
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of
from zoo.network import RoutedNet, Setting
from zoo.sizing.unit_costs import measure_ledger

CPU = torch.device("cpu")
DIGITS = data.load("mnist5k", train=512, test=64)
TASK = task_of(DIGITS.info)


CHOSEN: dict[str, tuple[str, ...]] = {}
"""Names to test by kind, where a command has chosen some: then nothing of other kinds is tested."""


def chosen(kind: str, everything: Iterable[str]) -> list[str]:
    """Names of a kind to test: those that were chosen, else everything."""
    return list(CHOSEN.get(kind, ()) if CHOSEN else everything)


def methods() -> list[str]:
    """Names of the methods to test."""
    return chosen("method", zoo.list_methods())


def selectors() -> list[zoo.Selector]:
    """`tiny` of every method and of each of its variants."""
    found = []
    for name in methods():
        variants = [{}, *zoo.method(name).variants]
        found += [zoo.Selector(name, "tiny", variant) for variant in variants]
    return found


def kinds_of_presets() -> list[zoo.Selector]:
    """Of every method's presets that differ in numbers alone, such as depth or width, the first; but not `tiny`."""
    found: dict[object, zoo.Selector] = {}
    for name in methods():
        for preset, facts in zoo.method(name).presets.items():
            words = frozenset(
                (key, value if isinstance(value, (str, bool)) else None) for key, value in facts.parameters.items()
            )
            if preset != "tiny":
                found.setdefault((name, facts.task.shape, words), zoo.Selector(name, preset))
    return list(found.values())


@dataclass(frozen=True)
class Case:
    """A briefly trained network with its settings, and real test images (64, 1, 28, 28)."""

    net: RoutedNet
    settings: list[Setting]
    images: Tensor
    labels: Tensor


@cache
def trained(selector: str) -> Case:
    """Train for a moment; shared by all tests, which leave weights and mode as they find them."""
    torch.manual_seed(0)
    net = zoo.create(selector, TASK)
    recipe = Recipe(epochs=2 * len(net.phases()), batch_size=32, lr=0.05, precision="fp32", weight_decay=1e-4)
    with TemporaryDirectory() as folder, single_threaded():
        train(net, DIGITS, recipe, seed=0, device=CPU, checkpoint=FileCheckpoint(Path(folder) / "checkpoint.pt"))
        settings = propose_settings(net, DIGITS, CPU)
    batch = next(DIGITS.test.batches(64))
    return Case(net, settings, batch.images, batch.labels)


def nominal_macs(net: RoutedNet) -> int:
    """Every unit once."""
    return measure_ledger(net).nominal
