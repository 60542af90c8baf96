"""Average precision as COCO defines it, by pycocotools, over all scenes and over scenes drawn again.

AP is the mean over ten thresholds of the intersection over union (.50 to .95), over 101 recalls, and over classes; AP50
is that of the first threshold. It is no mean over images, so that its uncertainty comes from scenes drawn with
replacement: matches are found once, and pycocotools accumulates them again for every draw.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.detecting.fitting import Found
from benchmarks.detecting.scenes import Scene
from benchmarks.training.seeds import derive_seed

LIBRARY = "pycocotools"
MOST_FOUND = 100
"""COCO's limit on detections of an image and class."""
ALL_SIZES = [0.0, 1e10]


class LibraryMissing(ValueError):
    """What measures average precision is not installed; the message says how to get it."""


def require_library() -> None:
    """Refuse to begin without the library.

    Raises:
        LibraryMissing: it is not installed.
    """
    if find_spec(LIBRARY) is None:
        raise LibraryMissing(
            f"the evaluator detection needs {LIBRARY}: python -m pip install 'routebench[detection]', or {LIBRARY}"
        )


@dataclass(frozen=True)
class Precision:
    """Average precisions in [0, 1]; NaN where there is no object.

    Attributes:
        ap: mean over thresholds .50 to .95 and classes.
        ap50: at threshold .50.
        by_class: (K,) AP of every class.
    """

    ap: float
    ap50: float
    by_class: NDArray[np.float64]


class Matches:
    """Which detections match which objects, by pycocotools.

    Args:
        truth: scenes.
        found: detections in them, in the same order.
        classes: K.

    Raises:
        LibraryMissing: pycocotools is not installed.
        ValueError: not as many lists of detections as scenes, or no scenes.
    """

    def __init__(self, truth: Sequence[Scene], found: Sequence[Found], classes: int) -> None:
        require_library()
        if len(truth) != len(found) or not truth:
            raise ValueError(f"{len(found)} lists of detections for {len(truth)} scenes")
        self.scenes, self.classes = len(truth), classes
        with contextlib.redirect_stdout(io.StringIO()):
            self._evaluated = _evaluated(truth, found, classes)
        self._every = list(self._evaluated.evalImgs)

    def precision(self, chosen: NDArray[np.int_] | None = None) -> Precision:
        """Average precision over scenes.

        Args:
            chosen: numbers of scenes, as many as there are, some perhaps several times; None for each once.
        """
        rows = np.arange(self.scenes) if chosen is None else chosen
        by_class = np.arange(self.classes)[:, None] * self.scenes
        self._evaluated.evalImgs = [self._every[place] for place in (by_class + rows).ravel()]
        with contextlib.redirect_stdout(io.StringIO()):
            self._evaluated.accumulate()
        values = self._evaluated.eval["precision"][:, :, :, 0, 0]  # (thresholds, recalls, classes)
        values = np.where(values < 0, np.nan, values).mean(axis=1)
        return Precision(_mean(values), _mean(values[0]), values.mean(axis=0))

    def draws(self, count: int, seed: int) -> list[Precision]:
        """Average precisions over scenes drawn with replacement; the same scenes for the same seed."""
        random = np.random.default_rng(derive_seed(seed, "draws"))
        return [self.precision(random.integers(self.scenes, size=self.scenes)) for _ in range(count)]


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _evaluated(truth: Sequence[Scene], found: Sequence[Found], classes: int) -> Any:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    objects = [
        (image, label, box)
        for image, scene in enumerate(truth)
        for box, label in zip(_as_coco(scene.boxes.numpy()), scene.labels.tolist(), strict=True)
    ]
    reference = COCO()
    reference.dataset = {
        "info": {},
        "images": [{"id": image} for image in range(len(truth))],
        "categories": [{"id": label} for label in range(classes)],
        "annotations": [
            {"id": number, "image_id": image, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for number, (image, label, box) in enumerate(objects, start=1)  # 0 would mean no match
        ],
    }
    reference.createIndex()
    answers = [
        {"image_id": image, "category_id": label, "bbox": box, "score": score}
        for image, own in enumerate(found)
        for box, label, score in zip(_as_coco(own.boxes.numpy()), own.labels.tolist(), own.scores.tolist(), strict=True)
    ]
    detected = COCO()
    detected.dataset = {
        **{key: reference.dataset[key] for key in ("info", "images", "categories")},
        "annotations": [
            {**answer, "id": number, "area": answer["bbox"][2] * answer["bbox"][3], "iscrowd": 0}
            for number, answer in enumerate(answers, start=1)
        ],
    }
    detected.createIndex()
    evaluated = COCOeval(reference, detected, "bbox")
    evaluated.params.areaRng, evaluated.params.areaRngLbl = [ALL_SIZES], ["all"]
    evaluated.params.maxDets = [MOST_FOUND]
    evaluated.params.imgIds = list(range(len(truth)))
    evaluated.params.catIds = list(range(classes))
    evaluated.evaluate()
    return evaluated


def _as_coco(boxes: NDArray[np.float32]) -> list[list[float]]:
    """x1, y1, x2, y2 as x, y, width, height."""
    return [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in boxes.tolist()]
