"""What the page says of detectors, from tables whose every number can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.measuring.detection import COLUMNS
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.detection import comparable, detectors, verdict
from benchmarks.reporting.page import render
from benchmarks.reporting.tables.base import NoData, Table
from benchmarks.reporting.tables.detection import classes, detection
from tests.benchmarks.reporting.hand_made import HandMade, answers

RANDWIRE = "RandWireNN"


def detected(
    ap: float, draws: Sequence[float], *, macs: int = 20_000_000, nominal: int = 20_000_000, objects: int = 100
) -> pd.DataFrame:
    """A table of the evaluator: two scenes, two classes (the first a tenth better), AP50 a tenth above AP."""
    half = objects // 2
    rows = [
        {"part": "scene", "index": 0, "objects": half, "detections": half, "found": half, "macs": macs, "route": "1"},
        {"part": "scene", "index": 1, "objects": half, "detections": 0, "found": 0, "macs": macs, "route": "1"},
        *({"part": "class", "index": number, "objects": half, "ap": ap + 0.05 - 0.1 * number} for number in (0, 1)),
        *({"part": "draw", "index": number, "ap": value, "ap50": value + 0.1} for number, value in enumerate(draws)),
    ]
    sums = {"objects": objects, "detections": half, "found": half, "macs": macs, "nominal": nominal}
    whole = {"part": "all", "index": 0, **sums, "ap": ap, "ap50": ap + 0.1}
    return pd.DataFrame([*rows, whole]).assign(note="").reindex(columns=COLUMNS)


def nothing(note: str) -> pd.DataFrame:
    return pd.DataFrame([{"note": note}], columns=COLUMNS)


STATIC = detected(0.5, (0.4, 0.6, 0.4, 0.6))
RANDOM = detected(0.6, (0.7, 0.7, 0.5, 0.5), macs=19_000_000)
"""Over draws they vary by .01333 each, and not together: their difference, .1, by .02667."""
GATED = detected(0.55, (0.5, 0.5, 0.6, 0.6), macs=15_000_000)


@pytest.fixture
def measured(made: HandMade) -> Evidence:
    """A ResNet, a RandWireNN at 95 % of its cost, a gated network, and one that has no maps."""
    accuracy = answers("1111111110")
    made.add(made.spec("resnet"), detection=STATIC, accuracy=accuracy)
    made.add(made.spec("randwire"), detection=RANDOM, accuracy=accuracy)
    made.add(made.spec("adanet"), detection=GATED, accuracy=accuracy)
    made.add(made.spec("fractalnet"), detection=nothing("the network has no feature maps of stride 2"))
    made.add(made.spec("skipnet"), accuracy=accuracy)
    return made.evidence()


def row(table: Table | None, first: str) -> list[tuple[str, str]]:
    assert table is not None
    (cells,) = (cells for cells in table.rows if cells[0].text == first)
    return [(cell.text, cell.sub) for cell in cells[1:]]


def test_the_table_has_precision_difference_and_cost(measured: Evidence) -> None:
    ap, difference, ap50, found, macs, seeds = row(detection(measured), RANDWIRE)
    assert (ap[0], difference[0], ap50[0], found[0], seeds[0]) == ("60.0", "+10.0", "70.0", "50.0", "1")
    assert macs == ("19.0 M", "95 %")
    assert row(detection(measured), "ResNet")[1] == ("–", "the reference")
    assert row(detection(measured), "AdaNet (ConvNet-AIG)")[4] == ("15.0 M", "75 %")


def test_intervals_are_those_of_the_draws(measured: Evidence) -> None:
    found = detectors(measured)
    assert found is not None
    network = next(one for one in found.networks if one.name == RANDWIRE)
    low, high = found.interval(network, "ap")
    # variance of the draws .04 / 3, and of one object more of 100
    half = 1.96 * math.sqrt(0.04 / 3 + 1 / 100**2)
    assert (low, high) == pytest.approx((0.6 - half, 0.6 + half), abs=0.01)
    assert found.differences is not None
    others, contrasts = found.differences
    place = list(others).index(network)
    assert contrasts.standard_error[place] == pytest.approx(math.sqrt(0.08 / 3 + 1 / 100**2))
    assert contrasts.critical > 1.96  # two differences hold together


def test_seeds_are_averaged_and_what_they_do_not_share_is_uncertain(made: HandMade) -> None:
    for repetition, shift in enumerate((-0.1, 0.1)):
        made.add(made.spec("resnet", repetition), detection=STATIC)
        draws = [value + shift for value in (0.7, 0.7, 0.5, 0.5)]
        made.add(made.spec("randwire", repetition), detection=detected(0.6 + shift, draws))
    evidence = made.evidence()
    assert evidence.detection.groupby(["network", "seed"]).size().nunique() == 1
    assert sorted(set(evidence.detection["seed"])) == [0, 1]
    found = detectors(evidence)
    assert found is not None
    random = next(one for one in found.networks if one.name == RANDWIRE)
    assert found.seeds(random) == 2
    assert found.mean(random, "ap") == pytest.approx(0.6)
    one_seed = math.sqrt(0.08 / 3 + 1 / 100**2)
    assert found.differences is not None
    assert found.differences[1].standard_error[0] > one_seed


def test_a_network_without_maps_and_one_that_was_not_asked(measured: Evidence) -> None:
    assert row(detection(measured), "FractalNet")[0] == ("–", "the network has no feature maps of stride 2")
    table = detection(measured)
    assert table is not None
    assert "SkipNet" not in {cells[0].text for cells in table.rows}


def test_the_verdict_says_what_the_paper_found_and_what_is_found_here(measured: Evidence) -> None:
    found = detectors(measured)
    assert found is not None
    said = verdict(found)
    assert said.startswith("On COCO, Faster R-CNN with FPN has 39.9 AP with RandWire-WS (C = 109)")
    assert "Here RandWireNN has +10.0 points of AP beside ResNet (" in said
    assert said.endswith("; n = 1 and 1 seeds) at 95 % of its MACs: cannot be told.")
    table = detection(measured)
    assert table is not None
    assert table.note.endswith(said)


@pytest.mark.parametrize(
    ("better", "macs", "ending"),
    [
        (0.1, 20_000_000, "at 100 % of its MACs: agrees."),
        (-0.1, 20_000_000, "at 100 % of its MACs: does not agree."),
        (0.1, 30_000_000, "at 150 % of its MACs, which is not the same cost: agrees."),
    ],
)
def test_a_clear_difference_has_a_verdict(made: HandMade, better: float, macs: int, ending: str) -> None:
    made.add(made.spec("resnet"), detection=detected(0.5, (0.499, 0.501, 0.499, 0.501)))
    draws = [0.5 + better + value for value in (0.001, 0.001, -0.001, -0.001)]
    made.add(made.spec("randwire"), detection=detected(0.5 + better, draws, macs=macs))
    found = detectors(made.evidence())
    assert found is not None
    assert verdict(found).endswith(ending)


def test_without_a_static_network_there_is_no_difference(made: HandMade) -> None:
    made.add(made.spec("randwire"), detection=RANDOM)
    made.add(made.spec("adanet"), detection=GATED)
    evidence = made.evidence()
    assert row(detection(evidence), RANDWIRE)[1] == ("–", "no static ResNet was measured")
    found = detectors(evidence)
    assert found is not None
    assert verdict(found) == ""


def test_every_class_has_a_column(measured: Evidence) -> None:
    table = classes(measured)
    assert table is not None
    assert [column.name for column in table.columns] == ["Network", "Class 0", "Class 1"]
    assert row(table, RANDWIRE) == [("65.0", ""), ("55.0", "")]


def test_detectors_of_different_scenes_are_not_compared(made: HandMade) -> None:
    made.add(made.spec("resnet"), detection=STATIC)
    made.add(made.spec("randwire"), detection=detected(0.6, (0.5, 0.7, 0.5, 0.7), objects=60))
    evidence = made.evidence()
    assert not comparable(evidence.detection)
    with pytest.raises(NoData, match="Detectors were tested on different scenes; measure them with the same options"):
        detection(evidence)


def test_draws_of_different_numbers_are_not_compared(measured: Evidence) -> None:
    table = measured.detection
    fewer = table[~((table["part"] == "draw") & (table["index"] == 3) & (table["network"] == "randwire"))]
    assert comparable(table)
    assert not comparable(fewer)
    with pytest.raises(ValueError, match="different scenes"):
        detectors(replace(measured, detection=fewer))


def test_without_detectors_the_page_says_nothing_of_them(evidence: Evidence) -> None:
    assert evidence.detection.empty
    assert detection(evidence) is None
    assert classes(evidence) is None
    assert 'id="table-detection' not in render(evidence)


def test_with_detectors_the_page_has_both_tables(measured: Evidence) -> None:
    page = render(measured)
    assert 'id="table-detection"' in page
    assert 'id="table-detection-classes"' in page
