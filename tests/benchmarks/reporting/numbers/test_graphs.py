"""Shares of images by unit, in the drawings of networks."""

from __future__ import annotations

import json

import pandas as pd

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.reading import Page, words
from tests.benchmarks.reporting.numbers.records import Network, Study, short_macs
from tests.benchmarks.reporting.numbers.route_figures import used
from tests.benchmarks.reporting.numbers.saying import is_rounding, joined, says
from tests.benchmarks.reporting.numbers.sections.attack import attackable


def test_shares_of_all_groups_of_images(page: Page, study: Study) -> None:
    assert set(page.graphs) == {network.slug for network in study.networks}
    for slug, figure in page.graphs.items():
        network, drawing = study.named(slug), next(svg for svg in figure.iter("svg") if svg.get("data-shares"))
        shown = json.loads(drawing.get("data-shares", ""))
        groups = _groups(study, network)
        assert list(shown) == list(groups)
        for name, routes in groups.items():
            rates = 100 * used(network, routes).mean()
            assert len(shown[name]) == len(rates)
            assert all(is_rounding(str(own), rate) for own, rate in zip(shown[name], rates, strict=True)), (slug, name)


def _groups(study: Study, network: Network) -> dict[str, pd.Series[str]]:
    """Routes by what is said of the images: all, attacked, of every class."""
    answers, radius = network.answers(), attacked.headline(study)[1]
    found = {"all test images": answers["route"]}
    found[f"under attack, ε {radius:g}"] = network.at("robustness", attack=attacked.WORST, epsilon=radius)["route"]
    if network in attackable(study):
        slowed = network.at("slowdown", goal="cost", epsilon=radius)
        found[f"under the slowdown attack, ε {radius:g}"] = slowed["route"]
    if network.routes_differ:
        found |= {f"class {label}": own for label, own in answers["route"].groupby(answers["label"])}
    return found


def test_what_is_said_of_units(page: Page, study: Study) -> None:
    for slug, figure in page.graphs.items():
        network = study.named(slug)
        rates = 100 * used(network, network.answers()["route"]).mean()
        costs = network.table("ledger").set_index("unit")["macs"]
        boxes = {box.get("data-unit", ""): box for box in figure.iter("g") if box.get("data-unit")}
        assert set(boxes) == set(network.units)
        stages = {unit.partition(".")[0] for unit in network.units if "." in unit}
        assert {words(text) for text in figure.iter("text") if text.get("class") == "group"} == stages
        for unit, box in boxes.items():
            share = says("{}", rates[unit])
            cost = joined(", ", short_macs(float(costs[unit])), " MACs")
            tip = joined(f"{unit}: used for ", share, " % of images", cost)
            short = unit.rpartition(".")[2]
            assert tip.fits(words(next(box.iter("title")))), (slug, unit)
            assert cost.fits(box.get("data-cost", "")), (slug, unit)
            assert joined("--share:", share, "%").fits(box.get("style", "")), (slug, unit)
            assert all(share.fits(text) or text == short for text in map(words, box.iter("text"))), (slug, unit)
