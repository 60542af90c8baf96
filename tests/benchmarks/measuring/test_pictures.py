"""Pictures of attacked images: what is kept, what rounding does, and that they are the images of the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from benchmarks.data import Batch
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks.contract import WORST
from benchmarks.measuring.pictures import COLUMNS, MOST, joined_pictures, keep_pictures, picture_size, reduced
from benchmarks.measuring.robustness import RobustnessOptions, robustness
from benchmarks.measuring.slowdown import SlowdownOptions, slowdown
from zoo.network import Compute, Forward, RoutedNet, Task
from zoo.sizing.unit_costs import Ledger

NetworkOf = Callable[[str], TrainedNetwork]


class Bright(RoutedNet):
    """Says 1 of images whose mean is above 100.2 / 255, else 0; bright ones skip its only unit."""

    def __init__(self, channels: int) -> None:
        super().__init__(Task(shape=(channels, 2, 2), classes=2))
        self.units = ("dark",)

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        margin = 255 * x.mean(dim=(1, 2, 3)) - 100.2
        return Forward(logits=torch.stack([-margin, margin], dim=1), route=(margin < 0).unsqueeze(1))

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"dark": ()}


def bright(trained: TrainedNetwork, channels: int = 1) -> TrainedNetwork:
    """That network, which costs 30 and its unit 7, where pictures are wanted."""
    ledger = Ledger(units=("dark",), unit_macs=torch.tensor([7]), fixed_macs=30)
    return replace(trained, net=Bright(channels).eval(), ledger=ledger, pictures=[])


def of(shades: Sequence[float], channels: int = 1) -> Tensor:
    """Images of one shade each, in steps of 1/255."""
    return (torch.tensor(shades) / 255).view(-1, 1, 1, 1).expand(-1, channels, 2, 2).clone()


def batch_of(shades: Sequence[float], first: int = 0, channels: int = 1) -> Batch:
    """All of class 0, numbered from `first`."""
    count = len(shades)
    return Batch(
        of(shades, channels=channels), torch.zeros(count, dtype=torch.int64), torch.arange(first, first + count)
    )


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(png)))


def test_the_answer_is_to_the_rounded_picture_and_the_exact_one_stands_beside_it(resnet: TrainedNetwork) -> None:
    trained = bright(resnet)
    keep_pictures(trained, batch_of([90, 90]), of([100.4, 100.6]), 0.05, ["PGD", "FGSM"])
    (table,) = trained.pictures or []
    assert list(table.columns) == COLUMNS
    # 100.4 is above the threshold of 100.2, but its picture is 100; 100.6 becomes 101.
    assert table["exact"].tolist() == [1, 1]
    assert table["prediction"].tolist() == [0, 1]
    assert table["macs"].tolist() == [37, 30]
    np.testing.assert_allclose(table["linf"], [10 / 255, 11 / 255], rtol=1e-5)
    # The margins are .2 and .8: softmax of (.2, -.2) and (-.8, .8).
    np.testing.assert_allclose(table["confidence"], [1 / (1 + np.exp(-0.4)), 1 / (1 + np.exp(-1.6))], rtol=1e-4)
    assert [pixels(png).tolist() for png in table["png"]] == [[[100, 100]] * 2, [[101, 101]] * 2]
    assert table["attack"].tolist() == ["PGD", "FGSM"]
    assert set(table["epsilon"]) == {0.05}


def test_an_image_that_the_attack_left_alone_has_no_picture(resnet: TrainedNetwork) -> None:
    trained = bright(resnet)
    keep_pictures(trained, batch_of([90, 120]), of([91, 120]), 0.05, ["PGD", "none"])
    (table,) = trained.pictures or []
    assert [len(png) > 0 for png in table["png"]] == [True, False]
    assert table["prediction"].tolist() == [0, 1]


def test_only_the_first_images_are_kept_whatever_the_batches(resnet: TrainedNetwork) -> None:
    trained = bright(resnet)
    for first in (0, 50, 100):
        keep_pictures(trained, batch_of([90] * 50, first), of([95] * 50), 0.05, ["PGD"] * 50)
    assert joined_pictures(trained.pictures or [])["index"].tolist() == list(range(MOST))


def test_colours_are_kept_and_what_is_no_picture_is_not(resnet: TrainedNetwork) -> None:
    coloured, deep = bright(resnet, channels=3), bright(resnet, channels=2)
    for trained, channels in ((coloured, 3), (deep, 2)):
        keep_pictures(trained, batch_of([90], channels=channels), of([95], channels=channels), 0.05, ["PGD"])
    (table,) = coloured.pictures or []
    assert pixels(table["png"][0]).shape == (2, 2, 3)
    assert deep.pictures == []
    assert joined_pictures([]).columns.tolist() == COLUMNS


def test_large_images_become_smaller_pictures_of_the_same_form() -> None:
    assert picture_size(28, 28) == (28, 28)
    assert picture_size(224, 112) == (48, 24)
    checks = (torch.arange(96).view(1, 1, 1, 96) % 2).expand(1, 1, 96, 96).float()
    small = reduced(checks)
    assert small.shape == (1, 1, 48, 48)
    assert (small == 0.5).all()


def options(method: str) -> tuple[Callable[..., pd.DataFrame], object]:
    if method == "robustness":
        return robustness, RobustnessOptions(
            samples=30, batch_size=20, epsilons=(0.02, 0.1, 0.2), pgd_steps=2, strong=("APGD[steps=3]",)
        )
    return slowdown, SlowdownOptions(samples=30, batch_size=20, epsilons=(0.02, 0.1, 0.2), steps=2)


@pytest.mark.parametrize("evaluator", ["robustness", "slowdown"])
def test_nothing_is_measured_otherwise_where_pictures_are_kept(evaluator: str, network_of: NetworkOf) -> None:
    run, chosen = options(evaluator)
    with_pictures = run(replace(network_of("branchynet"), pictures=[]), chosen)
    pd.testing.assert_frame_equal(with_pictures, run(network_of("branchynet"), chosen))


def test_pictures_are_those_of_the_worst_case(network_of: NetworkOf) -> None:
    run, chosen = options("robustness")
    trained = replace(network_of("adanet"), pictures=[])
    table = run(trained, chosen)
    worst = table[table["attack"] == WORST].reset_index(drop=True)
    kept = joined_pictures(trained.pictures or [])
    assert kept["index"].tolist() == worst["index"].tolist() == list(range(30))
    assert kept["exact"].tolist() == worst["prediction"].tolist()
    assert kept["attack"].tolist() == worst["by"].tolist()
    assert set(kept["epsilon"]) == {0.1}
    assert (kept["png"].map(len) > 0).tolist() == (worst["linf"] > 0).tolist()
    np.testing.assert_allclose(kept["linf"], worst["linf"], atol=0.5 / 255 + 1e-6)


def test_there_are_pictures_of_the_worst_case_without_strong_attacks_too(resnet: TrainedNetwork) -> None:
    trained = replace(resnet, pictures=[])
    chosen = RobustnessOptions(samples=10, epsilons=(0.1,), pgd_steps=2, strong=())
    table = robustness(trained, chosen)
    fooled = table[table["label"] != table["prediction"]]["index"].unique()
    kept = joined_pictures(trained.pictures or [])
    assert kept.loc[kept["exact"] != kept["label"], "index"].tolist() == sorted(fooled)


def test_pictures_are_those_of_the_dearest_images(network_of: NetworkOf) -> None:
    run, chosen = options("slowdown")
    trained = replace(network_of("adanet"), pictures=[])
    table = run(trained, chosen)
    dearest = table[(table["goal"] == "cost") & (table["epsilon"] == 0.1)].reset_index(drop=True)
    kept = joined_pictures(trained.pictures or [])
    assert kept["index"].tolist() == dearest["index"].tolist()
    assert kept["exact"].tolist() == dearest["prediction"].tolist()
    assert set(kept["epsilon"]) == {0.1}
    assert (kept["png"].map(len) > 0).tolist() == (dearest["linf"] > 0).tolist()


def test_a_network_whose_cost_cannot_be_attacked_has_no_pictures_of_it(resnet: TrainedNetwork) -> None:
    run, chosen = options("slowdown")
    trained = replace(resnet, pictures=[])
    run(trained, chosen)
    assert trained.pictures == []
