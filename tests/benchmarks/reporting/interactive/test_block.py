"""The numbers that the page's script works with are those of the evidence."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd
import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.interactive.block import block
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs


def content(evidence: Evidence, **figures: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(block(evidence, figures))
    return found


def setting(evidence: Evidence, slug: str, name: str) -> dict[str, list[float | None]]:
    (network,) = [network for network in content(evidence)["networks"] if network["slug"] == slug]
    (found,) = [found["values"] for found in network["settings"] if found["name"] == name]
    values: dict[str, list[float | None]] = found
    return values


def test_every_value_is_that_of_the_results(evidence: Evidence) -> None:
    columns = {"accuracy": "accuracy", "macs": "routed", "parameters": "parameters", "train_seconds": "train_seconds"}
    for network in content(evidence)["networks"]:
        label = next(own.label for own in evidence.networks if own.slug == network["slug"])
        for found in network["settings"]:
            point = evidence.points[label, found["name"]]
            for name, column in columns.items():
                if not math.isnan(point[column]):
                    assert found["values"][name][0] == pytest.approx(point[column], rel=1e-5)


def test_times_are_ratios_times_the_mean_time_of_the_baseline(evidence: Evidence) -> None:
    # The baseline took 2 ms beside each of the three networks; BranchyNet's knee 1 ms beside it.
    assert setting(evidence, "branchynet", "knee")["time_1"][0] == pytest.approx(0.001)
    assert setting(evidence, "resnet", "default")["time_1"] == pytest.approx([0.002, 0.002, 0.002])


def test_robust_accuracy_is_known_at_the_headline_setting_alone(evidence: Evidence) -> None:
    assert setting(evidence, "adanet", "default")["attacked"][0] == 0
    assert "attacked" not in setting(evidence, "branchynet", "full")


def test_figures_are_columns(evidence: Evidence) -> None:
    table = pd.DataFrame({"network": ["A", "B"], "x": [1 / 3, math.nan]})
    assert content(evidence, one=table)["figures"] == {"one": {"network": ["A", "B"], "x": [0.333333, None]}}


def test_nothing_in_it_ends_the_element(made: HandMade) -> None:
    made.add(
        made.spec("resnet"),
        settings={"</script><b>": "a <!-- note"},
        accuracy=answers("1110", setting="</script><b>"),
        cost=costs(("</script><b>", 10, 10)),
    )
    text = str(block(made.evidence(), {}))
    assert "<" not in text
    assert json.loads(text)["networks"][0]["settings"][0]["name"] == "</script><b>"
