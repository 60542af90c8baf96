"""What the explorer of images is told."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from benchmarks.records.identity import data_key
from benchmarks.records.sample_images import write_sample_images
from benchmarks.records.sample_sheet import SampleImages
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.interactive.explorer import HELD, explorer, picture
from tests.benchmarks.reporting.conftest import TWO_DIGITS
from tests.benchmarks.reporting.hand_made import HandMade, answers

SHEET = SampleImages("data", b"PNG", 1000, 32, 28, 28, tuple("0123456789"))


def content(evidence: Evidence, **changes: Any) -> dict[str, Any]:
    images = replace(SHEET, **changes)
    text = explorer(replace(evidence, images=images))
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return found


def test_without_images_there_is_nothing(evidence: Evidence) -> None:
    assert explorer(replace(evidence, images=None)) == ""
    assert picture(replace(evidence, images=None)) == ""


def test_the_picture_is_that_of_the_results(evidence: Evidence) -> None:
    assert base64.b64decode(picture(replace(evidence, images=SHEET))) == b"PNG"


def test_every_network_tells_what_it_made_of_every_image(evidence: Evidence) -> None:
    found = content(evidence)
    assert found["count"] == 10  # no more than were answered
    assert found["labels"] == [0, 1] * 5
    adanet = next(network for network in found["networks"] if network["slug"] == "adanet")
    own = next(network for network in evidence.networks if network.slug == "adanet").first.headline_answers()
    assert own is not None
    routes = [adanet["routes"][place] for place in adanet["route"]]
    assert routes == own["route"].tolist()
    assert [adanet["macs"][place] for place in adanet["route"]] == own["macs"].tolist()
    assert adanet["answers"] == own["prediction"].tolist()
    assert adanet["units"] == ["stage1.block1", "stage1.block2", "stage2.block1"]
    wrong = [place for place, answer in enumerate(adanet["answers"]) if answer != found["labels"][place]]
    assert wrong == [8, 9]


def test_an_image_falls_at_the_smallest_radius_that_fools_the_network(evidence: Evidence) -> None:
    found = content(evidence)
    assert found["epsilons"] == ["0.1", "0.2"]
    falls = {network["slug"]: network["falls"] for network in found["networks"]}
    # Of ResNet's ten images five survive 0.1 and none 0.2; of BranchyNet's none survives 0.1.
    assert falls["resnet"] == [1] * 5 + [0] * 5
    assert set(falls["branchynet"]) == {0}
    assert HELD not in falls["adanet"]


def test_fewer_images_are_shown_where_the_sheet_has_fewer(evidence: Evidence) -> None:
    assert len(content(evidence, count=4)["labels"]) == 4


@pytest.mark.parametrize("name", ["answers", "confidences", "route", "falls", "slowed_macs"])
def test_lists_are_as_long_as_there_are_images(evidence: Evidence, name: str) -> None:
    assert {len(network[name]) for network in content(evidence)["networks"]} == {10}


def test_every_exit_says_what_it_answers(evidence: Evidence) -> None:
    found = {network["slug"]: network["exits"] for network in content(evidence)["networks"]}
    assert found == {
        "resnet": None,
        "adanet": None,
        "branchynet": {
            "units": [1, 3],  # of segment1, exit1, segment2, exit2
            "answers": [[0, 1, 1, 1, 0, 1, 0, 1, 0, 0], [0, 1] * 5],
            "confidences": [[62] * 10, [75] * 10],
        },
    }


def test_a_network_that_has_no_exits_says_nothing_of_them(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"), exits=pd.DataFrame([{"exit": None, "note": "none"}]))
    assert content(made.evidence())["networks"][0]["exits"] is None


def test_pictures_are_those_of_as_many_images_as_all_networks_have(evidence: Evidence) -> None:
    found = content(evidence)
    assert found["pictured"] == 6  # of ResNet there are 8
    kept = {network["slug"]: (network["attacked"], network["slowed"]) for network in found["networks"]}
    assert kept["adanet"] == (None, None)
    attacked, slowed = kept["resnet"]
    assert slowed is None
    assert attacked["exact"] == [0, 1, 0, 1, 1, 0]  # the fifth is right by its picture alone
    assert attacked["answers"] == [0, 1, 0, 1, 0, 0]
    assert [len(one["png"]) for one in kept["branchynet"]] == [6, 6]
    assert [text == "" for text in kept["branchynet"][1]["png"]] == [False, True] * 3


def test_images_of_other_data_than_the_records_are_not_shown(made: HandMade) -> None:
    write_sample_images(made.store.root, TWO_DIGITS)
    made.add(made.spec("resnet"), accuracy=answers("1110"), data="0123456789abcdef")
    assert made.evidence().images is None


def test_images_of_the_records_are_shown(made: HandMade) -> None:
    write_sample_images(made.store.root, TWO_DIGITS)
    made.add(made.spec("resnet"), accuracy=answers("1110"), data=data_key(TWO_DIGITS))
    found = made.evidence().images
    assert found is not None
    assert found.count == 10
