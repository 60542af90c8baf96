"""Times of networks with different baselines on one scale."""

from __future__ import annotations

import math

import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.times import reference_baseline, relative_time
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, timings

SLOWER = {"network": "resnet[tiny, widths=(16, 32, 56)]", "macs": 3_600_000, "parameters": 150_000}


def times(evidence: Evidence) -> dict[str, float]:
    return {network.label: relative_time(evidence, network, 1)[0] for network in evidence.networks}


def test_a_ratio_holds_however_slow_the_machine_was_in_that_process(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.010, 0.010, {"default": [0.010] * 3}))
    made.add(made.spec("adanet"), latency=timings(0.020, 0.020, {"default": [0.010] * 3}))  # twice as slow there
    assert times(made.evidence()) == pytest.approx({"resnet": 1.0, "adanet": 0.5})


def test_another_baseline_is_placed_by_its_own_time(made: HandMade) -> None:
    """It takes 12 ms where the reference takes 10 and 14 in two processes: its network at twice its speed takes 6."""
    made.add(made.spec("resnet"), latency=timings(0.010, 0.010, {"default": [0.010] * 3}))
    made.add(made.spec("adanet"), latency=timings(0.014, 0.010, {"default": [0.014] * 3}))
    slow = timings(0.012, 0.012, {"default": [0.006] * 3})
    made.add(made.spec("skipnet"), baseline=SLOWER, latency=slow)
    evidence = made.evidence()
    assert reference_baseline(evidence) == "resnet[tiny]"
    assert times(evidence)["skipnet"] == pytest.approx(0.5)


def test_a_network_that_is_the_baseline_takes_its_time_whatever_noise_made_of_its_turns(made: HandMade) -> None:
    """AdaNet takes twice the baseline's time: 20 ms, not 25, though the baseline came out faster than itself."""
    made.add(made.spec("resnet"), latency=timings(0.010, 0.008, {"default": [0.008, 0.007, 0.009]}))
    made.add(made.spec("adanet"), latency=timings(0.010, 0.020, {"default": [0.020] * 3}))
    evidence = made.evidence()
    assert times(evidence) == pytest.approx({"resnet": 1.0, "adanet": 2.0})
    assert relative_time(evidence, evidence.networks[0], 1) == pytest.approx((1.0, 1.0, 1.0))


OTHER = {**ENVIRONMENT, "processor": "Another Processor", "host": "89abcdef"}


def test_seconds_of_another_machine_do_not_count(made: HandMade) -> None:
    """Another machine is twice as fast: there the reference takes 5 ms, the other baseline 6, its network 3."""
    made.add(made.spec("resnet"), latency=timings(0.010, 0.010, {"default": [0.010] * 3}))
    fast = timings(0.005, 0.005, {"default": [0.005] * 3})
    made.add(made.spec("adanet"), environment=OTHER, latency=fast)
    slow = timings(0.006, 0.006, {"default": [0.003] * 3})
    made.add(made.spec("skipnet"), baseline=SLOWER, environment=OTHER, latency=slow)
    assert times(made.evidence()) == pytest.approx({"resnet": 1.0, "adanet": 1.0, "skipnet": 0.6})


def test_without_the_reference_on_its_machine_a_network_has_no_time(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.010, 0.010, {"default": [0.010] * 3}))
    slow = timings(0.006, 0.006, {"default": [0.003] * 3})
    made.add(made.spec("skipnet"), baseline=SLOWER, environment=OTHER, latency=slow)
    assert math.isnan(times(made.evidence())["skipnet"])


def test_a_setting_may_be_named_and_what_was_not_timed_has_no_time(evidence: Evidence, made: HandMade) -> None:
    branchy = next(network for network in evidence.networks if network.label == "branchynet")
    assert relative_time(evidence, branchy, 1, "full")[0] == pytest.approx(2.0)
    assert math.isnan(relative_time(evidence, branchy, 7)[0])
    made.add(made.spec("resnet"))
    bare = made.evidence()
    assert math.isnan(relative_time(bare, bare.networks[0], 1)[0])
