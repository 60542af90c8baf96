"""The numbers that the page's script works with: what readers plot, bound and compare."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import pytest

import zoo
from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.comparison import against_static, kinds, points
from tests.benchmarks.reporting.numbers.reading import Page
from tests.benchmarks.reporting.numbers.records import Network, Study, calibration_error, expected_names, wilson
from tests.benchmarks.reporting.numbers.saying import Says, says
from tests.benchmarks.reporting.numbers.sections.attack import attackable, shares_of_nominal
from tests.benchmarks.reporting.numbers.sections.differences import Ratios, aspects, reference
from tests.benchmarks.reporting.numbers.times import baseline_seconds, is_timed, relative_time

Bounds = tuple[float, float, float]
SHORT = 6e-6
"""Relative: six digits are shown."""
SHORTER = 6e-4
"""Four of standard errors."""
PARTS = {"study", "quantities", "networks", "aspects", "reference", "curves", "theme", "figures"}
"""`theme` has colours; `test_figures.py` is about `figures`, the tests here about all others."""
NAMES = {"slug", "name", "method", "title", "family", "color", "records"}
FACTS = {"static", "routes", "bound", "settings", "against"}
OF_NETWORKS = NAMES | FACTS


def exact(value: float) -> Bounds:
    """A number without an interval."""
    return value, value, value


def expected_values(study: Study, network: Network, setting: str) -> dict[str, Bounds]:
    """What is known of a setting, with the ends of intervals; NaN where there is none."""
    answers, cost = network.answers(setting), network.cost(setting)
    found: dict[str, Bounds] = {
        "accuracy": wilson(answers),
        "macs": exact(network.routed(setting)),
        "parameters": exact(float(cost["parameters"])),
        "calibration_error": exact(calibration_error(answers)),
        "train_seconds": exact(float(network.config["seconds"])),
    }
    for size in study.sizes:
        if is_timed(network, size, setting):
            scale = baseline_seconds(study, study.reference, size)
            value, low, high = relative_time(study, network, size, setting)
            found[f"time_{size}"] = scale * value, scale * low, scale * high
    if setting == network.first:
        found["attacked"] = wilson(attacked.strongest(study, network))
        found["slowed"] = _slowed(study, network, float(cost["nominal"]))
    return found


def _slowed(study: Study, network: Network, nominal: float) -> Bounds:
    """Cost under the attack on it; all of it where no image can change it."""
    if network not in attackable(study):
        return nominal, math.nan, math.nan
    rows = network.at("slowdown", goal="cost", epsilon=attacked.headline(study)[1])
    share, low, high = shares_of_nominal(rows)
    return share * nominal, low * nominal, high * nominal


def numbers(several: list[float | None]) -> list[float]:
    """With NaN for what is not known."""
    return [math.nan if value is None else value for value in several]


def test_it_has_no_other_parts(page: Page, study: Study) -> None:
    assert set(page.block) == PARTS
    assert {name for network in page.block["networks"] for name in network} == OF_NETWORKS
    assert page.block["study"] == study.config["name"]


def test_the_page_on_what_papers_print_has_no_numbers_but_its_tables(published: Page, study: Study) -> None:
    empty: dict[str, Any] = {"networks": [], "quantities": [], "figures": {}, "theme": {}}
    assert published.block == {"study": study.config["name"], **empty}
    assert (published.figures, published.graphs) == ({}, {})


def test_it_has_every_record(page: Page, study: Study) -> None:
    folders = {path for path in (study.root / "models").iterdir() if path.is_dir()}
    assert {network.folder for network in study.networks} == folders
    assert [network.name for network in study.networks] == expected_names(study.networks)


def test_values_of_every_setting(page: Page, study: Study) -> None:
    for shown in page.block["networks"]:
        network = study.named(shown["slug"])
        assert [setting["name"] for setting in shown["settings"]] == network.settings
        for setting in shown["settings"]:
            expected = expected_values(study, network, setting["name"])
            assert set(setting["values"]) == set(expected), network.name
            assert setting["headline"] == (setting["name"] == network.first)
            for name, bounds in expected.items():
                own = numbers(setting["values"][name])
                assert own == pytest.approx(bounds, rel=SHORT, nan_ok=True), (network.name, setting["name"], name)


def test_facts_of_every_network(page: Page, study: Study) -> None:
    for shown in page.block["networks"]:
        network = study.named(shown["slug"])
        expected = (network.is_static, network.routes_differ, attacked.overrated(network) is not None)
        assert (shown["static"], shown["routes"], shown["bound"]) == expected
        method = zoo.method(network.method)
        named = (network.method, method.title, method.family or method.title, [network.folder.name])
        assert (shown["method"], shown["title"], shown["family"], shown["records"]) == named


def test_what_differences_are_computed_from(page: Page, study: Study) -> None:
    assert page.block["reference"] == reference(study).slug
    expected = aspects(study)
    assert [aspect["kind"] for aspect in page.block["aspects"]] == [aspect.kind for aspect in expected]
    for shown, aspect in zip(page.block["aspects"], expected, strict=True):
        if isinstance(aspect, Ratios):
            assert set(shown) == {"kind", "values"}
            for own, network in zip(shown["values"], study.networks, strict=True):
                assert own == pytest.approx(aspect.costs[network], rel=SHORT), (aspect.head, network.name)
        else:
            assert set(shown) == {"kind", "values", "errors", "critical"}
            assert shown["values"] == pytest.approx([aspect.found.accuracy[n] for n in study.networks], rel=SHORT)
            widths = [(aspect.of(*pair)[2] - aspect.of(*pair)[1]) / 2 for pair in combinations(study.networks, 2)]
            own = [shown["critical"] * error for error in shown["errors"]]
            assert own == pytest.approx(widths, rel=SHORTER, abs=1e-9), aspect.head


def test_differences_from_static_networks(page: Page, study: Study) -> None:
    for shown in page.block["networks"]:
        own = {one.curve.kind: one for one in against_static(study) if one.network.slug == shown["slug"]}
        assert set(shown["against"]) == set(own)
        for kind, (verdict, *ends) in shown["against"].items():
            one = own[kind]
            assert verdict == one.verdict
            assert ends == pytest.approx([one.value, one.low, one.high], rel=SHORT, abs=1e-12), (shown["name"], kind)


def test_static_curves(page: Page, study: Study) -> None:
    assert set(page.block["curves"]) == set(kinds(study))
    for kind, shown in page.block["curves"].items():
        time = kind.startswith("time_")
        scale = baseline_seconds(study, study.reference, int(kind.removeprefix("time_"))) if time else 1.0
        expected = [(scale * cost, accuracy) for cost, accuracy in points(study, kind)]
        assert len(shown) == len(expected)
        for own, meant in zip(shown, expected, strict=True):
            assert own == pytest.approx(meant, rel=SHORT), kind


def expected_quantities(study: Study) -> dict[str, tuple[Says, float]]:
    """What quantities are called, and what their values are shown times."""
    attack, radius = attacked.headline(study)
    slowed = says("multiply-accumulates under a slowdown attack, ε {}", radius)
    return {
        "accuracy": (Says("…"), 100),
        "macs": (Says("…"), study.unit[1]),
        **{f"time_{size}": (says("time per image, batch {}", size), 1e3) for size in study.sizes},
        "parameters": (Says("…"), 1e-3),
        "attacked": (says(f"accuracy under attack ({attack}, ε {{}})", radius), 100),
        "slowed": (slowed, study.unit[1]),
        "calibration_error": (Says("…"), 100),
        "train_seconds": (Says("…"), 1),
    }


def test_names_and_scales_of_quantities(page: Page, study: Study) -> None:
    shown: dict[str, Any] = {quantity["name"]: quantity for quantity in page.block["quantities"]}
    expected = expected_quantities(study)
    assert list(shown) == list(expected)
    for name, (title, scale) in expected.items():
        assert title.fits(shown[name]["title"]), name
        assert shown[name]["high"] == (name in ("accuracy", "attacked")), name
        assert shown[name]["scale"] == pytest.approx(scale), name
        assert shown[name]["cost"] == name.startswith(("macs", "time_", "parameters")), name
