"""What networks answered when they were compared with official code, and what they answer today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

import zoo
from tests.zoo.frozen.rule import fill, measure

FILE = Path(__file__).with_name("answers.json")
"""By selector: `commit`, at which the answers were taken; `compared`, what of them agreed with the paper's own
implementation at that commit, under mapped weights, to 1e-4 or better, and empty where nothing was compared; and
`tests.zoo.frozen.rule.measure`. A selector with a parameter is another network than the preset: the preset as it was
then, which has come nearer to the official code since, or the official code's choice, which is not the paper's."""


def stored() -> dict[str, dict[str, Any]]:
    """What the file has."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def answers_today(selector: str) -> dict[str, Any]:
    """What a preset answers now, with weights by the rule; a graph that is drawn is that of torch's generator at 0."""
    torch.manual_seed(0)
    chosen = zoo.parse(selector)
    task = zoo.method(chosen.name).presets[chosen.preset or ""].task
    net = zoo.create(chosen, task)
    fill(net)
    found: dict[str, Any] = rounded(measure(net, count=2 if max(task.shape) > 100 else 4))
    return found


def rounded(values: Any) -> Any:
    """Plain values with eight significant digits."""
    if isinstance(values, dict):
        return {key: rounded(value) for key, value in values.items()}
    if isinstance(values, list):
        return [rounded(value) for value in values]
    return float(f"{values:.8g}") if isinstance(values, float) else values
