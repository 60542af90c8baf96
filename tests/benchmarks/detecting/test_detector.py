"""The detector on trunks of several methods: its levels, what is trained of it, and what it finds when nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from torch import nn

import zoo
from benchmarks.conformance.cases import TASK
from benchmarks.data import Dataset
from benchmarks.detecting.detector import build_detector, loss_of, stages_at
from benchmarks.detecting.fitting import find, train_detector
from benchmarks.detecting.scenes import Scene, objects_of, scenes
from zoo.features.maps import FeatureMaps

SIDE = 64


def detector_of(selector: str, strides: tuple[int, ...] = (4, 8)) -> Any:
    torch.manual_seed(0)
    net = zoo.create(selector, TASK).eval()
    stages = stages_at(FeatureMaps(net), strides)
    return build_detector(FeatureMaps(net, size=(SIDE, SIDE), stages=stages), classes=10, side=SIDE, strides=strides)


@pytest.fixture
def drawn(few_digits: Dataset) -> Iterator[Scene]:
    return scenes(objects_of(few_digits.train, 200), side=SIDE, seed=0)


def targets(batch: list[Scene]) -> list[dict[str, torch.Tensor]]:
    return [{"boxes": scene.boxes, "labels": scene.labels + 1} for scene in batch]


@pytest.mark.parametrize("selector", zoo.list_methods())
def test_every_method_is_a_backbone(selector: str) -> None:
    detector = detector_of(selector).eval()
    with torch.no_grad():
        levels = detector.backbone(torch.rand(2, 1, SIDE, SIDE))
    assert [tuple(level.shape) for level in levels.values()] == [(2, 32, 16, 16), (2, 32, 8, 8)]


def test_a_level_coarser_than_every_map_takes_every_second_pixel() -> None:
    detector = detector_of("cliquenet", (4, 8)).eval()  # its maps have strides 2 and 4
    assert list(detector.backbone.maps.strides.values()) == [4]
    with torch.no_grad():
        fine, coarse = detector.backbone(torch.rand(1, 1, SIDE, SIDE)).values()
    assert torch.equal(coarse, fine[:, :, ::2, ::2])


def test_maps_coarser_than_every_level_take_part_in_the_finer_ones() -> None:
    detector = detector_of("randwire", (4, 8))
    assert list(detector.backbone.maps.strides.values()) == [4, 8, 16]
    detector.backbone(torch.rand(2, 1, SIDE, SIDE))["0"].sum().backward()
    last = detector.backbone.maps.net.stages[-1]
    assert all(parameter.grad is not None for parameter in last.parameters())


def test_a_trunk_without_a_fine_enough_map_has_no_stages() -> None:
    maps = FeatureMaps(zoo.create("fractalnet", TASK))
    assert list(maps.strides.values()) == [4, 8]
    assert stages_at(maps, (2, 4)) == []
    assert stages_at(maps, (4, 8, 16)) == ["stage1", "stage2"]


def test_the_trunk_is_trained_with_its_statistics_as_they_were(drawn: Iterator[Scene]) -> None:
    detector = detector_of("adanet").train()
    maps = detector.backbone.maps
    assert detector.training
    assert not any(module.training for module in maps.modules())
    batch = list(islice(drawn, 4))
    loss_of(detector, torch.stack([scene.image for scene in batch]), targets(batch)).backward()
    assert [name for name, parameter in maps.named_parameters() if parameter.grad is None] == []
    norms = [module for module in maps.modules() if isinstance(module, nn.BatchNorm2d)]
    assert {float(module.running_mean.abs().max()) for module in norms if module.running_mean is not None} == {0.0}


def test_what_a_trunk_asks_of_its_training_is_part_of_the_loss(drawn: Iterator[Scene]) -> None:
    detector = detector_of("adanet").train()
    batch = list(islice(drawn, 2))
    images = torch.stack([scene.image for scene in batch])
    torch.manual_seed(1)
    plain = loss_of(detector, images, targets(batch))
    maps = detector.backbone.maps

    def charge(module: nn.Module, inputs: object, found: object) -> None:
        maps.last = replace(maps.last, penalties={"fee": torch.tensor(3.0)})

    maps.register_forward_hook(charge)
    torch.manual_seed(1)
    assert (loss_of(detector, images, targets(batch)) - plain).item() == pytest.approx(3, abs=1e-4)


def test_training_lowers_the_loss_on_the_scenes_that_it_sees(drawn: Iterator[Scene]) -> None:
    few = list(islice(drawn, 4))

    def of_these() -> float:
        torch.manual_seed(0)
        with torch.no_grad():
            return loss_of(detector.train(), torch.stack([scene.image for scene in few]), targets(few)).item()

    detector = detector_of("resnet")
    before = of_these()
    train_detector(detector, iter(few * 30), steps=30, batch_size=4, lr=0.002)
    assert of_these() < before / 2


def test_a_loss_that_is_no_number_stops_the_training(drawn: Iterator[Scene]) -> None:
    detector = detector_of("resnet")
    with torch.no_grad():
        next(iter(detector.backbone.pyramid.parameters())).fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="the detector's loss is nan at step 1; try a smaller lr"):
        train_detector(detector, drawn, steps=2, batch_size=2, lr=0.001)


def test_found_boxes_lie_in_the_image_with_classes_from_zero_and_a_route(drawn: Iterator[Scene]) -> None:
    shown = list(islice(drawn, 5))
    detector = detector_of("branchynet")
    train_detector(detector, drawn, steps=4, batch_size=2, lr=0.001)
    for own in find(detector, shown, 2):
        assert len(own.boxes) == len(own.labels) == len(own.scores) <= 20
        assert own.route.tolist() == [True, False, True, False, True, True]  # every segment, the last exit alone
        if len(own.boxes):
            assert own.boxes.min() >= 0
            assert own.boxes.max() <= SIDE
            assert own.labels.min() >= 0
            assert own.labels.max() <= 9
