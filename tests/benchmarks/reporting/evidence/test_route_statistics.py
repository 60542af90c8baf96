"""What routes know, of gates that were planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting.evidence.route_statistics import entropy, explained_by_class, information

IMAGES = 1000
LABELS = pd.Series(np.arange(IMAGES) % 10)


def test_entropy_is_counted_in_bits() -> None:
    assert entropy(np.array([0, 1, 2, 3])) == 2.0
    assert entropy(np.array([0, 0, 0])) == 0.0
    assert entropy(np.array([0, 0, 0, 1])) == pytest.approx(0.811278)  # 3/4 log2(4/3) + 1/4 log2(4)


def test_gates_that_depend_on_the_class_alone_know_the_class() -> None:
    routes = LABELS.map(lambda label: f"{label:04b}")
    found = information(routes, LABELS)
    assert found.most == pytest.approx(np.log2(10))
    assert found.bits == pytest.approx(np.log2(10), abs=0.1)  # less the little that chance makes
    assert found.p == pytest.approx(1 / 401)


def test_half_of_what_there_is_to_know() -> None:
    odd = (LABELS % 2).map(str)  # one bit of log2(10)
    assert information(odd, LABELS).bits == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("routes", [2, 30, 1000])
def test_gates_that_depend_on_nothing_know_nothing(routes: int) -> None:
    drawn = pd.Series(np.random.default_rng(1).integers(routes, size=IMAGES))
    found = information(drawn, LABELS)
    assert abs(found.bits) < 0.02  # the plug-in estimate of 1,000 routes is above 2 bits
    assert found.p > 0.01


def test_p_is_below_a_level_as_often_as_it_says() -> None:
    generator = np.random.default_rng(2)
    found = [
        information(pd.Series(generator.integers(4, size=200)), LABELS[:200], draws=99).p <= 0.1 for _ in range(200)
    ]
    assert 8 <= sum(found) <= 34  # of 200 tries at 0.1: a binomial is outside in one of 1,000


def test_the_class_explains_all_of_one_unit_and_nothing_of_others() -> None:
    labels = LABELS.to_numpy()
    chance = np.random.default_rng(3).random(IMAGES) < 0.5
    used = np.stack([labels < 5, chance, np.ones(IMAGES, bool)], axis=1)
    by_class, by_chance, always = explained_by_class(used, labels)
    assert by_class == pytest.approx(1.0, abs=0.01)
    assert abs(by_chance) < 0.02
    assert always == 0.0


def test_a_rate_that_differs_by_class_explains_its_part() -> None:
    labels = np.repeat([0, 1], 500)
    used = np.concatenate([np.arange(500) < 100, np.arange(500) < 400])[:, None]  # 20 and 80 percent
    between, total = 2 * 500 * 0.3**2, 1000 * 0.5 * 0.5
    within = (total - between) / 998
    assert explained_by_class(used, labels)[0] == pytest.approx((between - within) / (total + within))
