"""Transfer to detection: the trained network as the backbone of Faster R-CNN, on scenes of digits with known boxes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import pandas as pd
import torch
from pydantic import Field, field_validator

from benchmarks.detecting.detector import build_detector, stages_at
from benchmarks.detecting.fitting import Found, find, train_detector
from benchmarks.detecting.precision import Matches, require_library
from benchmarks.detecting.scenes import Scene, has_background, objects_of, scenes
from benchmarks.measuring import evaluator
from benchmarks.measuring.doing import doing, part
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from benchmarks.training.seeds import derive_seed
from zoo.features.maps import FeatureMaps

COLUMNS = ["part", "index", "objects", "detections", "found", "ap", "ap50", "macs", "nominal", "route", "note"]
POOL = 10_000
"""Images of a split, at most, that scenes are made of."""
GLANCE = 256
"""Images that show whether objects can be cut out."""
SURE = 0.5
"""Scores from here on count as detections of a scene, and overlaps from here on as found."""
SHARED_SEED = "test scenes"
"""Of what all networks are tested on: the same scenes, drawn again in the same ways."""


class DetectionOptions(Strict):
    """How a detector is trained and tested.

    Attributes:
        side: of the square canvas, pixels; a multiple of 32 that holds the largest object, 42 pixels.
        strides: of the pyramid's levels, each twice the one before; the trunk must have a map of the first.
        steps: of training.
        batch_size: scenes of a step.
        lr: greatest learning rate.
        scenes: that the detector is tested on, made of test images.
        draws: of test scenes with replacement, for intervals.
    """

    side: int = Field(64, ge=64, multiple_of=32)
    strides: tuple[int, ...] = (4, 8)
    steps: int = Field(300, ge=2)
    batch_size: int = Field(8, ge=1)
    lr: float = Field(0.002, gt=0)
    scenes: int = Field(200, ge=1)
    draws: int = Field(200, ge=2)

    @field_validator("strides")
    @classmethod
    def _doubling(cls, strides: tuple[int, ...]) -> tuple[int, ...]:
        doubled = [strides[0] * 2**level for level in range(len(strides))] if strides else []
        if not strides or strides[0] < 1 or list(strides) != doubled or strides[0] & (strides[0] - 1):
            raise ValueError(f"strides must be powers of two, each twice the one before, not {list(strides)}")
        return strides


@evaluator("detection", options=DetectionOptions, order=20, by_default=False)
def detection(trained: TrainedNetwork, options: DetectionOptions) -> pd.DataFrame:
    """Train a detector on scenes of training images, from the network's weights, and test it on scenes of test images.

    The backbone is the network's trunk at the headline setting, early exits off, classifiers left out; it is trained
    too. All networks are tested on the same scenes; what a detector is trained on depends on the network's seed.

    Rows by `part`:

    - `scene`: objects, detections (of a score of .5 at least), found (objects that one of these with their class
      overlaps by .5 at least), macs and route of the backbone;
    - `all`: sums of these over scenes, ap, ap50, macs (the mean) and nominal (every unit once);
    - `class`: objects of each class, and their ap;
    - `draw`: ap and ap50 over scenes drawn with replacement, draw by draw the same for all networks.

    Where nothing can be measured, one row with a note.

    Raises:
        LibraryMissing: pycocotools is not installed.
    """
    require_library()
    trunk = _trunk(trained, options)
    if trunk is None:
        return _nothing(f"the network has no feature maps of stride {options.strides[0]}")
    if not has_background(objects_of(trained.dataset.train, GLANCE)):
        return _nothing("no objects to cut out: the images of this data set have no black background")
    classes, device = len(trained.dataset.info.classes), trained.device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(derive_seed(trained.seed, "detection"))
        detector = build_detector(trunk, classes=classes, side=options.side, strides=options.strides).to(device)
        objects = objects_of(trained.dataset.train, POOL)
        drawn = scenes(objects, side=options.side, seed=derive_seed(trained.seed, "training scenes"))
        with part(0, 0.9):
            doing("training a detector")
            train_detector(detector, drawn, steps=options.steps, batch_size=options.batch_size, lr=options.lr)
    with part(0.9, 1):
        doing("testing the detector")
        tested = objects_of(trained.dataset.test, POOL)
        shown = list(islice(scenes(tested, side=options.side, seed=derive_seed(SHARED_SEED)), options.scenes))
        found = find(detector, shown, options.batch_size)
        return _table(trunk, shown, found, Matches(shown, found, classes), options.draws)


def _trunk(trained: TrainedNetwork, options: DetectionOptions) -> FeatureMaps | None:
    """The network's trunk with maps of these strides; None where it has none of the finest."""
    size = (options.side, options.side)
    with trained.at(trained.settings[0]) as net:
        stages = stages_at(FeatureMaps(net), options.strides)
        return FeatureMaps(net, size=size, stages=stages) if stages else None


def _nothing(note: str) -> pd.DataFrame:
    return pd.DataFrame([{"note": note}], columns=COLUMNS)


def _table(
    trunk: FeatureMaps, shown: Sequence[Scene], found: Sequence[Found], matches: Matches, draws: int
) -> pd.DataFrame:
    ledger, routes = trunk.ledger(), torch.stack([own.route for own in found])
    of_scenes = pd.DataFrame(
        {
            "part": "scene",
            "index": range(len(shown)),
            "objects": [len(scene.labels) for scene in shown],
            "detections": [int((own.scores >= SURE).sum()) for own in found],
            "found": [found_objects(scene, own) for scene, own in zip(shown, found, strict=True)],
            "macs": ledger.routed(routes).numpy(),
            "route": route_text(routes),
        }
    )
    whole = matches.precision()
    sums = {name: int(of_scenes[name].sum()) for name in ("objects", "detections", "found")}
    costs = {"macs": of_scenes["macs"].mean(), "nominal": ledger.nominal}
    labels = torch.cat([scene.labels for scene in shown])
    rows: list[dict[str, Any]] = [{"part": "all", "index": 0, **sums, "ap": whole.ap, "ap50": whole.ap50, **costs}]
    rows += [
        {"part": "class", "index": number, "objects": int((labels == number).sum()), "ap": value}
        for number, value in enumerate(whole.by_class)
    ]
    rows += [
        {"part": "draw", "index": number, "ap": drawn.ap, "ap50": drawn.ap50}
        for number, drawn in enumerate(matches.draws(draws, derive_seed(SHARED_SEED)))
    ]
    table = pd.concat([of_scenes, pd.DataFrame(rows)], ignore_index=True)
    return table.assign(note="").reindex(columns=COLUMNS)


def found_objects(scene: Scene, found: Found) -> int:
    """How many objects a sure detection of their class overlaps by half at least."""
    from torchvision.ops import box_iou

    sure = found.scores >= SURE
    overlaps = box_iou(scene.boxes, found.boxes[sure]) >= SURE
    same = scene.labels[:, None] == found.labels[sure]
    return int((overlaps & same).any(dim=1).sum())
