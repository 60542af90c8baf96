"""Warnings that readers see before the results."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.reporting.findings.warnings import warnings
from benchmarks.reporting.tables.records import records
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, costs, timings


def test_a_gain_of_the_static_network_over_its_twin_is_called_noise(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.0022, 0.002, {"default": [0.002] * 3}))
    assert any("ResNet came out 1.10 times as fast" in warning for warning in warnings(made.evidence()))


def test_a_machine_that_was_not_equally_quiet_is_noted(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.001, 0.001, {"default": [0.001]}))
    made.add(made.spec("adanet"), latency=timings(0.002, 0.001, {"default": [0.001]}))
    (found,) = [warning for warning in warnings(made.evidence()) if "load of the machine" in warning]
    assert "took 1.00 ms per image in one process and 2.00 ms in another (batch 1)" in found


def test_a_gain_of_the_static_network_that_may_be_chance_is_no_warning(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.0022, 0.002, {"default": [0.0015, 0.002, 0.0025]}))
    assert not any("came out" in warning for warning in warnings(made.evidence()))


def test_wide_intervals_are_counted(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.002, 0.002, {"default": [0.001, 0.002, 0.003]}))
    assert any(warning.startswith("In 1 of 1 timings") for warning in warnings(made.evidence()))


def test_one_seed_is_noted_and_several_are_not(made: HandMade) -> None:
    made.add(made.spec("resnet"))
    assert any(warning.startswith("One seed") for warning in warnings(made.evidence()))
    made.add(made.spec("resnet", 1))
    assert not any(warning.startswith("One seed") for warning in warnings(made.evidence()))


def test_seeds_that_are_missing_are_counted_by_network(made: HandMade) -> None:
    def found() -> list[str]:
        return [warning for warning in warnings(made.evidence()) if "seeds that the study asks for" in warning]

    made.add(made.spec("resnet"))
    assert found() == []
    made.add(made.spec("resnet", 2))
    made.add(made.spec("adanet"))
    assert found() == [
        "3 of the 6 seeds that the study asks for are trained: ResNet has 2 of 3 and AdaNet (ConvNet-AIG) has 1 of 3."
    ]
    for seed, method in ((1, "resnet"), (1, "adanet"), (2, "adanet")):
        made.add(made.spec(method, seed))
    assert found() == []


def test_given_weights_have_no_seeds_that_could_be_missing(made: HandMade) -> None:
    for seed in range(3):
        made.add(made.spec("resnet", seed))
    made.add(made.spec("adanet"))
    evidence = made.evidence()
    resnet, adanet = evidence.networks
    given = replace(adanet, models=tuple(replace(model, origin={"file": "a.safetensors"}) for model in adanet.models))
    assert any("has 1 of 3" in warning for warning in warnings(evidence))
    assert not any("seeds" in warning for warning in warnings(replace(evidence, networks=(resnet, given))))


def test_timings_of_two_machines_are_named_and_not_set_side_by_side(made: HandMade) -> None:
    times = timings(0.002, 0.002, {"default": [0.001]})
    made.add(made.spec("resnet"), latency=times)
    made.add(made.spec("adanet"), latency=times, environment=ENVIRONMENT | {"processor": "Another"})
    (found,) = [warning for warning in warnings(made.evidence()) if "2 environments" in warning]
    assert "resnet on A Processor" in found
    assert "adanet on Another" in found


def test_machines_of_one_name_are_told_apart_by_their_instructions(made: HandMade) -> None:
    times = timings(0.002, 0.002, {"default": [0.001]})
    made.add(made.spec("resnet"), latency=times)
    made.add(made.spec("adanet"), latency=times, environment=ENVIRONMENT | {"instructions": "AVX512"})
    evidence = made.evidence()
    (found,) = [warning for warning in warnings(evidence) if "2 environments" in warning]
    assert "resnet on A Processor (AVX2)" in found
    assert "adanet on A Processor (AVX512)" in found
    table = records(evidence)
    assert table
    assert "A is A Processor (AVX2) and B is A Processor (AVX512)" in table.note


def test_a_static_network_is_compared_with_itself_on_one_machine_only(made: HandMade) -> None:
    slow = ENVIRONMENT | {"processor": "Another"}
    made.add(made.spec("resnet"), latency=timings(0.001, 0.001, {"default": [0.001]}))
    made.add(made.spec("adanet"), latency=timings(0.002, 0.001, {"default": [0.001]}), environment=slow)
    assert not [warning for warning in warnings(made.evidence()) if "load of the machine" in warning]


def test_two_static_networks_may_take_different_times(made: HandMade) -> None:
    wide = {"network": "resnet[small]", "macs": 1, "parameters": 1}
    made.add(made.spec("resnet"), latency=timings(0.001, 0.001, {"default": [0.001]}))
    made.add(made.spec("adanet"), latency=timings(0.002, 0.001, {"default": [0.001]}), baseline=wide)
    assert not [warning for warning in warnings(made.evidence()) if "load of the machine" in warning]


def test_timed_seeds_that_compute_more_than_the_others_are_told(made: HandMade) -> None:
    """The timed seed runs 3 M, the other 1 M: half more than their mean of 2 M. ResNet's seeds cost the same."""
    times = timings(0.002, 0.002, {"default": [0.001]})
    for method, of_second in (("adanet", 1e6), ("resnet", 3e6)):
        made.add(made.spec(method), latency=times, cost=costs(("default", 3_000_000, 3e6)))
        made.add(made.spec(method, 1), cost=costs(("default", 3_000_000, of_second)))
    (found,) = [warning for warning in warnings(made.evidence()) if "Not every seed was timed" in warning]
    assert "AdaNet (ConvNet-AIG) (50 % more)." in found
    assert "ResNet" not in found


def test_nobody_is_told_where_every_seed_was_timed(made: HandMade) -> None:
    times = timings(0.002, 0.002, {"default": [0.001]})
    for seed, routed in enumerate((3e6, 1e6)):
        made.add(made.spec("adanet", seed), latency=times, cost=costs(("default", 3_000_000, routed)))
    assert not any("Not every seed" in warning for warning in warnings(made.evidence()))
