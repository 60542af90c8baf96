"""A study of three networks and ten images that several tests read; none of them changes it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.records.identity import data_key
from benchmarks.records.sample_images import write_sample_images
from benchmarks.reporting import build
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.loading import load
from tests.benchmarks.records.test_sample_images import GREY, bars
from tests.benchmarks.reporting.hand_made import (
    BLOCKS,
    EXITS,
    HandMade,
    answers,
    attacked,
    costs,
    ledger,
    phases,
    pictured,
    says,
    timings,
)

CLEAN, WEAK, STRONG = ("none", 0.0), ("PGD-10", 0.1), ("PGD-10", 0.2)


TWO_DIGITS = bars(10, replace(GREY, shape=(1, 28, 28), classes=("zero", "one")))
"""What the three networks are of."""


def three_networks(root: Path) -> HandMade:
    """ResNet (9 of 10 right, 4 M MACs), AdaNet (8 of 10, 3 M) and BranchyNet (9 of 10 at its knee, 2 M)."""
    made = HandMade(root, methods=["resnet", "adanet", "branchynet"])
    same = {CLEAN: 4_000_000, WEAK: 4_000_000, STRONG: 4_000_000}
    made.add(
        made.spec("resnet"),
        data=data_key(TWO_DIGITS),
        accuracy=answers("1111111110"),
        cost=costs(("default", 4_000_000, 4_000_000)),
        latency=timings(0.002, 0.002, {"default": [0.002, 0.002, 0.002]}),
        robustness=attacked({CLEAN: "1" * 10, WEAK: "1111100000", STRONG: "0" * 10}, same),
        robustness_pictures=pictured("11111000", ["", "", "", "", "", "PGD-10", "PGD-10", "none"], exact="11110000"),
    )
    made.add(
        made.spec("adanet"),
        data=data_key(TWO_DIGITS),
        accuracy=answers("1111111100", ["110", "101", "111", "101"]),
        cost=costs(("default", 4_000_000, 3_000_000), ptflops=4_004_000),
        ledger=ledger(dict(zip(BLOCKS, (1_000_000, 900_000, 640), strict=True)), fixed=2_099_360),
        latency=timings(0.002, 0.005, {"default": [0.0039, 0.004, 0.0041]}),
        wiring=wired(*itertools.combinations(("input", *BLOCKS, "output"), 2)),
        robustness=attacked(
            {CLEAN: "1" * 10, WEAK: "1111000000", STRONG: "0" * 10},
            {CLEAN: 3_000_000, WEAK: 3_300_000, STRONG: 1_500_000},
        ),
    )
    made.add(
        made.spec("branchynet"),
        data=data_key(TWO_DIGITS),
        units=EXITS,
        settings={"knee": "cheapest thresholds", "full": "final exit only"},
        history=phases("trunk", "joint", "joint"),
        accuracy=answers_of_branchynet(),
        cost=costs(("knee", 4_200_000, 2_000_000), ("full", 4_200_000, 4_000_000)),
        latency=timings(0.002, 0.004, {"knee": [0.001, 0.001, 0.001], "full": [0.004, 0.004, 0.004]}),
        wiring=wired(
            *(("input", "segment1"), ("segment1", "exit1"), ("exit1", "output")),
            *(("segment1", "segment2"), ("segment2", "exit2"), ("exit2", "output")),
        ),
        exits=says(("exit1", "1101111110", 0.625), ("exit2", "1111111111", 0.75)),
        robustness_pictures=pictured("000000", ["PGD-10"] * 6),
        slowdown_pictures=pictured("111111", ["cost", "none"] * 3, macs=4_200_000),
        robustness=attacked(
            {CLEAN: "1" * 10, WEAK: "0" * 10, STRONG: "0" * 10},
            {CLEAN: 2_000_000, WEAK: 4_000_000, STRONG: 2_000_000},
        ),
    )
    return made


def wired(*edges: tuple[str, str]) -> pd.DataFrame:
    """A table of connections."""
    return pd.DataFrame(list(edges), columns=["source", "target"])


def answers_of_branchynet() -> pd.DataFrame:
    """At its knee every fifth image goes to the end; without early exits all do."""
    knee = answers("1111111110", ["1100", "1100", "1111", "1100", "1100"], setting="knee")
    full = answers("1111111111", ["1011"], setting="full")
    return pd.concat([knee, full], ignore_index=True)


@pytest.fixture(scope="session")
def study_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the three networks' results."""
    root = three_networks(tmp_path_factory.mktemp("results") / "hand").store.root
    write_sample_images(root, TWO_DIGITS)
    return root


@pytest.fixture(scope="session")
def evidence(study_dir: Path) -> Evidence:
    """The three networks, read."""
    return load(study_dir)


@pytest.fixture(scope="session")
def page(study_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their report."""
    return build(study_dir, tmp_path_factory.mktemp("reports") / "hand")


@pytest.fixture
def made(tmp_path: Path) -> HandMade:
    """An empty study, to fill."""
    return HandMade(tmp_path / "hand")
