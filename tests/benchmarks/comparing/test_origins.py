"""What results were made of, and which differences follow from that."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from benchmarks.comparing.equality import frame_difference
from benchmarks.comparing.origin_tables import equality_table, origins_table, reasons_text
from tests.benchmarks.comparing.conftest import MakeStudy, compared
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade

RIGHT, OTHER = "1" * 20, "1" * 19 + "0"


def differing(a: HandMade, b: HandMade) -> dict[tuple[str, str], tuple[str, str]]:
    return {(found.kind, found.what): (found.a, found.b) for found in compared(a, b).origins}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"recipe": {"lr": 0.2}}, {("recipe", "lr"): ("0.1", "0.2")}),
        (
            {"recipe": {"adversarial": {"epsilon": 0.1, "steps": 3}}},
            {
                ("recipe", "adversarial"): (
                    "none",
                    "attack pgd, epsilon 0.1, steps 3, warmup 0.0, clean 0.0",
                )
            },
        ),
        ({"seed": 7}, {("seed", "seed"): ("0", "7")}),
        ({"dataset": "mnist5k[train=100]"}, {("data", "selector"): ("mnist5k", "mnist5k[train=100]")}),
    ],
)
def test_what_the_study_asks_for_is_named(
    changes: dict[str, Any], expected: dict[tuple[str, str], tuple[str, str]], make: MakeStudy
) -> None:
    seed = changes.pop("seed", 0)
    found = differing(make("a", RIGHT), make("b", RIGHT, seed=seed, study=changes))
    assert expected.items() <= found.items()


def test_environments_are_compared_field_by_field(make: MakeStudy) -> None:
    other = ENVIRONMENT | {
        "packages": {"torch": "2.16.0"},
        "python": "3.12.0",
        "processor": "Another",
        "created": "now",
    }
    assert differing(make("a", RIGHT), make("b", RIGHT, environment=other)) == {
        ("versions", "torch"): ("2.15.0", "2.16.0"),
        ("versions", "python"): ("3.11.7", "3.12.0"),
        ("machine", "processor"): ("A Processor", "Another"),
    }


def test_other_machines_explain_other_answers(make: MakeStudy) -> None:
    other = ENVIRONMENT | {"processor": "Another"}
    found = compared(make("a", RIGHT), make("b", OTHER, environment=other))
    reasons = {one.what: one.reasons for one in found.equalities}
    assert reasons["weights"] == reasons["accuracy"] == (("machine", "processor"),)
    assert [one.what for one in found.equalities if not one.equal] == ["accuracy"]
    assert (found.unexplained, found.acceptable) == ((), True)


def test_a_commit_and_the_number_of_processors_explain_nothing(make: MakeStudy) -> None:
    other = ENVIRONMENT | {"commit": "0123abc", "cpus": 64}
    found = compared(make("a", RIGHT), make("b", OTHER, environment=other))
    assert {origin.what for origin in found.origins} == {"commit", "cpus"}
    assert [one.what for one in found.unexplained] == ["accuracy"]


def test_code_and_options_of_a_table_are_compared(make: MakeStudy) -> None:
    studies = make("a", RIGHT), make("b", OTHER)
    for study, lines, hashed in zip(studies, (1, 2), "xy", strict=True):
        (record,) = study.store.records()
        version = {"code": {"benchmarks/measuring/accuracy.py": hashed}, "options": {"batch": lines}, "inputs": {}}
        record.write_table("accuracy", record.table("accuracy"), record.made_by("accuracy") | {"version": version})
    found = compared(*studies)
    assert {(one.kind, one.what, one.made) for one in found.origins} == {
        ("code", "benchmarks/measuring/accuracy.py", ("accuracy",)),
        ("options", "batch", ("accuracy",)),
    }
    assert found.unexplained == ()


def test_other_weights_explain_other_tables_and_nothing_explains_the_weights(make: MakeStudy) -> None:
    a, b = make("a", RIGHT), make("b", OTHER)
    (record,) = b.store.records()
    record.rewrite_config(weights="0" * 16)
    assert [one.what for one in compared(a, b).unexplained] == ["weights"]


def test_several_seeds_have_all_their_values(make: MakeStudy) -> None:
    b = make("b", RIGHT, RIGHT)
    first, second = (next(r for r in b.store.records() if r.spec.repetition == number) for number in (0, 1))
    first.rewrite_config(precision="bf16")
    assert second.config["precision"] == "fp32"
    assert differing(make("a", RIGHT, RIGHT), b)["precision", "precision"] == ("fp32", "bf16, fp32")


def test_settings_that_only_one_study_has_are_named(make: MakeStudy) -> None:
    a = make("a", RIGHT, settings={"default": "", "fast": ""})
    assert differing(a, make("b", RIGHT)) == {("network", "settings of its own"): ("fast", "none")}


def test_source_files_share_a_row_of_the_table(make: MakeStudy) -> None:
    b = make("b", RIGHT)
    (record,) = b.store.records()
    record.rewrite_config(code={f"zoo/{number}.py": "x" for number in range(6)})
    rows = origins_table(compared(make("a", RIGHT), b)).rows
    assert [row[0].text for row in rows] == ["code"]
    assert rows[0][1].text == "zoo/0.py, zoo/1.py, zoo/2.py, zoo/3.py, 3 more"
    assert rows[0][4].text == "every network"


def test_the_table_of_equal_things_says_what_may_differ_and_by_how_much_it_did(make: MakeStudy) -> None:
    other = ENVIRONMENT | {"processor": "Another"}
    rows = equality_table(compared(make("a", RIGHT), make("b", OTHER, environment=other))).rows
    texts = {row[0].text: [cell.text for cell in row[1:]] for row in rows}
    assert texts["weights"] == ["1 of 1", "machine (processor)", "", ""]
    assert texts["accuracy"] == [
        "0 of 1",
        "machine (processor)",
        "-5.00 points (ResNet, default)",
        "ResNet: 1 of 20 rows, in prediction",
    ]


def test_reasons_are_grouped_by_kind() -> None:
    files = [("code", f"{number}.py") for number in range(5)]
    text = reasons_text([("machine", "processor"), *files, ("machine", "threads")])
    assert text == "machine (processor and threads), code (5 files)"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"x": [1, 2], "y": [None, 3.0]}, ""),
        ({"x": [1, 9], "y": [4.0, 3.0]}, "2 of 2 rows, in x, y"),
        ({"x": [1, 2]}, "other columns: y"),
        ({"y": [None, 3.0], "x": [1, 2]}, "columns in another order"),
        ({"x": [1], "y": [None]}, "2 and 1 rows"),
    ],
)
def test_tables_are_compared_by_value(other: dict[str, list[float]], expected: str) -> None:
    assert frame_difference(pd.DataFrame({"x": [1, 2], "y": [None, 3.0]}), pd.DataFrame(other)) == expected
