"""Training a detector for a number of steps, and what it finds in scenes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from benchmarks.detecting.detector import loss_of
from benchmarks.detecting.scenes import Scene

CLIP = 10.0
"""Greatest norm of the gradient of a step."""
WARMUP = 0.1
"""Part of the steps in which the learning rate rises."""


def train_detector(detector: Any, drawn: Iterator[Scene], *, steps: int, batch_size: int, lr: float) -> None:
    """AdamW over fresh scenes, the learning rate up in a tenth of the steps and down along a cosine.

    Args:
        detector: on its device; its trunk is trained too.
        drawn: training scenes.
        steps: of training.
        batch_size: scenes of a step.
        lr: greatest learning rate.

    Raises:
        FloatingPointError: the loss is no number any more.
    """
    device = next(detector.parameters()).device
    optimizer = torch.optim.AdamW(detector.parameters(), lr=lr, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=steps, pct_start=WARMUP, cycle_momentum=False
    )
    detector.train()
    for step in range(steps):
        batch = list(islice(drawn, batch_size))
        loss = loss_of(detector, _images(batch, device), _targets(batch, device))
        if not bool(torch.isfinite(loss)):
            raise FloatingPointError(f"the detector's loss is {loss.item()} at step {step + 1}; try a smaller lr")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(detector.parameters(), CLIP)
        optimizer.step()
        schedule.step()


@dataclass(frozen=True)
class Found:
    """What a detector finds in an image.

    Attributes:
        boxes: (D, 4), x1, y1, x2, y2 in pixels.
        labels: (D,) int64, classes from 0.
        scores: (D,), descending.
        route: (U,) bool, units of the trunk that the image used.
    """

    boxes: Tensor
    labels: Tensor
    scores: Tensor
    route: Tensor


def find(detector: Any, shown: Sequence[Scene], batch_size: int) -> list[Found]:
    """What a detector finds in scenes, on the CPU."""
    device = next(detector.parameters()).device
    detector.eval()
    found: list[Found] = []
    with torch.no_grad():
        for start in range(0, len(shown), batch_size):
            answers = detector(list(_images(shown[start : start + batch_size], device)))
            routes = detector.backbone.maps.route.cpu()
            for answer, route in zip(answers, routes, strict=True):
                boxes, labels, scores = (answer[name].cpu() for name in ("boxes", "labels", "scores"))
                found.append(Found(boxes, labels - 1, scores, route))
    return found


def _images(batch: Sequence[Scene], device: torch.device) -> Tensor:
    return torch.stack([scene.image for scene in batch]).to(device)


def _targets(batch: Sequence[Scene], device: torch.device) -> list[dict[str, Tensor]]:
    return [{"boxes": scene.boxes.to(device), "labels": (scene.labels + 1).to(device)} for scene in batch]
