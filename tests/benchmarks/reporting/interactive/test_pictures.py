"""Which pictures of attacked images the page has room for."""

from __future__ import annotations

import base64

import pytest

from benchmarks.reporting.evidence.evidence import NetworkEvidence
from benchmarks.reporting.interactive import pictures as pictures_module
from benchmarks.reporting.interactive.pictures import Pictures
from tests.benchmarks.reporting.hand_made import HandMade, answers, pictured, shade


def two_networks(made: HandMade) -> list[NetworkEvidence]:
    """One of six attacked images, one of four that was slowed too."""
    made.add(made.spec("resnet"), accuracy=answers("11111111"), robustness_pictures=pictured("000111", ["FGSM"] * 6))
    made.add(
        made.spec("adanet"),
        accuracy=answers("11111111"),
        robustness_pictures=pictured("0000", ["none", "FGSM", "FGSM", "FGSM"], exact="1000"),
        slowdown_pictures=pictured("1111", ["cost"] * 4, epsilon=0.2, macs=3_000_000),
    )
    return list(made.evidence().networks)


def length(index: int) -> int:
    """Characters of a picture's base64."""
    return len(base64.b64encode(shade(10 * index)))


def test_there_are_pictures_of_the_first_images_that_all_networks_have(made: HandMade) -> None:
    networks = two_networks(made)
    assert Pictures(networks, 8).count == 4
    assert Pictures(networks, 3).count == 3
    assert Pictures(networks[:1], 8).count == 6


def test_pictures_are_told_with_radius_answers_and_cost(made: HandMade) -> None:
    resnet, adanet = two_networks(made)
    chosen = Pictures([resnet, adanet], 8)
    attacked, slowed = chosen.of(adanet, "attacked"), chosen.of(adanet, "slowed")
    assert attacked is not None
    assert slowed is not None
    assert (attacked["epsilon"], slowed["epsilon"]) == ("0.1", "0.2")
    assert (attacked["answers"], attacked["exact"]) == ([1, 0, 1, 0], [0, 0, 1, 0])
    assert attacked["by"] == ["none", "FGSM", "FGSM", "FGSM"]
    assert [base64.b64decode(text) for text in attacked["png"]] == [b"", shade(10), shade(20), shade(30)]
    assert slowed["macs"] == [3_000_000] * 4
    assert slowed["confidences"] == [50] * 4
    assert chosen.of(resnet, "slowed") is None


def test_no_more_images_have_pictures_than_the_page_has_room_for(
    made: HandMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = two_networks(made)
    # Of image 0 there are two pictures, of the others three each.
    room = 2 * length(0) + 3 * length(1) + 3 * length(2)
    for bytes_, count in ((room, 3), (room - 1, 2), (2 * length(0) - 1, 0)):
        monkeypatch.setattr(pictures_module, "MOST_BYTES", bytes_)
        chosen = Pictures(networks, 8)
        assert chosen.count == count
        shown = [
            found for network in networks for kind in ("attacked", "slowed") if (found := chosen.of(network, kind))
        ]
        assert sum(len(text) for found in shown for text in found["png"]) <= bytes_
        assert all(len(found["png"]) == count for found in shown)


def test_a_study_without_pictures_has_none(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"), slowdown_pictures=pictured("1", ["cost"]).head(0))
    (network,) = made.evidence().networks
    chosen = Pictures([network], 2)
    assert chosen.count == 0
    assert chosen.of(network, "attacked") is None
    assert chosen.of(network, "slowed") is None


def test_only_the_first_seeds_pictures_are_shown(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"))
    made.add(made.spec("resnet", 1), accuracy=answers("11"), robustness_pictures=pictured("00", ["FGSM"] * 2))
    (network,) = made.evidence().networks
    assert Pictures([network], 2).count == 0  # the answers beside them would be another seed's
