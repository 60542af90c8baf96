"""How near a decision was to being another one."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch

from benchmarks.conformance.cases import trained
from benchmarks.exporting.expected import Expected, expected_of
from zoo.network import Setting


def test_only_a_first_decision_within_the_tolerance_excuses_another_route() -> None:
    routes = np.array([[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 1, 0]], bool)
    margins = np.array([[9, 0.1, 9], [9, 9, 0.1], [9, 0.1, 9], [9, 9, math.inf]], np.float32)
    expected = Expected(logits=np.zeros((4, 2), np.float32), routes=routes, margins=margins)
    found = np.array(
        [
            [1, 0, 1],  # the second unit was on the edge, and the third follows
            [1, 0, 1],  # the third was on the edge, but the second came first
            [1, 1, 0],  # nothing differs
            [1, 1, 1],  # nothing was decided
        ],
        bool,
    )
    assert expected.on_the_edge(found, 0.2).tolist() == [True, False, False, False]


def test_a_cascades_threshold_moved_over_the_nearest_score_moves_that_image_alone() -> None:
    case = trained("msdnet[tiny]")
    net, images = copy.deepcopy(case.net).eval(), case.images.numpy()
    net.use(Setting(name="one", values={"thresholds": [0.1, None]}))
    before = expected_of(net, images, None)
    nearest, second = np.sort(before.margins[:, 2])[:2]
    assert nearest < second
    moved = (nearest + second) / 2
    changed = np.zeros(len(images), bool)
    for way in (-moved, moved):
        net.use(Setting(name="other", values={"thresholds": [0.1 + float(way), None]}))
        changed |= (expected_of(net, images, None).routes != before.routes).any(axis=1)
    assert changed.nonzero()[0].tolist() == [before.margins[:, 2].argmin()]
    assert np.isinf(before.margins[:, :2]).all()
    assert np.isinf(before.margins[:, 4:]).all()


def test_margins_of_gates_are_distances_from_the_limit() -> None:
    case = trained("adanet[tiny]")
    net, images = copy.deepcopy(case.net).eval(), case.images
    with torch.no_grad():
        probabilities = net(images).gate_probs
    assert probabilities is not None
    odds = torch.log(probabilities / (1 - probabilities))
    found = expected_of(net, images.numpy(), 0.25).margins
    torch.testing.assert_close(torch.from_numpy(found), (odds - 0.25).abs(), atol=1e-4, rtol=1e-3)


def test_a_network_that_decides_nothing_has_no_margin() -> None:
    case = trained("resnet[tiny]")
    assert np.isinf(expected_of(copy.deepcopy(case.net).eval(), case.images[:3].numpy(), None).margins).all()
