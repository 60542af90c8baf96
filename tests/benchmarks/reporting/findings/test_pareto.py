"""Networks that no other one dominates."""

from __future__ import annotations

import random

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.pareto import dominator, in_front, named, standings
from benchmarks.reporting.findings.significance import compared
from benchmarks.reporting.findings.static_curve import Cost
from benchmarks.reporting.findings.static_curve import costs as macs
from benchmarks.reporting.tables.pareto import pareto
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, costs, timings


def test_the_most_accurate_of_those_that_dominate_is_named() -> None:
    costs, accuracies = [1, 2, 3, 4], [0.7, 0.9, 0.8, 0.9]
    assert [dominator(place, costs, accuracies) for place in range(4)] == [None, None, 1, 1]


def test_equal_points_do_not_dominate_each_other() -> None:
    assert [dominator(place, [1, 1], [0.5, 0.5]) for place in range(2)] == [None, None]


def test_whoever_is_dominated_is_dominated_by_someone_on_the_front_who_is_better_nowhere_worse() -> None:
    draw = random.Random(1)
    for _ in range(200):
        costs = [draw.choice([1, 2, 3, 4, 5]) for _ in range(8)]
        accuracies = [draw.choice([0.1, 0.2, 0.3]) for _ in range(8)]
        found = [dominator(place, costs, accuracies) for place in range(8)]
        assert None in found
        for place, other in enumerate(found):
            if other is not None:
                assert found[other] is None
                assert costs[other] <= costs[place]
                assert accuracies[other] >= accuracies[place]


def test_a_page_names_the_dominator_with_what_it_is_better_by(evidence: Evidence) -> None:
    """BranchyNet has ResNet's 90 % at half its cost, and more than AdaNet's 80 % at two thirds of its cost."""
    found = compared(evidence)
    assert found is not None
    at = {one.network.name: one for one in standings(evidence, found, Cost("macs", "MACs"))}
    assert at["BranchyNet"].dominator is None
    resnet, adanet = at["ResNet"], at["AdaNet (ConvNet-AIG)"]
    assert resnet.dominator is not None
    assert (resnet.dominator.name, resnet.points, resnet.ratio) == ("BranchyNet", 0.0, 2.0)
    assert (adanet.ratio, adanet.significant) == (1.5, False)
    table = pareto(evidence)
    assert table is not None
    cells = {row[0].text: row[1] for row in table.rows}
    assert cells["BranchyNet"].text == "on the front"
    assert cells["AdaNet (ConvNet-AIG)"].sub == "−10.0 points, open; 1.50 × cost"


def test_times_of_another_machine_dominate_nothing(made: HandMade) -> None:
    other = {**ENVIRONMENT, "processor": "Another Processor", "host": "89abcdef"}
    slow, fast = (timings(0.010, 0.010, {"default": [seconds] * 3}) for seconds in (0.010, 0.005))
    made.add(made.spec("resnet"), accuracy=answers("1100"), latency=slow)
    made.add(made.spec("skipnet"), accuracy=answers("1110"), latency=fast, environment=other)
    evidence = made.evidence()
    found = compared(evidence)
    assert found is not None
    assert [one.dominator for one in standings(evidence, found, Cost("time_1", "time", 1))] == [None, None]


def test_smaller_resnets_get_no_name_where_many_networks_are_shown(made: HandMade) -> None:
    """Each has one image more right than the one before, and costs more: no one dominates another."""
    resnets = [made.spec("resnet", widths=[width, 8, 8]) for width in (2, 4, 6)]
    others = [made.spec(method) for method in ("resnet", "preresnet", "wideresnet", "highway")]
    for place, spec in enumerate([*resnets, *others]):
        right, cost = "1" * (place + 3) + "0" * (7 - place), 1_000_000 * (place + 1)
        made.add(spec, accuracy=answers(right), cost=costs(("default", cost, cost)))
        evidence = made.evidence()
        front = in_front(evidence, macs(evidence)[0])
        shown = [network.name for network in named(evidence, front)]
        assert len(front) == place + 1
        if place == 5:
            assert sum("widths" in name for name in shown) == 3
    assert shown == ["ResNet", "Pre-activation ResNet", "Wide ResNet", "Highway network"]
