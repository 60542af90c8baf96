"""Records that are not what the code of today makes, and networks that have none."""

from __future__ import annotations

from benchmarks.records.code_hashes import code_hashes
from tests.benchmarks.reporting.hand_made import HandMade, answers

ROOTS = ("zoo.methods.resnet", "benchmarks.training.fitting")


def test_a_record_of_other_code_is_stale_with_the_names_of_the_files(made: HandMade) -> None:
    spec = made.spec("resnet")
    record = made.add(spec, roots=ROOTS)
    record.rewrite_config(code=code_hashes(ROOTS) | {"zoo/methods/resnet.py": "changed"})
    (network,) = made.evidence().networks
    assert network.stale == "trained by other code: zoo/methods/resnet.py"


def test_a_record_of_todays_code_is_not_stale(made: HandMade) -> None:
    spec = made.spec("resnet")
    made.add(spec, roots=ROOTS)
    (network,) = made.evidence().networks
    assert network.stale == ""


def test_a_table_of_unknown_origin_is_stale(made: HandMade) -> None:
    spec = made.spec("resnet")
    made.add(spec, roots=ROOTS, accuracy=answers("11"))
    (network,) = made.evidence().networks
    assert network.stale == "measured by other code or options: accuracy"


def test_a_method_that_is_not_registered_any_more_is_stale_and_shown(made: HandMade) -> None:
    made.add(made.spec("forgotten"), accuracy=answers("11"))
    (network,) = made.evidence().networks
    assert network.name == "forgotten"
    assert network.stale.startswith("its method is not registered any more")


def test_networks_that_wait_to_be_trained_are_named(made: HandMade) -> None:
    waiting = HandMade(made.store.root, methods=["resnet", "adanet", "branchynet"])
    waiting.add(waiting.spec("resnet"))
    waiting.store.write_failure(waiting.spec("branchynet"), "train", "Oops", "trace")
    assert waiting.evidence().untrained == ("adanet",)
