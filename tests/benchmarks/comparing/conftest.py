"""Two studies made by hand, to be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.comparing.comparison import Comparison, compare
from benchmarks.comparing.tolerances import Tolerances
from benchmarks.records.record import Record
from tests.benchmarks.reporting.conftest import three_networks
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs

MakeStudy = Callable[..., HandMade]


@pytest.fixture
def make(tmp_path: Path) -> MakeStudy:
    """Studies with a ResNet each: `outcome` has a character per test image, a list of them one per seed."""

    def made(
        name: str, *outcomes: str, seed: int = 0, study: Mapping[str, Any] | None = None, **added: Any
    ) -> HandMade:
        found = HandMade(tmp_path / name, seed=seed, **(study or {}))
        for repetition, outcome in enumerate(outcomes):
            tables = {"accuracy": answers(outcome), "cost": costs(("default", 3_000_000, 3_000_000))}
            found.add(found.spec("resnet", repetition), **(tables | added))
        return found

    return made


@pytest.fixture
def twice(tmp_path: Path) -> tuple[HandMade, HandMade]:
    """The same three networks, stored twice."""
    return three_networks(tmp_path / "one"), three_networks(tmp_path / "two")


def compared(a: HandMade, b: HandMade, **tolerances: float) -> Comparison:
    """B compared with A."""
    return compare(a.store.root, b.store.root, Tolerances(**tolerances))


def flip(record: Record, table: str, image: int, **place: object) -> None:
    """Change the answers to one image, of classes 0 and 1, at a place in a table; the digest is renewed with it."""
    found = record.table(table)
    chosen = found["index"] == image
    for column, value in place.items():
        chosen &= found[column] == value
    assert chosen.sum() == 1
    changed = found.assign(prediction=found["prediction"].mask(chosen, 1 - found["prediction"]))
    record.write_table(table, changed, record.made_by(table))
