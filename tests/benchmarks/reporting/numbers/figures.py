"""What is expected of the numbers behind every figure, by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.records import Network, Study, bins, right, share_right, wilson
from tests.benchmarks.reporting.numbers.route_figures import of_network
from tests.benchmarks.reporting.numbers.rows import Row, Rows
from tests.benchmarks.reporting.numbers.sections.attack import attackable
from tests.benchmarks.reporting.numbers.sections.captions import FEWEST
from tests.benchmarks.reporting.numbers.sections.changed import APART, parts
from tests.benchmarks.reporting.numbers.sections.easy import zoomed
from tests.benchmarks.reporting.numbers.sections.worth import dominator
from tests.benchmarks.reporting.numbers.times import is_timed, realised, relative_time

FEW = 6
"""Networks of which all have their interval in a figure; of more, only those that matter."""


def expected_figures(study: Study) -> dict[str, Callable[[], Rows]]:
    """What is expected of every figure, computed when it is asked for."""
    found: dict[str, Callable[[], Rows]] = {name: partial(make, study) for name, make in FIGURES.items()}
    for network in study.networks:
        found |= {f"{name}-{network.slug}": partial(make, study, network) for name, make in of_network(network).items()}
    return found


def accuracy_macs(study: Study) -> Rows:
    """Accuracy over cost of every setting."""
    for network in study.networks:
        costs = {setting: study.unit[1] * network.routed(setting) for setting in network.settings}
        yield from _settings(study, network, "", costs, "macs")


def accuracy_time(study: Study) -> Rows:
    """Accuracy over relative time of every setting."""
    for size in study.ends:
        for network in study.networks:
            own = [setting for setting in network.settings if is_timed(network, size, setting)]
            costs = {setting: relative_time(study, network, size, setting)[0] for setting in own}
            yield from _settings(study, network, batches(size), costs, f"time_{size}")


def batches(size: int) -> str:
    """The title of a panel."""
    return "One image at a time" if size == 1 else f"Batches of {size}"


def _settings(study: Study, network: Network, panel: str, costs: dict[str, float], kind: str) -> Rows:
    """A point per setting, and an interval at that of headlines, of networks that the figure is about."""
    for setting, x in costs.items():
        share, low, high = (100 * end for end in wilson(network.answers(setting)))
        yield Row(panel, network.name, "curve", {"x": x, "y": share})
        matters = network.routes_differ or len(study.networks) <= FEW or dominator(study, network, kind) is None
        if setting == network.first and matters:
            yield Row(panel, network.name, "interval", {"x": x, "low": low, "high": high})


def realised_times(study: Study) -> Rows:
    """Time over executed cost, relative to computing everything, of networks that can save something."""
    for size in study.ends:
        for network in study.networks:
            cost = network.table("cost").set_index("setting")
            shares = cost["executed"] / cost["nominal"]
            for setting, share in shares.items() if (shares < 1).any() else ():
                gain = realised(network, size, str(setting))[0]
                yield Row(batches(size), network.name, "curve", {"x": 100 * share, "y": 100 * share / gain})


def robustness(study: Study) -> Rows:
    """Accuracy over the radius; the strongest attack has intervals."""
    several = _curves(study)
    for network in study.networks:
        for attack in several:
            for radius, own in _by_radius(network, attack):
                share, low, high = (100 * end for end in wilson(own))
                yield Row(network.name, network.name, "curve", {"x": radius, "y": share})
                if attack == several[-1]:
                    yield Row(network.name, network.name, "interval", {"x": radius, "low": low, "high": high})


def _curves(study: Study) -> list[str]:
    """Attacks that were made at several radii."""
    counts = study.networks[0].table("robustness").groupby("attack")["epsilon"].nunique()
    return [name for name in attacked.attacks(study) if counts[name] > 1]


def _by_radius(network: Network, attack: str) -> Iterator[tuple[float, pd.DataFrame]]:
    rows = network.table("robustness")
    for radius, own in rows[rows["attack"].isin([attacked.CLEAN, attack])].groupby("epsilon"):
        yield float(str(radius)), own


def attack_compute(study: Study) -> Rows:
    """Cost over the radius, relative to the same images without an attack, where any attack changes it."""
    for network in study.networks:
        found = [
            (attack, radius, own["macs"].mean() / network.at("robustness", attack=attacked.CLEAN)["macs"].mean())
            for attack in attacked.attacks(study)
            for radius, own in _by_radius(network, attack)
        ]
        if network in attackable(study):
            table = network.table("slowdown")
            costs = table[table["goal"].isin(["none", "cost"])].groupby("epsilon")["macs"].mean()
            found += [("slowdown", float(str(radius)), macs / costs[0.0]) for radius, macs in costs.items()]
        if len({share for *_, share in found}) > 1:
            for panel, radius, share in found:
                if panel in (*_curves(study), "slowdown"):
                    yield Row(panel, network.name, "curve", {"x": radius, "y": 100 * share})


def attack_plane(study: Study) -> Rows:
    """Accuracy and cost without an attack, under that of headlines, and under those on the cost."""
    _, radius = attacked.headline(study)
    for network in study.networks:
        tables = [network.at("robustness", attack=attacked.CLEAN), attacked.strongest(study, network)]
        if network in attackable(study):
            tables += [network.at("slowdown", goal=goal, epsilon=radius) for goal in ("cost", "lost")]
        for own in tables:
            place = {"x": own["macs"].mean() * study.unit[1], "y": 100 * share_right(own)}
            yield Row("", network.name, "curve", place)


def without_parts(study: Study) -> Rows:
    """Accuracy lost without each part, over its place."""
    for network in (own for own in study.networks if own.has("lesions")):
        own = parts(network)
        single = [ends for ends, kind in zip(own.single, own.kinds, strict=True) if kind not in APART]
        for place, (value, low, high) in enumerate(single):
            x = 100 * (place + 0.5) / len(single)
            yield Row(network.name, network.name, "curve", {"x": x, "y": 100 * value})
            yield Row(network.name, network.name, "interval", {"x": x, "low": 100 * low, "high": 100 * high})


def training(study: Study) -> Rows:
    """Accuracies by epoch."""
    for network in study.networks:
        history = network.table("history")
        for name in ("train_accuracy", "validation_accuracy"):
            for epoch, share in zip(history["epoch"], history[name], strict=True):
                yield Row(network.name, network.name, "curve", {"x": epoch, "y": 100 * share})


def reliability(study: Study) -> Rows:
    """Accuracy by bin of confidence."""
    for network in study.networks:
        answers = network.answers()
        for _, own in answers.groupby(bins(answers)):
            if len(own) >= FEWEST:
                share, low, high = (100 * end for end in wilson(own))
                x = 100 * float(own["confidence"].astype(float).mean())
                yield Row(network.name, network.name, "curve", {"x": x, "y": share})
                yield Row(network.name, network.name, "interval", {"x": x, "low": low, "high": high})


def per_class(study: Study) -> Rows:
    """Accuracy of every network by class."""
    for network in study.networks:
        answers = network.answers()
        for label, share in right(answers).groupby(answers["label"]).mean().items():
            yield Row("", network.name, str(label), {"percent": 100 * share})


def scale(study: Study) -> Rows:
    """Executed units, with intervals, and accuracy by scale, in percent."""
    for own in zoomed(study):
        share = 100 / len(own.network.units)
        name = own.network.name
        for x, (value, low, high) in own.units.items():
            yield Row(name, name, "interval", {"x": x, "low": share * low, "high": share * high})
            yield Row(name, name, "curve", {"x": x, "y": share * value})
            yield Row(name, name, "curve", {"x": x, "y": 100 * own.accuracy[x][0]})


FIGURES: dict[str, Callable[[Study], Rows]] = {
    "accuracy-macs": accuracy_macs,
    "accuracy-time": accuracy_time,
    "realised": realised_times,
    "robustness": robustness,
    "attack-compute": attack_compute,
    "attack-plane": attack_plane,
    "parts": without_parts,
    "training": training,
    "reliability": reliability,
    "per-class": per_class,
    "scale": scale,
}
"""About all networks. A new figure of the page needs an entry here."""
