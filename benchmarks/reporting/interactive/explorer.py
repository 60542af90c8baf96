"""What every shown network made of every shown image, for the page's explorer of images."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pandas as pd
from markupsafe import Markup

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.exits import TEST, of_split
from benchmarks.reporting.evidence.slowdown import COST
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.formatting import epsilons
from benchmarks.reporting.interactive.pictures import KINDS, Pictures

HELD, UNTRIED = -1, -2
"""In place of the radius at which an image falls: it survived all of them; it was not attacked."""


def explorer(evidence: Evidence) -> Markup:
    """JSON, deflated and in base64, of all that the explorer shows beside the images; empty where there are none.

    An object with `count`, `columns`, `height`, `width`, `classes`, `labels` (one per image), `epsilons` (names of
    radii), `slowed` (name of the radius of the slowdown attack; empty without one), `pictured` (of how many images
    there are pictures under attack) and `networks`: slug, units, routes (a text of 0 and 1 per distinct route), macs
    (of each of them), per image answer, confidence in percent, place of its route, place of the radius at which it
    falls (`HELD`, `UNTRIED`), and cost under the slowdown attack (null where it was not attacked); exits (see `_exits`)
    and pictures (by kind, see `Pictures.of`).
    """
    images = evidence.images
    shown = [network for network in detailed(evidence) if network.first.headline_answers() is not None]
    if images is None or not shown:
        return Markup()
    radii = sorted(set(evidence.robustness["epsilon"]) - {0.0})
    radius = evidence.slowdown_radius
    count = min(len(_answers(network, images.count)) for network in shown)
    first = _answers(shown[0], count)
    pictures = Pictures(shown, count)
    content = {
        "count": count,
        "columns": images.columns,
        "height": images.height,
        "width": images.width,
        "classes": list(images.classes),
        "labels": first["label"].tolist(),
        "epsilons": list(epsilons(radii).values()) if radii else [],
        "slowed": "" if radius is None else epsilons(evidence.slowdown["epsilon"])[radius],
        "pictured": pictures.count,
        "networks": [
            _network(network, count, radii, radius) | {kind: pictures.of(network, kind) for kind in KINDS}
            for network in shown
        ],
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return Markup(base64.b64encode(zlib.compress(text.encode(), 9)).decode())


def picture(evidence: Evidence) -> Markup:
    """The images as base64 of a PNG; empty where there are none."""
    return Markup(base64.b64encode(evidence.images.picture).decode()) if evidence.images else Markup()


def _answers(network: NetworkEvidence, count: int) -> pd.DataFrame:
    """Of the first seed at the headline setting: a row per shown image, in order."""
    table = network.first.headline_answers()
    if table is None:
        raise ValueError(f"{network.label} has no answers")
    return table[table["index"] < count].sort_values("index")


def _network(network: NetworkEvidence, count: int, radii: list[float], radius: float | None) -> dict[str, Any]:
    own = _answers(network, count)
    routes = {route: place for place, route in enumerate(dict.fromkeys(own["route"]))}
    macs = own.drop_duplicates("route")["macs"]
    return {
        "slug": network.slug,
        "units": list(network.first.units),
        "routes": list(routes),
        "macs": macs.tolist(),
        "answers": own["prediction"].tolist(),
        "confidences": (100 * own["confidence"]).round().astype(int).tolist(),
        "route": own["route"].map(routes).tolist(),
        "falls": _falls(network, count, radii),
        "slowed_macs": _slowed(network, count, radius),
        "exits": _exits(network, count),
    }


def _exits(network: NetworkEvidence, count: int) -> dict[str, Any] | None:
    """Of every exit, in order, its place among the units, and per image its answer and its confidence in percent."""
    table = network.first.measurements.get("exits")
    own = None if table is None else of_split(table[table["note"] == ""], TEST)
    if own is None or own.empty:
        return None
    shown = own[own["index"] < count].sort_values("index")
    several = [shown[shown["exit"] == name] for name in dict.fromkeys(own["exit"])]
    return {
        "units": [network.first.units.index(name) for name in dict.fromkeys(own["exit"])],
        "answers": [one["prediction"].astype(int).tolist() for one in several],
        "confidences": [(100 * one["confidence"]).round().astype(int).tolist() for one in several],
    }


def _falls(network: NetworkEvidence, count: int, radii: list[float]) -> list[int]:
    """Of every image the place of the smallest radius at which some attack makes the first seed err."""
    found = [UNTRIED] * count
    table = network.first.measurements.get("robustness")
    if table is None:
        return found
    shown = table[table["index"] < count]
    wrong = shown[(shown["label"] != shown["prediction"]) & (shown["attack"] != CLEAN)]
    smallest = wrong.groupby("index")["epsilon"].min()
    for index in shown["index"].unique():
        found[int(index)] = radii.index(float(smallest[index])) if index in smallest.index else HELD
    return found


def _slowed(network: NetworkEvidence, count: int, radius: float | None) -> list[int | None]:
    """Multiply-accumulates of the dearest version of every image that was found within the radius."""
    found: list[int | None] = [None] * count
    table = network.first.measurements.get("slowdown")
    if table is None or radius is None:
        return found
    own = table[(table["goal"] == COST) & (table["epsilon"] == radius) & (table["index"] < count)]
    for index, macs in zip(own["index"], own["macs"], strict=True):
        found[int(index)] = round(float(macs))
    return found
