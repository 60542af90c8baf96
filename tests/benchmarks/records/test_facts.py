"""What a record was made of, as names and texts."""

from __future__ import annotations

from benchmarks.records.derived import RATES
from benchmarks.records.facts import TRAINING, facts, flat, tables_of
from benchmarks.records.record import Record


def test_nested_values_have_dotted_names() -> None:
    assert flat({"a": {"b": [1, 2], "c": {"d": None}}, "e": "x"}) == {"a.b": "[1, 2]", "a.c.d": "null", "e": "x"}


def test_a_record_has_facts_of_its_training(records: dict[str, Record]) -> None:
    found = facts(records["adanet"], TRAINING)
    assert found["recipe", "epochs"] == "3"
    assert found["network", "target_rate"] == "0.6"
    assert found["data", "selector"] == "mnist5k[train=512, test=100]"
    assert found["precision", "precision"] == "fp32"
    assert len(found["code", "zoo/methods/adanet.py"]) == 12
    assert {("versions", "torch"), ("machine", "processor"), ("machine", "device"), ("code", "commit")} <= found.keys()


def test_a_table_has_facts_of_its_own(records: dict[str, Record]) -> None:
    found = facts(records["resnet"], "robustness")
    assert found["options", "pgd_steps"] == "5"
    assert ("code", "benchmarks/measuring/robustness.py") in found
    assert ("recipe", "epochs") not in found


def test_what_follows_from_tables_is_no_table(records: dict[str, Record]) -> None:
    names = tables_of(records["resnet"])
    assert {"accuracy", "latency"} <= set(names)
    assert not {"summary", "answers", *RATES} & set(names)
    assert records["resnet"].has("robustness_pictures")
    assert not [name for name in names if name.endswith("_pictures")]
