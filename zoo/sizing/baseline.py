"""Baselines: the ordinary ResNet that a network is compared with, by one rule for all methods."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from zoo.network import Task
from zoo.registry import BASELINE, Preset, Selector, method, parameters_of, parse
from zoo.sizing.counting import drawn_on_meta, size_of
from zoo.sizing.matching import is_large, match

UNIMPORTANT = {"shortcut_kind"}
"""What may differ from a preset that is the same otherwise: shortcuts where shapes change, two or three of a network.

A network of 110 layers has them as its authors do (zero padding in front or on both sides, pooling, projection); all of
them are compared with the one ResNet-110 that a study trains.
"""
TOLERANCE = 0.10
"""How far a baseline's nominal cost may be from the network's, relative to it, where their trunks differ."""


def baseline_of(selector: str | Selector, task: Task) -> Selector:
    """The static ResNet that a network is compared with.

    A network whose trunk is a plain ResNet's (`RoutedNet.plain_trunk`) is compared with that ResNet; a registered
    preset may differ from it in its shortcuts (`UNIMPORTANT`). Any other is compared with the ResNet nearest in nominal
    multiply-accumulates. That is a registered preset, for images as large as the task's, which lies within
    `TOLERANCE`, since presets are what studies train and their widths are kind to the hardware; or else what
    `zoo.match` finds by width or by depth; and if nothing comes within the tolerance, the nearest there is. A ResNet
    with other parameters than its preset's is compared with that preset.

    Args:
        selector: of any method; without a preset, `tiny`.
        task: what both are built for.

    Returns:
        The baseline, named by its preset where it is one (`tiny` and `small` before others), otherwise by a preset and
        as few other parameters as possible. A preset of `resnet` is its own baseline.

    Raises:
        UnknownName: no such method, preset or parameter.
        ValueError: the task or a parameter does not fit the network.
    """
    chosen = parse(selector) if isinstance(selector, str) else selector
    if chosen.name == BASELINE:
        return Selector(BASELINE, chosen.preset or "tiny")
    return _baseline(str(chosen), task)


@cache
def _baseline(canonical: str, task: Task) -> Selector:
    selector = parse(canonical)
    trunk = drawn_on_meta(selector, task).plain_trunk()
    return _nearest(size_of(selector, task).macs, task) if trunk is None else _named(trunk)


def _named(trunk: Mapping[str, Any]) -> Selector:
    """The shortest selector of a ResNet with these parameters; of equals the first preset, which is `tiny`."""
    wanted = _comparable({**method(BASELINE).parameters(), **trunk})
    selectors = []
    for preset in _candidates():
        own = _full(preset)
        changed = {key: value for key, value in wanted.items() if own[key] != value}
        selectors.append(Selector(BASELINE, preset, {} if set(changed) <= UNIMPORTANT else changed))
        if not changed:
            return selectors[-1]
    return min(selectors, key=lambda selector: len(selector.parameters))


def _candidates() -> Mapping[str, Preset]:
    return {name: preset for name, preset in method(BASELINE).presets.items() if preset.baseline}


def _full(preset: str) -> dict[str, Any]:
    """All parameters of a preset of the baseline, defaults included."""
    return _comparable({**method(BASELINE).parameters(), **parameters_of(Selector(BASELINE, preset))})


def _comparable(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in parameters.items()}


@cache
def _nearest(macs: int, task: Task) -> Selector:
    """The ResNet nearest to a budget in multiply-accumulates, a preset if one lies within the tolerance."""
    found = _presets(task)
    best = _closest(found, macs)
    base = "imagenet" if is_large(task) else None
    for way in ("width", "depth"):
        if abs(best[1] / macs - 1) <= TOLERANCE:
            break
        try:
            selector = match(BASELINE, macs, task, by=way, preset=base, tolerance=math.inf)
        except ValueError:  # images too small for the scale that would be changed
            continue
        best = _closest([best, (selector, size_of(selector, task).macs)], macs)
    return best[0]


def _closest(found: Sequence[tuple[Selector, int]], macs: int) -> tuple[Selector, int]:
    return min(found, key=lambda one: abs(one[1] - macs))


@cache
def _presets(task: Task) -> Sequence[tuple[Selector, int]]:
    """Presets of the baseline for images like the task's, large or small, and what they cost.

    Raises:
        ValueError: the images are too small for all of them.
    """
    found = []
    for preset, facts in _candidates().items():
        selector = Selector(BASELINE, preset)
        with suppress(ValueError):
            if is_large(facts.task) == is_large(task):
                found.append((selector, size_of(selector, task).macs))
    if not found:
        raise ValueError(f"no {BASELINE} fits images of shape {task.shape}")
    return found
