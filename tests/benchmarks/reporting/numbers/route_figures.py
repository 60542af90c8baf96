"""What is expected of the numbers behind figures on the routes of a network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tests.benchmarks.reporting.numbers import inside_figures
from tests.benchmarks.reporting.numbers.exiting import budget, correct, costs, has_exits, rules
from tests.benchmarks.reporting.numbers.information import explained
from tests.benchmarks.reporting.numbers.insides import kinds
from tests.benchmarks.reporting.numbers.records import Network, Study
from tests.benchmarks.reporting.numbers.rows import Row, Rows

COST = r" \([\d.]+( [kMG])?\)$"
"""Of a unit, after its name."""
BARS = 40
"""Of a histogram."""


def used(network: Network, routes: pd.Series[str]) -> pd.DataFrame:
    """Which units some routes have."""
    return pd.DataFrame(
        [[digit == "1" for digit in route] for route in routes], columns=network.units, index=routes.index
    )


def execution(study: Study, network: Network) -> Rows:
    """Share of each class's images that used each unit."""
    answers = network.answers()
    rates = used(network, answers["route"]).groupby(answers["label"]).mean()
    for unit in network.units:
        for label, share in rates[unit].items():
            yield Row("", unit, str(label), {"percent": 100 * share})


def exits_of(network: Network) -> list[str]:
    """Its units that are exits."""
    return [unit for unit in network.units if unit.startswith("exit")]


def exits(study: Study, network: Network) -> Rows:
    """Share of images that left at each exit, one bar after another, for every setting."""
    for setting in network.settings:
        matrix = used(network, network.answers(setting)["route"])[exits_of(network)].to_numpy()
        last = matrix.shape[1] - 1 - matrix[:, ::-1].argmax(axis=1)
        shares = 100 * np.bincount(last, minlength=matrix.shape[1]) / len(last)
        ends = np.concatenate([[0.0], shares.cumsum()])
        for place, name in enumerate(exits_of(network)):
            yield Row("", setting, name, {"low": ends[place], "high": ends[place + 1]})


def rates_by_epoch(network: Network) -> pd.DataFrame:
    """Share of the validation images that used each unit after every epoch; empty in records of before."""
    history = network.table("history")
    rates = history["rates"] if "rates" in history else pd.Series(dtype=object)
    return pd.DataFrame(rates.tolist(), columns=network.units, index=history["epoch"] if len(rates) else None)


def dynamics(study: Study, network: Network) -> Rows:
    """The same, as cells."""
    for unit, rates in rates_by_epoch(network).items():
        for epoch, share in rates.items():
            yield Row("", str(unit), str(epoch), {"percent": 100 * share})


def histogram(study: Study, network: Network) -> Rows:
    """Share of images by cost, in bins up to a little above the largest one."""
    costs = network.answers()["macs"] * study.unit[1]
    nominal = network.table("ledger")["macs"].sum() * study.unit[1]
    edges = np.linspace(0, 1.04 * max(costs.max(), nominal), BARS + 1)
    heights = 100 * np.histogram(costs, edges)[0] / len(costs)
    for low, high, height in zip(edges[:-1], edges[1:], heights, strict=True):
        yield Row("", "", "bin", {"low": low, "high": high, "y": height})


def specialisation(study: Study, network: Network) -> Rows:
    """How much of the variance of each unit's execution classes explain."""
    answers = network.answers()
    shares = explained(used(network, answers["route"]), answers["label"])
    for unit, share in zip(network.units, shares, strict=True):
        yield Row("", unit, "bar", {"low": 0.0, "high": 100 * max(share, 0.0)})


def exit_criteria(study: Study, network: Network) -> Rows:
    """Accuracy over mean cost by every rule, and of the oracle; patience at its own costs only."""
    spent = costs(network)
    for place, (name, rule) in enumerate(rules(network).items()):
        what = f"{name} (its own)" if place == 0 else name
        stops = rule.costs if name == "patience" else np.linspace(spent[0], spent[-1], 41)
        for cost in stops:
            yield Row("", network.name, what, {"x": cost * study.unit[1], "y": 100 * rule.at(cost)})
    right = correct(network)
    first = [next((place for place, own in enumerate(row) if own), 0) for row in right]
    bound = {"x": spent[first].mean() * study.unit[1], "y": 100 * right.any(axis=1).mean()}
    yield Row("", network.name, "oracle", bound)


def budgeted(study: Study, network: Network) -> Rows:
    """Accuracy over mean cost of both ways to spend a budget."""
    found = budget(network)
    for cost, share in zip(found.batches.costs, found.batches.accuracy, strict=True):
        yield Row("", network.name, "budgeted batch", {"x": cost * study.unit[1], "y": 100 * share})
    for cost, right in found.anytime.values():
        yield Row("", network.name, "anytime", {"x": cost * study.unit[1], "y": 100 * right.mean()})


INSIDE = {
    "gates": ("openness", inside_figures.gates, inside_figures.gates_caption),
    "offsets": ("offsets", inside_figures.offsets, inside_figures.offsets_caption),
    "sampling": ("tap", inside_figures.sampling, inside_figures.sampling_caption),
    "positions": ("position", inside_figures.positions, inside_figures.positions_caption),
    "columns": ("answer", inside_figures.columns, inside_figures.columns_caption),
}
"""Figures of what goes on inside: the kind of rows that they need, their rows, and their captions."""


def of_network(network: Network) -> dict[str, Callable[[Study, Network], Rows]]:
    """What is drawn of a single network."""
    found: dict[str, Callable[[Study, Network], Rows]] = {}
    if (rates_by_epoch(network) < 1).to_numpy().any():
        found["dynamics"] = dynamics
    if exits_of(network):
        found["exits"] = exits
    if has_exits(network):
        found |= {"exit-criteria": exit_criteria, "budgeted": budgeted}
    inside = {kind: draw for kind, (_, draw, _) in INSIDE.items() if INSIDE[kind][0] in kinds(network)}
    found |= inside
    if network.method == "cliquenet":
        found["updates"] = inside_figures.updates
    if network.routes_differ:
        found |= {"execution": execution, "histogram": histogram}
    if network.routes_differ and not exits_of(network):
        found["specialisation"] = specialisation
    return found
