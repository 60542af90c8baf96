"""Computation under attack on the page: a table, a plane, and what is said where there is nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting import build
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.slowdown import radii
from benchmarks.reporting.figures import study_figures
from benchmarks.reporting.figures.base import Drawing, NoData
from benchmarks.reporting.tables.slowdown import slowdown
from tests.benchmarks.reporting.hand_made import HandMade, answers, attacked, costs, slowed

CLEAN, STRONG = ("none", 0.0), ("PGD-10", 0.1)
GOALS = ("cost", "kept", "lost", "noise")
FIXED = "every image takes the same route"


def fill(made: HandMade, **of_seeds: int) -> Evidence:
    """AdaNet, half of whose 4 M MACs are saved, of which the attack takes back half; and a ResNet of one route."""
    for repetition, macs in enumerate(of_seeds.values() or (3_000_000,)):
        made.add(
            made.spec("adanet", repetition),
            accuracy=answers("1" * 10),
            cost=costs(("default", 4_000_000, 2_000_000)),
            robustness=attacked(
                {CLEAN: "1" * 10, STRONG: "1100000000"},
                {CLEAN: 2_000_000, STRONG: 2_200_000},
                {"none": 0, "PGD-10": 10},
            ),
            slowdown=slowed(
                ("none", 0.0, "1" * 10, 2_000_000),
                ("cost", 0.1, "1111111100", macs),
                ("kept", 0.1, "1" * 10, 2_500_000),
                ("lost", 0.1, "0" * 10, 2_600_000),
                ("noise", 0.1, "1" * 10, 2_100_000),
                nominal=4_000_000,
                tries=0,
            ),
        )
    made.add(
        made.spec("resnet"),
        accuracy=answers("1" * 10),
        cost=costs(("default", 4_000_000, 4_000_000)),
        robustness=attacked({CLEAN: "1" * 10, STRONG: "1" * 5 + "0" * 5}, dict.fromkeys((CLEAN, STRONG), 4_000_000)),
        slowdown=slowed(("none", 0.0, "1" * 10, 4_000_000), nominal=4_000_000, note=FIXED),
    )
    return made.evidence()


def draw(name: str, evidence: Evidence) -> Drawing:
    with look():
        return next(found for found in study_figures("attack") if found.name == name).draw(evidence)


def test_a_row_per_network_and_epsilon_that_was_attacked(made: HandMade) -> None:
    found = slowdown(fill(made))
    assert found is not None
    assert [[cell.text for cell in row] for row in found.rows] == [
        ["AdaNet (ConvNet-AIG)", "0.1", "50.0", "52.5", "75.0", "50.0", "0.0", "0.25", "80.0", "62.5", "65.0", "0.0"]
    ]
    assert "Left out, since no image changes their cost: ResNet." in found.note
    assert "For answers kept and lost, only what was found on the way" in found.note


def test_seconds_under_attack_are_in_the_row_of_the_radius_at_which_they_were_taken(made: HandMade) -> None:
    fill(made, first=3_000_000, second=3_000_000, third=3_000_000)
    adanets = [found for found in made.store.readable_records() if found.spec.method == "adanet"]
    made.add(
        made.spec("branchynet"),
        accuracy=answers("1" * 10),
        cost=costs(("default", 4_000_000, 2_000_000)),
        slowdown=slowed(
            ("none", 0.0, "1", 2_000_000), *((goal, 0.1, "1", 3_000_000) for goal in GOALS), nominal=4_000_000
        ),
    )
    seconds = pd.concat(
        pd.DataFrame({"images": images, "repetition": [0, 1], "seconds": taken, "macs": 1.0})
        for images, taken in (("clean", [0.1, 0.3]), ("attacked", [0.5, 0.7]))
    ).assign(engine="ONNX Runtime", batch_size=4, epsilon=0.1, first=0, note="")
    for adanet in adanets:
        adanet.write_table("attacked_latency", seconds, {"version": {}})
    found = slowdown(made.evidence())
    assert found is not None
    place = [column.unit for column in found.columns].index("× clean, batch 4")
    assert [(row[place].text, row[place].sub) for row in found.rows] == [("3.00", "± 0.00"), ("–", "not measured")]
    assert "taken in turns in ONNX Runtime; below them" in found.note


def test_seeds_are_one_row_with_their_mean_and_deviation(made: HandMade) -> None:
    evidence = fill(made, first=3_000_000, second=4_000_000)
    (row,) = evidence.slowdown.query("goal == 'cost'").to_dict("records")
    # 75 and 100 % of nominal: mean 87.5, deviation 25 / sqrt(2)
    assert (row["share"], row["share_std"]) == pytest.approx((0.875, 0.17678), abs=1e-5)
    assert (row["share_low"], row["share_high"]) == (0.75, 1.0)
    assert radii(evidence.slowdown) == [0.1]


def test_the_plane_leads_from_the_clean_images_to_those_under_both_attacks(made: HandMade) -> None:
    (panel,) = draw("attack-plane", fill(made)).panels
    assert list(panel.tips.values()) == [
        "ResNet, clean: 100.0 % at 4.00 M MACs",
        "ResNet, PGD-10: 50.0 % at 4.00 M MACs",
        "AdaNet (ConvNet-AIG), clean: 100.0 % at 2.00 M MACs",
        "AdaNet (ConvNet-AIG), PGD-10: 20.0 % at 2.20 M MACs",
        "AdaNet (ConvNet-AIG), slowdown: 80.0 % at 3.00 M MACs",
        "AdaNet (ConvNet-AIG), slowdown, answer lost: 0.0 % at 2.60 M MACs",
    ]


def test_cost_under_attack_has_a_panel_for_the_attack_on_the_cost(made: HandMade) -> None:
    drawing = draw("attack-compute", fill(made))
    titles = [panel.figure.axes[0].get_title(loc="left") for panel in drawing.panels]
    assert titles == ["PGD-10", "slowdown"]
    curve = np.asarray(drawing.panels[1].figure.axes[0].get_lines()[0].get_xydata(), dtype=float)
    np.testing.assert_allclose(curve, [[0.0, 100], [0.1, 150]])
    assert "aims at the cost" in drawing.caption


def test_a_page_of_older_records_is_as_before(evidence: Evidence) -> None:
    assert slowdown(evidence) is None
    with pytest.raises(NoData, match=r"^No .*\.$"):
        draw("attack-plane", evidence)
    assert "an attack on the cost could cost more" in draw("attack-compute", evidence).caption


def test_what_was_not_attacked_says_why(made: HandMade) -> None:
    made.add(made.spec("branchynet"), accuracy=answers("1" * 10), cost=costs(("default", 4_000_000, 2_000_000)))
    found = slowdown(fill(made))
    assert found is not None
    assert "Not attacked: BranchyNet (not measured)." in found.note


def test_the_page_has_the_table_and_the_plane(made: HandMade) -> None:
    fill(made)
    text = build(made.store.root, made.store.root / "page").read_text()
    assert 'id="table-slowdown"' in text
    assert "Accuracy and computation under attack" in text


def test_an_epsilon_that_only_the_cost_was_attacked_at_is_shown(made: HandMade) -> None:
    evidence = fill(made)
    without = replace(evidence, robustness=evidence.robustness.iloc[:0])
    assert [tip.partition(":")[0] for tip in draw("attack-plane", without).panels[0].tips.values()] == [
        "AdaNet (ConvNet-AIG), slowdown",
        "AdaNet (ConvNet-AIG), slowdown, answer lost",
    ]
