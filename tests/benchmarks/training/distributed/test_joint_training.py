"""Two processes on the CPU train a network as one does on the joint batch."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from tests.benchmarks.training.distributed.cases import CASES, FP32_ONLY, RESUMED, Result, alone, every_case, few
from tests.benchmarks.training.distributed.processes import together

EVERY_DAY = ["static", "early exits in two phases", "gated, with a rate penalty"]
Results = list[dict[str, Result]]
ROUNDING = 1e-6
"""Of fp64 after a few steps. Processors with AVX-512 differ by up to 2e-8 where others differ by 2e-13."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What two processes made of a static network, one with exits, and one with gates."""
    return together(2, every_case, EVERY_DAY, str(tmp_path_factory.mktemp("kept")))


@pytest.fixture(scope="module")
def both_of_all(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What two processes made of everything else."""
    others = [name for name in CASES if name not in EVERY_DAY]
    return together(2, every_case, others, str(tmp_path_factory.mktemp("kept")))


def assert_as_alone(name: str, results: Results) -> None:
    """Weights, statistics of batch norm and history are those of one process, but for rounding."""
    weights, history = alone(name, few(name))
    tolerance = 1e-3 if name in FP32_ONLY else ROUNDING
    for rank in results:
        found = rank[name][0]
        assert found.keys() == weights.keys()
        for key, values in weights.items():
            assert torch.allclose(found[key], values, rtol=tolerance, atol=tolerance), key
    for mine, its in zip(results[0][name][1], history, strict=True):
        assert mine["phase"] == its["phase"]
        assert math.isclose(mine["loss"], its["loss"], rel_tol=tolerance)
        assert mine["train_accuracy"] == its["train_accuracy"]
        assert mine["validation_accuracy"] == its["validation_accuracy"]


@pytest.mark.parametrize("name", EVERY_DAY)
def test_two_processes_train_as_one_on_the_joint_batch(name: str, both: Results) -> None:
    assert_as_alone(name, both)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in CASES if name not in EVERY_DAY])
def test_two_processes_train_as_one_whatever_is_drawn_dropped_or_attacked(name: str, both_of_all: Results) -> None:
    assert_as_alone(name, both_of_all)


def test_a_joint_training_that_was_killed_ends_with_the_same_bytes(both: Results) -> None:
    for rank in both:
        weights, resumed = rank[EVERY_DAY[-1]][0], rank[RESUMED][0]
        assert all(torch.equal(resumed[key], values) for key, values in weights.items())
    assert both[0][EVERY_DAY[-1]][1] == both[0][RESUMED][1]


def test_one_process_trains_on_other_weights_than_the_start(tmp_path: Path) -> None:
    """The comparison above is of networks that have learnt something."""
    before = alone("static", few("static"), lr=1e-9)[0]
    after = alone("static", few("static"))[0]
    assert max(float((after[key] - values).abs().max()) for key, values in before.items()) > 0.01
