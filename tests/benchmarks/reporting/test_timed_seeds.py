"""Times are held against the multiply-accumulates of the seeds that were timed, not of all."""

from __future__ import annotations

import re

import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.realised import realised
from benchmarks.reporting.tables.decisions import decisions
from benchmarks.reporting.tables.records import records
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs, timings


@pytest.fixture
def evidence(made: HandMade) -> Evidence:
    """The timed seed runs 2 of 4 M and takes 3 of 4 ms, as its baseline of 4 M; another, not timed, runs 1 M."""
    timed = timings(0.004, 0.004, {"default": [0.003] * 4})
    cost = costs(("default", 4_000_000, 2e6))
    made.add(made.spec("adanet"), accuracy=answers("1111", ("110",)), latency=timed, cost=cost)
    made.add(made.spec("adanet", 1), accuracy=answers("1111", ("100",)), cost=costs(("default", 4_000_000, 1e6)))
    return made.evidence()


def test_saved_time_stands_beside_what_the_timed_seed_saved(evidence: Evidence) -> None:
    (tip,) = realised(evidence).panels[0].tips.values()
    assert tip.endswith("50 % of the MACs in 75 % of the time, realised 0.67")


def test_what_decisions_cost_is_that_of_the_timed_seed(evidence: Evidence) -> None:
    found = decisions(evidence)
    assert found is not None
    (row,) = found.rows
    assert [cell.text for cell in row[2:4]] == ["50.0", "1,000"]  # % skipped; 3 ms less 2 M MACs at 1 ns, in us


def test_seeds_that_are_not_to_be_timed_lack_nothing_and_seeds_that_are_missing_are_told(made: HandMade) -> None:
    """AdaNet has both seeds, the first one timed as the study asks; ResNet has one seed, without times."""
    timed = timings(0.004, 0.004, {"default": [0.003] * 4})
    made.add(made.spec("adanet"), accuracy=answers("11"), latency=timed)
    made.add(made.spec("adanet", 1), accuracy=answers("11"))
    made.add(made.spec("resnet"), accuracy=answers("11"))
    found = records(made.evidence())
    assert found is not None
    adanet, resnet = (re.split(r", | and |; ", row[3].text) for row in sorted(found.rows, key=lambda row: row[0].text))
    assert "latency" not in adanet
    assert "latency" in resnet
    assert [part for part in (*adanet, *resnet) if "trained" in part] == ["1 seed: not trained"]
