"""The networks that a study adds to those it names."""

from __future__ import annotations

from typing import Any

import pytest

import zoo
from benchmarks.study.study import Study, StudyError, checked

DIGITS = zoo.Task(shape=(1, 28, 28), classes=10)
CURVE = [
    "resnet[widths=[8, 16, 32]]",
    "resnet[blocks=[1, 1, 1]]",
    "resnet[widths=[11, 23, 46]]",
    "resnet[widths=[14, 27, 55]]",
]


def study(*methods: str, **fields: Any) -> Study:
    return checked(Study, {"methods": methods, "preset": "tiny", **fields}, "my.yaml")


def labels(chosen: Study) -> list[str]:
    return [spec.label for spec in chosen.models()]


def test_every_study_has_smaller_resnets_and_the_reference_itself() -> None:
    assert labels(study("adanet").with_static_curve(DIGITS)) == ["adanet", *CURVE, "resnet"]


def test_networks_that_are_there_already_are_not_added_again() -> None:
    chosen = study("resnet", "adanet", "resnet[widths=(8, 16, 32)]").with_static_curve(DIGITS)
    assert labels(chosen) == ["resnet", "adanet", *CURVE]
    assert chosen.with_static_curve(DIGITS) == chosen


def test_every_seed_of_them_is_trained_by_the_studys_recipe() -> None:
    chosen = study("adanet", repetitions=2, recipe={"lr": 0.3}).with_static_curve(DIGITS)
    assert [spec.label for spec in chosen.models() if spec.method == "resnet"][:2] == [CURVE[0], f"{CURVE[0]} #2"]
    assert {spec.recipe.lr for spec in chosen.models()} == {0.3}


def test_the_curve_can_be_left_out() -> None:
    assert labels(study("adanet", static_curve=[]).with_static_curve(DIGITS)) == ["adanet"]


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([1.0, 0.5], "static_curve: [1.0, 0.5] must be ascending"),
        ([0.5, 0.5], "each share once"),
        ([0.0], "static_curve.0: Input should be greater than 0"),
        ([17.0], "less than or equal to 16"),
    ],
)
def test_shares_are_checked(shares: list[float], words: str) -> None:
    with pytest.raises(StudyError, match=r"my\.yaml: static_curve") as error:
        study("adanet", static_curve=shares)
    assert words in str(error.value)
