"""Many networks of one method: which of them are shown one by one, and how sentences name them."""

from __future__ import annotations

import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.detail import MANY, detail_note, detailed, names_of
from benchmarks.reporting.page import render
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs

SWEPT = 31
"""Target rates of one method."""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A ResNet, and AdaNet with 31 target rates: the seventh is the most accurate, the last the cheapest."""
    made = HandMade(tmp_path_factory.mktemp("many"))
    made.add(made.spec("resnet"), accuracy=answers("1110"), cost=costs(("default", 4_000_000, 4_000_000)))
    for place in range(SWEPT):
        right = "1111" if place == 6 else "1100"
        cost = costs(("default", 4_000_000, 3_000_000 - 1000 * place))
        made.add(made.spec("adanet", target_rate=(place + 1) / 100), accuracy=answers(right), cost=cost)
    return made.evidence()


def test_few_networks_are_all_shown(evidence: Evidence) -> None:
    assert detailed(evidence) == evidence.networks
    assert detail_note(evidence) == ""


def test_of_many_the_first_the_most_accurate_and_the_cheapest_are_shown(many: Evidence) -> None:
    assert len(many.networks) > MANY
    labels = [network.label for network in detailed(many)]
    assert labels == [
        "resnet",
        "adanet[target_rate=0.01]",
        "adanet[target_rate=0.07]",
        "adanet[target_rate=0.31]",
    ]
    assert detail_note(many).startswith("Plots and details of single networks are of 4 of 32 networks")


def test_a_page_of_many_has_all_in_its_tables_and_details_of_some(many: Evidence) -> None:
    page = render(many)
    table = page.partition('<table id="table-headline"')[2].partition("</table>")[0]
    assert table.count("<tr data-n=") == SWEPT + 1
    networks = page.partition('<section id="networks">')[2]
    assert networks.count("<code>adanet[") == 3


def test_a_sentence_names_a_few_and_counts_many(many: Evidence) -> None:
    resnet, *swept = many.networks
    assert names_of([resnet, *swept[:2]]) == f"ResNet, {swept[0].name} and {swept[1].name}"
    assert names_of([resnet, *swept]) == "ResNet and AdaNet (ConvNet-AIG) (31 networks)"
