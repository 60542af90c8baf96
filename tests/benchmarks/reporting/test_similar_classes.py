"""Whether classes that are alike run the same units, of classes whose likeness was planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks.measuring.pictures import as_png
from benchmarks.records.sample_sheet import SampleImages
from benchmarks.reporting.claims.images import same_units
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.similar_classes import (
    CONFUSED,
    LOOKS,
    confusions,
    mean_images,
    sentence,
    similar_classes,
)
from tests.benchmarks.reporting.hand_made import HandMade

CLASSES = 8
EACH = 40
LABELS = np.repeat(np.arange(CLASSES), EACH)
UNITS = ("stage1.block1", "stage2.block1", "stage3.block1")


def answers(predictions: np.ndarray, routes: list[str]) -> pd.DataFrame:
    values = {"setting": "default", "index": range(len(LABELS)), "label": LABELS, "prediction": predictions}
    return pd.DataFrame({**values, "confidence": 0.75, "nll": 0.5, "top5": True, "macs": 1.0, "route": routes})


def neighbours() -> np.ndarray:
    """Of every class some images are taken for the next: the likeness of classes is that of numbers."""
    wrong = np.arange(len(LABELS)) % EACH < 3 + LABELS  # more of them, the larger the class
    return np.where(wrong, np.minimum(LABELS + 1, CLASSES - 1), LABELS)


def made(root: Path, shares: list[int]) -> Evidence:
    """A static ResNet that takes classes for their neighbours, and gates that run a unit for a share of each class."""
    study = HandMade(root)
    study.add(study.spec("resnet"), units=UNITS, accuracy=answers(neighbours(), ["111"] * len(LABELS)))
    routes = ["111" if place % EACH < shares[label] else "101" for place, label in enumerate(LABELS)]
    study.add(study.spec("adanet"), units=UNITS, accuracy=answers(LABELS, routes))
    return study.evidence()


def gated(evidence: Evidence) -> dict[str, float]:
    (network,) = (network for network in evidence.networks if network.method.name == "adanet")
    return {kind: found.correlation for kind, found in similar_classes(evidence, network).items()}


def test_confusions_of_two_classes_are_shares_of_both_their_images(tmp_path: Path) -> None:
    far = confusions(made(tmp_path, [0] * CLASSES), [*range(CLASSES)])
    assert far is not None
    # Of class 0 three images are taken for 1, of 1 four for 2; of none for a class further away.
    assert [far[0, 1], far[1, 0], far[1, 2], far[0, 2]] == pytest.approx([-3 / 80, -3 / 80, -4 / 80, 0])


def test_units_that_run_for_neighbours_alike_are_found(tmp_path: Path) -> None:
    evidence = made(tmp_path, [5 * place for place in range(CLASSES)])
    assert gated(evidence)[CONFUSED] > 0.4
    (claim,) = same_units(evidence)
    assert claim.verdict == "holds"
    text = sentence(similar_classes(evidence, evidence.networks[1]))
    assert text.startswith(
        "Whether classes that are alike run the same units, by the confusions of static ResNets: they do"
    )
    assert "over 28 pairs of classes" in text


def test_units_that_run_for_every_other_class_are_not_found_alike(tmp_path: Path) -> None:
    evidence = made(tmp_path, [0, 40] * (CLASSES // 2))
    assert gated(evidence)[CONFUSED] < 0
    (claim,) = same_units(evidence)
    assert claim.verdict == "cannot be told"


def test_a_network_of_one_route_says_nothing(tmp_path: Path) -> None:
    evidence = made(tmp_path, [40] * CLASSES)
    assert gated(evidence) == {}
    assert sentence({}) == ""


def sheet(values: torch.Tensor, columns: int) -> SampleImages:
    """Images of 2 x 2 equal pixels, of these values (rows x columns)."""
    pixels = values.repeat_interleave(2, 0).repeat_interleave(2, 1)[None].to(torch.uint8)
    return SampleImages("data", as_png(pixels), len(values) * columns, columns, 2, 2, tuple("abc"))


def test_distances_of_mean_images_by_hand() -> None:
    table = pd.DataFrame({"index": [3, 2, 1, 0], "label": [2, 1, 0, 0]})
    images = sheet(torch.tensor([[0, 51], [102, 255]]), 2)
    far = mean_images(images, table, [0, 1, 2])
    assert far is not None
    # Means .1, .4 and 1 in each of four pixels: differences times 2.
    assert far[0, 1] == pytest.approx(2 * (0.4 - 0.1), abs=1e-6)
    assert far[0, 2] == pytest.approx(2 * (1 - 0.1), abs=1e-6)


def test_classes_that_are_not_among_the_images_cannot_be_compared() -> None:
    table = pd.DataFrame({"index": [0, 1, 2, 3], "label": [0, 0, 1, 2]})
    assert mean_images(sheet(torch.tensor([[0, 51]]), 2), table, [0, 1, 2]) is None


def test_classes_that_look_alike_count_too(tmp_path: Path) -> None:
    evidence = made(tmp_path, [5 * place for place in range(CLASSES)])
    images = sheet(torch.tensor(LABELS.reshape(CLASSES, EACH) * 30), EACH)
    assert gated(replace(evidence, images=images))[LOOKS] == pytest.approx(1)
