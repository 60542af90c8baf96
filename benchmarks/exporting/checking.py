"""Whether an artefact answers what the trained network answers, and how long its two forms take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort

from benchmarks.exporting.artefact import SINGLE
from benchmarks.exporting.expected import BATCH, Expected, Images, Logits, Routes
from benchmarks.speed.turns import Ratio, ratio, take_turns
from zoo.serving.runtime.driver import load

TOLERANCE = 1e-4
"""Largest difference of a logit, and of what is compared with a threshold."""
TIMED = 32
"""Images in every turn, one per call."""
Call = Callable[[Images], tuple[Logits, Routes]]
"""Images to logits (N, K) and routes (N, U)."""


class Unequal(RuntimeError):
    """An artefact that answers otherwise than the network; the message is one line."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """An artefact that answers as the network does.

    Attributes:
        images: how many it was asked.
        difference: the largest of a logit.
        edge: images of which some form decides otherwise within `TOLERANCE` of a threshold; their logits are left out.
    """

    images: int
    difference: float
    edge: int

    def __str__(self) -> str:
        """For the terminal."""
        but = f" but for {self.edge} of decisions within {TOLERANCE:.0e} of a threshold" if self.edge else ""
        return f"{self.images:,} test images: logits differ by at most {self.difference:.1e}, routes are equal{but}"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU time of both forms, one image per call, on one thread.

    Attributes:
        driver: median milliseconds per image.
        single: likewise, of the single file.
        factor: the single file's time over the driver's, turn by turn.
    """

    driver: float
    single: float
    factor: Ratio

    def __str__(self) -> str:
        """For the terminal."""
        return (
            f"one image per call, CPU time: {self.single:.3g} ms by {SINGLE}, {self.driver:.3g} ms by the driver; "
            f"ratio turn by turn, median and quartiles: {self.factor}; {SINGLE} does not take batches"
        )


def check(folder: Path, images: Images, expected: Expected) -> Check:
    """Compare an artefact with what the network answers, image by image and in batches.

    Raises:
        Unequal: a logit differs by more than `TOLERANCE`, or a route although no decision was that near its threshold.
    """
    largest, edge = 0.0, np.zeros(len(images), np.bool_)
    for name, call in calls(folder).items():
        for size in (1,) if name == SINGLE else (1, BATCH):
            logits, routes = _in_batches(call, images, size)
            unsure = expected.on_the_edge(routes, TOLERANCE)
            others = int(((routes != expected.routes).any(axis=1) & ~unsure).sum())
            difference = float(np.abs(logits - expected.logits)[~unsure].max(initial=0))
            if not difference <= TOLERANCE or others:
                raise Unequal(
                    f"the {name}, asked {size} at a time, answers otherwise than the network: {others} of "
                    f"{len(images):,} test images take another route, logits differ by up to {difference:.1e}; nothing "
                    "is written"
                )
            largest, edge = max(largest, difference), edge | unsure
    return Check(images=len(images), difference=largest, edge=int(edge.sum()))


def cost(folder: Path, images: Images, seconds: float) -> Cost:
    """Time an artefact that has a single file against its driver, in turns, one image per call.

    Args:
        folder: of the artefact.
        images: at least one; the first `TIMED` are timed.
        seconds: budget.
    """
    several = images[:TIMED]
    times = take_turns({name: partial(_in_batches, call, several, 1) for name, call in calls(folder).items()}, seconds)
    scale = 1000 / len(several)
    return Cost(
        driver=scale * float(np.median(times["driver"])),
        single=scale * float(np.median(times[SINGLE])),
        factor=ratio(times[SINGLE], times["driver"]),
    )


def calls(folder: Path) -> dict[str, Call]:
    """The forms that an artefact has, on one thread: `driver`, and the name of the single file."""
    network = load(folder)
    found: dict[str, Call] = {"driver": lambda images: network(images)[:2]}
    if (folder / SINGLE).exists():
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = ort.InferenceSession((folder / SINGLE).read_bytes(), options, providers=["CPUExecutionProvider"])
        found[SINGLE] = lambda images: tuple(session.run(["logits", "route"], {"images": images}))
    return found


def _in_batches(call: Call, images: Images, size: int) -> tuple[Logits, Routes]:
    parts = [call(images[start : start + size]) for start in range(0, len(images), size)]
    return np.concatenate([logits for logits, _ in parts]), np.concatenate([route for _, route in parts])
