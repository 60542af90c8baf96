"""A moment of training on real Fashion-MNIST."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import zoo
from benchmarks import data
from benchmarks.data import DataMissing
from benchmarks.records.checkpoint import FileCheckpoint
from benchmarks.training.loop import accuracy, train
from benchmarks.training.recipe import Recipe
from benchmarks.training.tasks import task_of


def test_a_network_learns_clothes_in_a_moment(tmp_path: Path) -> None:
    try:
        clothes = data.load("fashion-mnist", train=6000, test=1000)
    except DataMissing:
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    torch.manual_seed(0)
    net = zoo.create("adanet", task_of(clothes.info))
    recipe = Recipe(epochs=3, batch_size=50, lr=0.05, warmup=0.25)
    cpu = torch.device("cpu")
    train(net, clothes, recipe, seed=0, device=cpu, checkpoint=FileCheckpoint(tmp_path / "checkpoint.pt"))
    assert accuracy(net, clothes.test, cpu) > 0.65
