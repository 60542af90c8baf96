"""What readers are told before they believe a study."""

from __future__ import annotations

from benchmarks.records.code_hashes import code_hashes
from benchmarks.reporting.findings.warnings import cautions, stale, untrained
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, timings

ROOTS = ("zoo.methods.resnet", "benchmarks.training.fitting")


def test_a_record_of_other_code_is_stale_with_the_names_of_the_files(made: HandMade) -> None:
    spec = made.spec("resnet")
    record = made.add(spec, roots=ROOTS)
    record.rewrite_config(code=code_hashes(ROOTS) | {"zoo/methods/resnet.py": "changed"})
    ((entry, reason),) = stale(made.evidence())
    assert (entry.label, reason) == ("resnet", "trained by other code: zoo/methods/resnet.py")


def test_a_record_of_todays_code_is_not_stale(made: HandMade) -> None:
    spec = made.spec("resnet")
    made.add(spec, roots=ROOTS)
    assert stale(made.evidence()) == []


def test_a_table_of_unknown_origin_is_stale(made: HandMade) -> None:
    spec = made.spec("resnet")
    made.add(spec, roots=ROOTS, accuracy=answers("11"))
    ((_, reason),) = stale(made.evidence())
    assert reason == "measured by other code or options: accuracy"


def test_a_method_that_is_not_registered_any_more_is_stale_and_shown(made: HandMade) -> None:
    made.add(made.spec("forgotten"), accuracy=answers("11"))
    ((entry, reason),) = stale(made.evidence())
    assert entry.name == "forgotten"
    assert reason.startswith("its method is not registered any more")


def test_networks_that_wait_to_be_trained_are_named(made: HandMade) -> None:
    waiting = HandMade(made.store.root, methods=["resnet", "adanet", "branchynet"])
    waiting.add(waiting.spec("resnet"))
    waiting.store.write_failure(waiting.spec("branchynet"), "train", "Oops", "trace")
    assert untrained(waiting.evidence()) == ["adanet"]


def test_a_gain_of_the_static_network_over_its_twin_is_called_noise(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.0022, 0.002, {"default": [0.002]}))
    assert any("ResNet came out 1.10 times as fast" in caution for caution in cautions(made.evidence()))


def test_a_machine_that_was_not_equally_quiet_is_noted(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.001, 0.001, {"default": [0.001]}))
    made.add(made.spec("adanet"), latency=timings(0.002, 0.001, {"default": [0.001]}))
    (found,) = [caution for caution in cautions(made.evidence()) if "equally quiet" in caution]
    assert "took 1.00 ms a picture in one process and 2.00 ms in another (batch 1)" in found


def test_wide_quartiles_are_counted(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(0.002, 0.002, {"default": [0.001, 0.002, 0.003]}))
    assert any(caution.startswith("In 1 of 1 timings") for caution in cautions(made.evidence()))


def test_one_seed_is_noted_and_several_are_not(made: HandMade) -> None:
    made.add(made.spec("resnet"))
    assert any(caution.startswith("One seed") for caution in cautions(made.evidence()))
    made.add(made.spec("resnet", 1))
    assert not any(caution.startswith("One seed") for caution in cautions(made.evidence()))


def test_timings_of_two_machines_are_named_and_not_set_side_by_side(made: HandMade) -> None:
    times = timings(0.002, 0.002, {"default": [0.001]})
    made.add(made.spec("resnet"), latency=times)
    made.add(made.spec("adanet"), latency=times, environment=ENVIRONMENT | {"processor": "Another"})
    (found,) = [caution for caution in cautions(made.evidence()) if "2 environments" in caution]
    assert "resnet on A Processor" in found
    assert "adanet on Another" in found


def test_a_static_network_is_compared_with_itself_on_one_machine_only(made: HandMade) -> None:
    slow = ENVIRONMENT | {"processor": "Another"}
    made.add(made.spec("resnet"), latency=timings(0.001, 0.001, {"default": [0.001]}))
    made.add(made.spec("adanet"), latency=timings(0.002, 0.001, {"default": [0.001]}), environment=slow)
    assert not [caution for caution in cautions(made.evidence()) if "equally quiet" in caution]


def test_two_static_networks_may_take_different_times(made: HandMade) -> None:
    wide = {"network": "resnet[small]", "macs": 1, "parameters": 1}
    made.add(made.spec("resnet"), latency=timings(0.001, 0.001, {"default": [0.001]}))
    made.add(made.spec("adanet"), latency=timings(0.002, 0.001, {"default": [0.001]}), baseline=wide)
    assert not [caution for caution in cautions(made.evidence()) if "equally quiet" in caution]
