"""Networks against static ResNets of equal cost, by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.routing import routing_pays
from benchmarks.reporting.findings.static_curve import Difference, against_static, routing
from tests.benchmarks.reporting.hand_made import BASELINE, ENVIRONMENT, HandMade, answers, costs, phases, timings

IMAGES = 1000
ROUTES = ["111", "100"]


def right(share: float) -> str:
    number = round(share * IMAGES)
    return "1" * number + "0" * (IMAGES - number)


def network(made: HandMade, method: str, accuracy: float, macs: float, seconds: float, **parameters: Any) -> None:
    """Of 4 M nominal MACs, beside a baseline of 10 ms; the more accurate, the better in validation."""
    resnet = method == "resnet"
    made.add(
        made.spec(method, **parameters),
        accuracy=answers(right(accuracy), ["111"] if resnet else ROUTES),
        cost=costs(("default", 4_000_000, macs)),
        latency=timings(0.010, 0.010, {"default": [seconds] * 4}),
        history=phases(*["train"] * round(10 * accuracy)),
    )


@pytest.fixture
def curve(made: HandMade) -> HandMade:
    """Static: 80 % at 1 M MACs in 5 ms, 90 % at 4 M in 10 ms; halfway between them are 85 % at 2 M."""
    network(made, "resnet", 0.9, 4e6, 0.010)
    network(made, "resnet", 0.8, 1e6, 0.005, widths=[8, 16, 32])
    return made


def differences(evidence: Evidence, cost: str) -> dict[str, Difference]:
    found = against_static(evidence)
    assert found is not None
    curve = found.curve(cost)
    assert curve is not None
    return {own.network.label: own for own in found.at(curve, evidence.networks)}


def test_between_two_static_networks_the_difference_is_from_the_line(curve: HandMade) -> None:
    network(curve, "adanet", 0.95, 2e6, 0.010)
    found = differences(curve.evidence(), "macs")["adanet"]
    assert found.value == pytest.approx(0.10)
    assert 0 < found.low < 0.10 < found.high
    assert found.verdict == "above"


def test_at_its_time_the_same_network_meets_another_point_of_the_curve(curve: HandMade) -> None:
    network(curve, "adanet", 0.80, 2e6, 0.010)
    evidence = curve.evidence()
    assert differences(evidence, "macs")["adanet"].value == pytest.approx(-0.05)
    assert differences(evidence, "time_1")["adanet"].value == pytest.approx(-0.10)
    assert differences(evidence, "time_1")["adanet"].verdict == "below"


@pytest.mark.parametrize(
    ("accuracy", "macs", "verdict"),
    [
        (0.851, 2e6, "open"),
        (0.70, 0.5e6, "cheaper"),  # less accurate than the cheapest static network, and cheaper
        (0.85, 0.5e6, "above"),  # cheaper than the cheapest, and better all the same
        (0.99, 8e6, "costlier"),
        (0.70, 8e6, "below"),
    ],
)
def test_beyond_the_curve_only_what_is_clear_is_judged(
    curve: HandMade, accuracy: float, macs: float, verdict: str
) -> None:
    network(curve, "adanet", accuracy, macs, 0.010)
    assert differences(curve.evidence(), "macs")["adanet"].verdict == verdict


def test_a_static_network_that_a_cheaper_one_equals_in_validation_is_not_on_the_curve(curve: HandMade) -> None:
    """Though it is the best one on the test images: they are not looked at."""
    useless = curve.spec("resnet", blocks=[1, 1, 1])
    curve.add(
        useless,
        accuracy=answers(right(0.99)),
        cost=costs(("default", 4_000_000, 2_000_000)),
        history=phases("train", "train"),
    )
    network(curve, "adanet", 0.95, 2e6, 0.010)
    assert differences(curve.evidence(), "macs")["adanet"].value == pytest.approx(0.10)


def test_times_of_another_machine_are_not_compared_with_the_curve(curve: HandMade) -> None:
    other = {**ENVIRONMENT, "processor": "Another Processor", "host": "89abcdef"}
    timed = timings(0.010, 0.010, {"default": [0.010] * 4})
    cost = costs(("default", 4_000_000, 4_000_000))
    spec = curve.spec("resnet", blocks=[1, 1, 1])
    curve.add(spec, accuracy=answers(right(0.8)), cost=cost, latency=timed, environment=other, baseline=BASELINE)
    curve.add(curve.spec("adanet"), accuracy=answers(right(0.9), ROUTES), cost=cost, latency=timed, environment=other)
    network(curve, "branchynet", 0.9, 4e6, 0.010)
    evidence = curve.evidence()
    assert set(differences(evidence, "macs")) == {"adanet", "branchynet"}
    assert set(differences(evidence, "time_1")) == {"branchynet"}


def test_an_uncertain_time_widens_the_interval(curve: HandMade) -> None:
    network(curve, "adanet", 0.85, 2e6, 0.0075)
    noisy = timings(0.010, 0.010, {"default": [0.005, 0.0075, 0.010, 0.0075]})
    spec = curve.spec("branchynet")
    cost = costs(("default", 4_000_000, 2_000_000))
    curve.add(spec, accuracy=answers(right(0.85), ROUTES), cost=cost, latency=noisy)
    found = differences(curve.evidence(), "time_1")
    exact, uncertain = found["adanet"], found["branchynet"]
    assert exact.value == pytest.approx(uncertain.value, abs=1e-3)
    assert uncertain.low < exact.low - 0.01
    assert exact.high + 0.01 < uncertain.high


def test_the_page_begins_with_networks_that_route_and_leaves_out_the_others(curve: HandMade) -> None:
    network(curve, "adanet", 0.95, 2e6, 0.010)
    network(curve, "branchynet", 0.70, 2e6, 0.020)
    fixed = curve.spec("densenet")
    curve.add(fixed, accuracy=answers(right(0.99)), cost=costs(("default", 4_000_000, 2_000_000)))
    evidence = curve.evidence()
    assert [found.label for found in routing(evidence)] == ["adanet", "branchynet"]
    found = routing_pays(evidence)
    assert found is not None
    lead, time = found.statements[0], found.statements[1]
    assert lead.text.startswith("At equal MACs, AdaNet (ConvNet-AIG) (+10.0 points, ")
    assert ") beats static ResNets; BranchyNet (−15.0 points, " in lead.text
    assert lead.text.endswith(") loses to them.")
    assert [own.label for own in lead.winners] == ["adanet"]
    assert time.text.startswith("At equal time (batch 1), AdaNet (ConvNet-AIG) (+5.0 points, ")
    assert "DenseNet" not in lead.text
    names = "AdaNet (ConvNet-AIG) beats static ResNets; BranchyNet loses to them."
    assert found.others == (f"At equal time (batch 1) and parameters, {names}",)


def test_where_none_beats_them_that_is_said(curve: HandMade) -> None:
    network(curve, "adanet", 0.85, 2e6, 0.010)
    found = routing_pays(curve.evidence())
    assert found is not None
    assert found.statements[0].text == (
        "At equal MACs, no network that routes beats static ResNets; AdaNet (ConvNet-AIG) does not differ "
        "significantly from them."
    )


def test_one_static_network_is_no_curve(evidence: Evidence) -> None:
    assert against_static(evidence) is None
    assert routing_pays(evidence) is None


def test_a_study_without_answers_has_no_curve(made: HandMade) -> None:
    made.add(made.spec("resnet"), history=pd.DataFrame(phases("train")))
    assert against_static(made.evidence()) is None
