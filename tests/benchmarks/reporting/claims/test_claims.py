"""What is found of papers' claims, on studies in which they hold, do not hold, or cannot be told."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from benchmarks.reporting.claims.base import Found, above, below, verdicts
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.tables.claims import paper_claims
from tests.benchmarks.reporting.hand_made import EXITS, HandMade, answers, costs, decisions, ledger, lesions, of_exits

WHOLE = "1" * 100
"""A hundred images, all answered."""
Part = tuple[str, str, str]


def lost(count: int) -> str:
    """The same with so many lost."""
    return "1" * (100 - count) + "0" * count


def found(evidence: Evidence, name: str) -> list[Found]:
    return [found for claim, found in verdicts(evidence) if claim.name == name]


def test_a_verdict_needs_an_interval_on_one_side() -> None:
    assert above(0.1, 0.3) == "holds"
    assert above(-0.3, -0.1) == "does not hold"
    assert above(-0.1, 0.1) == "cannot be told"
    assert below(-0.1, 0.005, 0.01) == "holds"
    assert below(0.02, 0.03, 0.01) == "does not hold"
    assert below(0.0, 0.03, 0.01) == "cannot be told"


@pytest.mark.parametrize(
    ("first", "others", "hardly", "more"),
    [
        (60, 0, "holds", "holds"),
        (60, 40, "does not hold", "holds"),
        (20, 60, "does not hold", "does not hold"),
    ],
)
def test_single_blocks_of_a_resnet(made: HandMade, first: int, others: int, hardly: str, more: str) -> None:
    parts: list[Part] = [
        ("block", "stage1.block1", lost(others)),
        ("block", "stage2.block1", lost(first)),
        ("block", "stage2.block2", lost(others)),
    ]
    made.add(made.spec("resnet"), lesions=lesions(*parts, whole=WHOLE))
    evidence = made.evidence()
    assert [own.verdict for own in found(evidence, "one-block")] == [hardly]
    assert [own.verdict for own in found(evidence, "downsampling-block")] == [more]


@pytest.mark.parametrize(
    ("seeds", "of_baseline", "verdict", "end"),
    [
        (2, 2, "holds", "100 images, 2 seeds"),
        (1, 1, "cannot be told", "100 images, 1 seed"),  # another training may lose more
        (1, 3, "cannot be told", "100 images, 1 seed against 3"),
    ],
)
def test_stochastic_depth_is_set_against_its_own_baseline(
    made: HandMade, seeds: int, of_baseline: int, verdict: str, end: str
) -> None:
    for method, repetitions, count in (("resnet", of_baseline, 60), ("stochastic_depth", seeds, 20)):
        for seed in range(repetitions):
            made.add(made.spec(method, seed), lesions=lesions(("block", "stage1.block1", lost(count)), whole=WHOLE))
    (own,) = found(made.evidence(), "stochastic-depth-lesions")
    assert own.verdict == verdict
    assert own.figure.startswith("+40.0 (")
    assert "less than ResNet's +60.0" in own.figure
    assert own.figure.endswith(end)


def test_a_pyramid_without_a_downsampling_block_is_set_against_a_preactivation_resnet(made: HandMade) -> None:
    for method, count in (("preresnet", 80), ("pyramidnet", 30)):
        parts = [("block", "stage1.block1", lost(90)), ("block", "stage2.block1", lost(count))]
        for seed in range(2):
            made.add(made.spec(method, seed), lesions=lesions(*parts, whole=WHOLE))
    (own,) = found(made.evidence(), "pyramid-downsampling")
    assert own.verdict == "holds"
    assert own.figure.startswith("+50.0 (")
    assert "less than Pre-activation ResNet's +80.0" in own.figure


def test_drop_path_is_set_against_a_network_without(made: HandMade) -> None:
    path = ("path", "block1.column1.segment1")
    made.add(made.spec("fractalnet"), lesions=lesions((*path, lost(5)), whole=WHOLE))
    assert found(made.evidence(), "drop-path-lesions") == []
    plain = made.spec("fractalnet", local_rate=0.0, global_share=0.0)
    made.add(plain, lesions=lesions((*path, lost(5)), whole=WHOLE))
    (own,) = found(made.evidence(), "drop-path-lesions")
    assert own.verdict == "cannot be told"
    assert own.network is not None
    assert own.network.label == "fractalnet"


def test_nodes_that_feed_more_are_worth_more(made: HandMade) -> None:
    nodes = [f"stage1.node{number}" for number in range(1, 13)]
    targets = {node: 12 - place for place, node in enumerate(nodes)}
    edges = [(node, f"target{number}") for node, count in targets.items() for number in range(count)]
    parts = [("node", node, lost(5 * count)) for node, count in targets.items()]
    wiring = pd.DataFrame(edges, columns=["source", "target"])
    made.add(made.spec("randwire"), units=nodes, lesions=lesions(*parts, whole=WHOLE), wiring=wiring)
    (own,) = found(made.evidence(), "out-degree")
    assert own.verdict == "holds"
    assert own.figure.startswith("rank correlation +1.00")
    assert own.figure.endswith("12 nodes")


def test_four_nodes_in_order_are_too_few_to_tell(made: HandMade) -> None:
    wiring = pd.DataFrame([(f"n{n}", f"t{k}") for n in range(1, 5) for k in range(n)], columns=["source", "target"])
    parts = [("node", f"n{n}", lost(10 * n)) for n in range(1, 5)]
    made.add(made.spec("randwire"), units=("n1",), lesions=lesions(*parts, whole=WHOLE), wiring=wiring)
    (own,) = found(made.evidence(), "out-degree")
    assert own.verdict == "cannot be told"
    assert own.figure == "rank correlation +1.00, p 0.083; 4 nodes"  # of 24 orders, this and its reverse


def test_a_baseline_is_known_whether_a_study_names_lists_or_tuples(made: HandMade) -> None:
    baseline = {"network": "resnet[tiny, blocks=(4, 4, 4)]", "macs": 1, "parameters": 1}
    block = ("block", "stage1.block1")
    made.add(made.spec("resnet", blocks=[4, 4, 4]), lesions=lesions((*block, lost(60)), whole=WHOLE))
    made.add(
        made.spec("stochastic_depth", blocks=[4, 4, 4]),
        lesions=lesions((*block, lost(20)), whole=WHOLE),
        baseline=baseline,
    )
    (own,) = found(made.evidence(), "stochastic-depth-lesions")
    assert own.figure.startswith("+40.0 (")


def test_edges_to_nodes_with_few_others_are_worth_more(made: HandMade) -> None:
    edges = [(f"s{number}", f"t{target}") for target in range(1, 5) for number in range(target)]
    parts = [("edge", f"{source} -> {target}", lost(50 - 10 * int(target[1]))) for source, target in edges]
    wiring = pd.DataFrame(edges, columns=["source", "target"])
    made.add(made.spec("randwire"), units=("t1",), lesions=lesions(*parts, whole=WHOLE), wiring=wiring)
    (own,) = found(made.evidence(), "in-degree")
    assert own.verdict == "holds"
    assert own.figure.startswith("rank correlation −1.00")
    assert own.figure.endswith("10 edges")


def test_downsampling_blocks_that_are_skipped(made: HandMade) -> None:
    units = ("stage1.block1", "stage2.block1")
    made.add(made.spec("adanet"), units=units, accuracy=answers(WHOLE, ("11", "10")))
    made.add(made.spec("skipnet"), units=units, accuracy=answers("1" * 1000, ("11", "01")))
    skipped, runs = found(made.evidence(), "downsampling-runs")
    assert (skipped.verdict, runs.verdict) == ("does not hold", "holds")
    assert skipped.figure.startswith("stage2.block1 runs for 50.0 %")


def test_hard_decisions_are_set_against_soft_ones_of_the_same_network(made: HandMade) -> None:
    for spec, outcome in (
        (made.spec("skipnet"), lost(5)),
        (made.spec("skipnet", decision="soft"), lost(60)),
        (made.spec("skipnet", gate="ff1"), lost(70)),
    ):
        made.add(spec, accuracy=answers(outcome), cost=costs(("default", 4_000_000, 3_000_000.0)))
    (own,) = found(made.evidence(), "hard-decisions")
    assert own.verdict == "holds"
    assert own.figure.startswith("+55.0 points (")


def test_a_better_network_that_costs_more_proves_nothing(made: HandMade) -> None:
    for spec, outcome, macs in (
        (made.spec("skipnet"), lost(5), "111"),
        (made.spec("skipnet", decision="soft"), lost(60), "110"),
    ):
        made.add(spec, accuracy=answers(outcome, (macs,)), cost=costs(("default", 4_000_000, 1e6 * macs.count("1"))))
    (own,) = found(made.evidence(), "hard-decisions")
    assert own.verdict == "cannot be told"
    assert own.figure.startswith("+55.0 points (")


def test_columns_without_drop_path_are_no_test_of_it(made: HandMade) -> None:
    table = pd.concat([answers(WHOLE, setting="whole network"), answers(lost(80), setting="column 1")])
    made.add(
        made.spec("fractalnet", local_rate=0.0, global_share=0.0),
        settings={"whole network": "", "column 1": ""},
        accuracy=table,
    )
    assert found(made.evidence(), "deepest-column") == []


def test_animals_are_looked_for_on_photographs_only(made: HandMade) -> None:
    made.add(made.spec("adanet"), accuracy=answers(WHOLE))
    (own,) = found(made.evidence(), "animals")
    assert own.verdict == "does not apply"


def test_the_deepest_column_against_the_whole(made: HandMade) -> None:
    whole, alone = answers(lost(2), setting="whole network"), answers(lost(40), setting="column 2")
    shallow = answers(lost(3), setting="column 1")
    made.add(
        made.spec("fractalnet"),
        settings={"whole network": "", "column 1": "", "column 2": ""},
        accuracy=pd.concat([whole, shallow, alone]),
    )
    (own,) = found(made.evidence(), "deepest-column")
    assert own.verdict == "does not hold"
    assert own.figure.startswith("column 2 loses +38.0 points")


def test_the_table_has_a_row_per_claim_and_network(made: HandMade) -> None:
    made.add(made.spec("adanet"), units=("stage1.block1", "stage2.block1"), accuracy=answers(WHOLE, ("11", "10")))
    made.add(made.spec("adanet", target_rate=0.4), decisions=decisions(("shuffled", "1"), own="1"))
    table = paper_claims(made.evidence())
    assert table is not None
    assert [(row[0].sub, row[1].text, row[1].sub.partition(":")[0]) for row in table.rows] == [
        ("Veit and Belongie 2018", "does not hold", "AdaNet (ConvNet-AIG)"),
        ("Veit and Belongie 2018", "cannot be told", "AdaNet (ConvNet-AIG)"),
        ("Veit and Belongie 2018", "does not apply", "MNIST, 5,000 digits has no animals"),
    ]


def test_a_study_that_says_nothing_of_any_claim_has_no_table(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"))
    assert paper_claims(made.evidence()) is None


def test_budgets_and_overthinking_of_exits(made: HandMade) -> None:
    # The last exit errs about images 0 to 9, of which an earlier one is right about 0 to 8.
    labels = [0] * 40
    first, last = [0] * 9 + [1] * 11 + [0] * 20, [1] * 10 + [0] * 30
    sure = [[0.1] * 20 + [0.9] * 20, [0.0] * 40]
    tables = [of_exits(labels, [first, last], sure, split=split) for split in ("test", "validation")]
    made.add(made.spec("branchynet"), units=EXITS, exits=pd.concat(tables), ledger=ledger(dict.fromkeys(EXITS, 1)))
    (own,) = found(made.evidence(), "overthinking")
    assert own.verdict == "holds"
    assert own.figure.startswith("90 % (60 to 98) of 10 errors")
    assert found(made.evidence(), "budgeted") == []  # nothing is known of single exits


def test_gates_and_offsets_by_class(made: HandMade) -> None:
    means = {"stage1.layer1": (0.02, 0.02), "stage1.layer2": (0.05, 0.09), "stage1.layer3": (0.5, 0.5)}
    rows = [
        {"layer": layer, "index": index, "label": index % 2, "value": of[index % 2] + 0.001 * (index % 3)}
        for layer, of in means.items()
        for index in range(40)
    ]
    nothing = dict.fromkeys(("spread", "y", "x", "prediction"), float("nan"))
    inside = pd.DataFrame([{"what": "openness", **row, **nothing, "note": ""} for row in rows])
    made.add(made.spec("highway"), inside=inside)
    evidence = made.evidence()
    (carries,), (knows,) = found(evidence, "carrying"), found(evidence, "gates-of-classes")
    assert (carries.verdict, carries.figure[:15]) == ("holds", "2 of 3 layers, ")
    assert (knows.verdict, knows.figure) == ("holds", "differs between classes in 1 of 3 layers; 40 images")
    assert found(evidence, "reach") == []


SKIPPED_AT_ENDS, SKIPPED_BETWEEN = ("010", "010", "111"), ("101", "101", "111")


@pytest.mark.parametrize(
    ("seeds", "verdict", "end"),
    [
        ([SKIPPED_AT_ENDS], "holds", "30 images"),
        ([SKIPPED_AT_ENDS] * 2, "holds", "30 images; likewise the other seed"),
        ([SKIPPED_AT_ENDS] * 3, "holds", "30 images; likewise 2 other seeds"),
        (
            [SKIPPED_AT_ENDS, SKIPPED_BETWEEN, SKIPPED_BETWEEN],
            "cannot be told",
            "30 images; the first seed: holds; others: does not hold (2)",
        ),
        (
            [SKIPPED_BETWEEN, SKIPPED_BETWEEN, SKIPPED_AT_ENDS],
            "cannot be told",
            "the first seed: does not hold; others: does not hold (1), holds (1)",
        ),
    ],
)
def test_what_seeds_do_not_agree_on_cannot_be_told(
    made: HandMade, seeds: Sequence[Sequence[str]], verdict: str, end: str
) -> None:
    """Two images of three skip both ends, or what is between."""
    for number, routes in enumerate(seeds):
        made.add(made.spec("adanet", number), accuracy=answers("1" * 30, routes))
    (own,) = found(made.evidence(), "ends-skipped")
    assert own.verdict == verdict
    assert own.figure.endswith(end)


def test_a_network_without_the_first_seed_is_not_heard_twice(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("1" * 30))
    made.add(made.spec("adanet", 1), accuracy=answers("1" * 30, SKIPPED_AT_ENDS))
    (own,) = found(made.evidence(), "ends-skipped")
    assert own.figure.endswith("30 images")


def test_what_only_a_later_seed_can_say_is_said(made: HandMade) -> None:
    """The first one runs every unit for every image."""
    for number, routes in enumerate((("111", "111", "111"), SKIPPED_AT_ENDS)):
        made.add(made.spec("adanet", number), accuracy=answers("1" * 30, routes))
    (own,) = found(made.evidence(), "ends-skipped")
    assert own.verdict == "holds"
    assert own.figure.endswith("30 images")
