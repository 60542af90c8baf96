"""What is expected of the numbers behind figures of what goes on inside networks, and of their captions."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from tests.benchmarks.reporting.numbers import insides
from tests.benchmarks.reporting.numbers.information import rank_correlation
from tests.benchmarks.reporting.numbers.records import Network, Study
from tests.benchmarks.reporting.numbers.rows import Row, Rows
from tests.benchmarks.reporting.numbers.saying import Ends, Says, joined, says

AGREES = {True: "which agrees", False: "which does not agree"}
MOVED, FEWEST = 0.1, 4
"""Pixels by which a tap has left its place; layers from which on it is said whether depth matters."""
SHOWN = 4
"""Images that samples are drawn over."""


def gates(study: Study, network: Network) -> Rows:
    """Openness by layer and class."""
    means = insides.wide(network, "openness").groupby(insides.labels(network, "openness")).mean()
    for layer in means:
        for label, share in means[layer].items():
            yield Row("", str(layer), str(label), {"percent": 100 * share})


def gates_caption(study: Study, network: Network) -> Says:
    """Whether gates are closed, and whether they know the class."""
    values = insides.wide(network, "openness")
    mean, low, high = insides.mean_ends(values.mean(axis=1).to_numpy())
    found, layers = insides.of_class(network, "openness"), values.shape[1]
    closed = int((values.mean() < 0.1).sum())
    bias = network.config["parameters"].get("gate_bias")
    begun = Says("") if bias is None else says(", from {} % before training", 100 * expit(bias))
    most = says(", of whose variance the class explains up to {} %", 100 * max(found.values())) if found else Says("")
    return joined(
        says("… at {} it keeps its input, at {} it replaces it. {} test images, …", 0, 100, len(values)),
        says("over all layers {} % ({} %: {} to {})", 100 * mean, 95, 100 * low, 100 * high),
        begun,
        says(". … ({}) …. Here {} of {} layers … {} %, ", 2015, closed, layers, 10),
        f"{AGREES[closed > layers / 2]}; ",
        says("… in {} of {} layers (F test, {} % for all together)", len(found), layers, 5),
        most,
        f", {AGREES[bool(found)]}.",
    )


def offsets(study: Study, network: Network) -> Rows:
    """Reach and spread of every layer, with intervals."""
    for column, what, shift in (("value", "reach", -0.2), ("spread", "spread", 0.2)):
        for place, (layer, values) in enumerate(insides.wide(network, "offsets", column).items()):
            mean, low, high = insides.mean_ends(values.to_numpy(dtype=float))
            yield Row("", f"{layer}, {what}", "bar", {"low": 0.0, "high": mean})
            yield Row("", network.name, "interval", {"x": place + shift, "low": low, "high": high})


def offsets_caption(study: Study, network: Network) -> Says:
    """Whether reach depends on the class."""
    reach, found = insides.wide(network, "offsets"), insides.of_class(network, "offsets")
    low, high = reach.iloc[:, -1].quantile([0.05, 0.95])
    most = says("the class explains up to {} % of its variance, ", 100 * max(found.values())) if found else Says("")
    return joined(
        says("…; {} would be a shift …. Lines are {} % intervals over {} test images, …", 0, 95, len(reach)),
        says(f"Dai et al. ({{}}) …. Here … reach {{}} to {{}} pixels in {reach.columns[-1]}, …", 2017, low, high),
        says("between classes in {} of {} layers (F test, {} % …): ", len(found), reach.shape[1], 5),
        most,
        f"{AGREES[bool(found)]}.",
    )


def sampling(study: Study, network: Network) -> Rows:
    """Samples of the middle place of the last layer, over pictures of images as large as these."""
    rows = network.at("inside", what="tap")
    for index, own in rows[rows["layer"] == rows["layer"].iloc[-1]].groupby("index"):
        for y, x in zip(own["y"], own["x"], strict=True):
            place = {"x": 28 * x - 0.5, "y": 28 * y - 0.5}
            yield Row(f"image {int(float(str(index)))}", network.name, "samples", place)


def sampling_caption(study: Study, network: Network) -> Says:
    """How many samples on how many images."""
    rows = network.at("inside", what="tap")
    start = says(f"Of the layer {rows['layer'].iloc[-1]}, on the first {{}} test images, …", SHOWN)
    rest = says("the {} samples …; outside of the image samples are {}. … ({}, Figure {}) …", 9, 0, 2017, 6)
    return joined(start, rest)


def positions(study: Study, network: Network) -> Rows:
    """Taps of every layer."""
    for layer, places in insides.positions(network).items():
        for y, x in places:
            yield Row(layer, network.name, "taps", {"x": x, "y": y})


def positions_caption(study: Study, network: Network) -> Says:
    """How far taps are from where they started, and from the centre."""
    several = insides.positions(network).values()
    moved = sum(max(math.dist(a, b) for a, b in zip(own, insides.GRID, strict=True)) > MOVED for own in several)
    distances = [float(np.mean([math.hypot(*place) for place in own])) for own in several]
    grid = float(np.mean([math.hypot(*place) for place in insides.GRID]))
    text = joined(
        says("…. Jeon and Kim ({}) …. Here … than {} pixels in {} of {} layers, ", 2017, MOVED, moved, len(distances)),
        f"{AGREES[moved > 0]}; … (",
        says(", ".join(["{}"] * len(distances)), *distances),
        says(") is larger than the grid’s {} in {}", grid, sum(own > grid for own in distances)),
    )
    if len(distances) < FEWEST:
        return joined(text, says("; {} layers are too few … One training, first seed.", len(distances)))
    found, p = rank_correlation(np.array(distances))
    clear = f"It {'grows' if found > 0 else 'falls'} with depth"
    told = clear if p < 0.05 else "Whether it grows with depth cannot be told"
    return joined(text, says(f". {told} (rank correlation {{}}, p {{}}). …", found, p))


def updates(study: Study, network: Network) -> Rows:
    """Accuracy by number of updates, with intervals."""
    for number, rows in insides.updates(network).items():
        yield from _with_interval(network, number, insides.accuracy(rows))


def _with_interval(network: Network, x: float, found: Ends) -> Rows:
    value, low, high = found
    yield Row("", network.name, "curve", {"x": x, "y": value})
    yield Row("", network.name, "interval", {"x": x, "low": low, "high": high})


def updates_caption(study: Study, network: Network) -> Says:
    """Differences from all updates."""
    found, most = insides.beside_all(network), max(insides.updates(network))
    each = [says(f"x={n}: {{}} points ({{}} to {{}})", *(100 * end for end in own)) for n, own in found.items()]
    value, low, high = list(found.values())[-1]
    verdict = "which agrees" if high < 0 else "which contradicts it" if low > 0 else "which cannot be told from none"
    return joined(
        says("{} test images, one seed; … {} % intervals (Wilson). Beside all {} updates, ", study.images, 95, most),
        says("… {} % intervals that hold together: ", 95),
        each[0],
        *(joined("; ", own) for own in each[1:]),
        says(f". Yang et al. ({{}}) …, and without updates the difference is {{}}, {verdict}.", 2018, 100 * value),
    )


def columns(study: Study, network: Network) -> Rows:
    """Accuracy of columns, of the whole, and of the ensemble, with intervals."""
    for place, rows in enumerate(insides.columns(network).values(), start=1):
        yield from _with_interval(network, place, insides.accuracy(rows))


def columns_caption(study: Study, network: Network) -> Says:
    """Whether the deepest column is near the whole network."""
    deepest, together = insides.beside_whole(network)
    near = deepest[1] > -0.01, deepest[2] < -0.01
    verdict = "which agrees" if near[0] else "which contradicts it" if near[1] else "which cannot be told"
    better = "better" if together[1] > 0 else "worse" if together[2] < 0 else "which cannot be told from none"
    return joined(
        says("{} test images, …; bars are {} % intervals (Wilson). … Larsson et al. ({}) …; ", study.images, 95, 2017),
        says("here it is {} points ({} to {}) beside it, ", *(100 * end for end in deepest)),
        says(f"{verdict} (within {{}} point, same images). ", 1),
        says(f"The ensemble is {{}} points ({{}} to {{}}) beside …, {better}.", *(100 * end for end in together)),
    )
