"""Several studies of one data set on one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records.files import StoreError
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.evidence.sources import short_names
from benchmarks.reporting.findings.header import header
from benchmarks.reporting.page import render
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, costs, timings

ELSEWHERE = ENVIRONMENT | {"processor": "Another Processor", "host": "76543210"}
Make = Callable[..., HandMade]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Studies with a ResNet: `right` of 10 images per seed."""

    def made(name: str, *right: int, seed: int = 0, study: dict[str, Any] | None = None, **added: Any) -> HandMade:
        found = HandMade(tmp_path / name, title=f"Study {name}", seed=seed, **(study or {}))
        for repetition, number in enumerate(right):
            tables = {"accuracy": answers("1" * number + "0" * (10 - number)), "cost": costs(("default", 4000, 4000))}
            tables |= {"latency": timings(0.002, 0.002, {"default": [0.001]})}
            found.add(found.spec("resnet", repetition), **(tables | added))
        return found

    return made


def together(*studies: HandMade) -> Evidence:
    return load(*(study.store.root for study in studies))


def test_seeds_are_joined_where_nothing_but_the_seed_differs(make: Make) -> None:
    found = together(make("a", 9, 7), make("b", 8, seed=1))
    (network,) = found.networks
    assert (network.label, [model.repetition for model in network.models]) == ("resnet", [0, 1, 2])
    point = found.headlines["resnet"]
    assert (point["seeds"], point["accuracy"]) == (3, pytest.approx(0.8))
    assert point["accuracy_low"] < 0.7
    assert point["accuracy_high"] > 0.9
    text = "a and b; the seeds of ResNet from a and b are joined, since nothing but the seed differs"
    assert header(found)["Studies"] == text
    assert text in render(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": ELSEWHERE},
        {"study": {"recipe": {"lr": 0.2}}},
        {"baseline": {"network": "resnet[tiny]", "macs": 5, "parameters": 1}, "roots": ("zoo.network",)},
        {"study": {"dataset": "mnist5k[test=10]"}},
    ],
    ids=["machine", "recipe", "code", "selector of the data"],
)
def test_what_differs_in_more_is_told_apart_by_the_name_of_the_study(changes: dict[str, Any], make: Make) -> None:
    found = together(make("a", 9), make("b", 8, seed=1, **changes))
    assert [network.label for network in found.networks] == ["resnet (a)", "resnet (b)"]
    assert [network.name for network in found.networks] == ["ResNet (a)", "ResNet (b)"]
    assert [found.value(network, "accuracy") for network in found.networks] == [0.9, 0.8]
    assert header(found)["Studies"] == "a and b"


def test_the_same_seed_twice_is_not_two_seeds(make: Make) -> None:
    found = together(make("a", 9), make("b", 9))
    assert [network.label for network in found.networks] == ["resnet (a)", "resnet (b)"]


def test_two_of_three_studies_are_joined(make: Make) -> None:
    found = together(make("a", 9), make("b", 9, seed=1, environment=ELSEWHERE), make("c", 8, seed=2))
    assert [(n.label, len(n.models)) for n in found.networks] == [("resnet (a, c)", 2), ("resnet (b)", 1)]


def test_networks_of_one_study_alone_keep_their_names(make: Make) -> None:
    a, b = make("a", 9), make("b", 8, seed=1, environment=ELSEWHERE)
    b.add(b.spec("adanet"), accuracy=answers("1" * 10))
    found = together(a, b)
    assert [network.label for network in found.networks] == ["resnet (a)", "resnet (b)", "adanet"]
    assert found.networks[2].name == "AdaNet (ConvNet-AIG)"


def test_timings_of_different_machines_are_kept_apart(make: Make) -> None:
    slow = timings(0.004, 0.004, {"default": [0.004]})
    found = together(make("a", 9), make("b", 9, seed=1, environment=ELSEWHERE, latency=slow))
    speedups = {network.label: found.value(network, "speedup_1") for network in found.networks}
    assert speedups == {"resnet (a)": 2.0, "resnet (b)": 1.0}
    assert "Timings come from 2 environments, so that milliseconds cannot be compared across them" in render(found)


def test_failures_and_missing_networks_are_those_of_their_studies(make: Make) -> None:
    a, b = make("a", 9), make("b", 8, seed=1, study={"methods": ["resnet", "adanet", "skipnet"]})
    b.store.write_failure(b.spec("adanet"), "train", "it broke", "")
    found = together(a, b)
    assert [network.label for network in found.failed] == ["adanet"]
    assert found.untrained == ("skipnet (b)",)


def test_a_network_that_failed_in_one_study_and_not_in_another_is_told_apart(make: Make) -> None:
    a, b = make("a", 9), HandMade(make("b").store.root, seed=1)
    b.store.write_failure(b.spec("resnet"), "train", "it broke", "")
    found = together(a, b)
    assert [network.label for network in found.networks] == ["resnet"]
    assert [(network.label, network.name) for network in found.failed] == [("resnet (b)", "ResNet (b)")]


def test_studies_of_different_data_are_refused(make: Make) -> None:
    with pytest.raises(StoreError, match=f"studies of different data cannot share a page: a on {'0' * 16}, b on 1"):
        together(make("a", 9, data="0" * 16), make("b", 9, data="1" * 16))


def test_different_recipes_are_all_named(make: Make) -> None:
    text = header(together(make("a", 9), make("b", 9, study={"recipe": {"lr": 0.2}})))["Recipe"]
    assert "a: " in text
    assert "b: " in text
    assert "learning rate 0.2" in text


def test_a_single_study_says_nothing_of_studies(make: Make) -> None:
    found = together(make("a", 9, 8))
    assert "Studies" not in header(found)
    assert found.study.studies == {}


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["results/a", "results/b"], ["a", "b"]),
        (["results/quick", "results/reference/quick"], ["results/quick", "reference/quick"]),
        (["results/a"], ["a"]),
    ],
)
def test_names_are_as_short_as_they_can_be(paths: list[str], names: list[str]) -> None:
    assert short_names([Path(path) for path in paths]) == names


def test_a_study_that_is_given_twice_is_refused(make: Make) -> None:
    made = make("a", 9)
    with pytest.raises(StoreError, match="is given twice"):
        together(made, made)
