"""What the explorer has beside its images: labels, answers, confidences, routes, costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.reading import Page
from tests.benchmarks.reporting.numbers.records import Network, Study, right
from tests.benchmarks.reporting.numbers.sections.attack import attackable

Content = dict[str, Any]
HELD, UNTRIED = -1, -2
"""In place of a radius: no attack fooled the network; the image was not attacked."""


@pytest.fixture(scope="module")
def content(page: Page) -> Content:
    return page.explorer


def shown(content: Content, network: Network) -> pd.DataFrame:
    """The answers to the images that are shown."""
    answers = network.answers().set_index("index").sort_index()
    return answers.loc[: content["count"] - 1]


def answers(content: Content, network: Network, own: Content) -> None:
    assert own["answers"] == shown(content, network)["prediction"].tolist()


def confidences(content: Content, network: Network, own: Content) -> None:
    expected = 100 * shown(content, network)["confidence"].astype(float)
    assert np.abs(expected - own["confidences"]).max() <= 0.5 + 1e-4


def routes(content: Content, network: Network, own: Content) -> None:
    assert [own["routes"][place] for place in own["route"]] == shown(content, network)["route"].tolist()


def costs(content: Content, network: Network, own: Content) -> None:
    assert [own["macs"][place] for place in own["route"]] == shown(content, network)["macs"].tolist()


def units(content: Content, network: Network, own: Content) -> None:
    assert own["units"] == network.units


def falls(content: Content, network: Network, own: Content) -> None:
    """The place of the smallest radius at which an attack fools the network."""
    rows = network.table("robustness")
    wrong = rows[~right(rows) & (rows["attack"] != attacked.CLEAN)].groupby("index")["epsilon"].min()
    tried, radii = set(rows["index"]), attacked.radii(rows)
    expected = [
        radii.index(wrong[i]) if i in wrong else HELD if i in tried else UNTRIED for i in range(content["count"])
    ]
    assert own["falls"] == expected


def slowed(content: Content, network: Network, own: Content) -> None:
    rows = network.table("slowdown")
    radius = attacked.second(attacked.radii(rows)) if len(attacked.radii(rows)) else 0.0
    found = rows[(rows["goal"] == "cost") & (rows["epsilon"] == radius)].set_index("index")["macs"].to_dict()
    assert own["slowed"] == [found.get(index) for index in range(content["count"])]


OF_NETWORKS: dict[str, Callable[[Content, Network, Content], None]] = {
    "units": units,
    "routes": routes,
    "route": routes,
    "macs": costs,
    "answers": answers,
    "confidences": confidences,
    "falls": falls,
    "slowed": slowed,
}
"""A check for everything that is said of a network; what is new on the page needs one."""


def test_facts_of_the_images(content: Content, study: Study) -> None:
    first = study.networks[0]
    stored = json.loads((study.root / "images.json").read_text())
    expected = {name: stored[name] for name in ("count", "columns", "height", "width", "classes")} | {
        "labels": shown(content, first)["label"].tolist(),
        "epsilons": [f"{radius:g}" for radius in attacked.radii(first.table("robustness"))],
        "slowed": f"{attacked.headline(study)[1]:g}" if attackable(study) else "",
    }
    assert {name: value for name, value in content.items() if name != "networks"} == expected
    assert content["count"] == len(content["labels"])


def test_facts_of_every_network(content: Content, study: Study) -> None:
    assert [own["slug"] for own in content["networks"]] == [network.slug for network in study.networks]
    for own in content["networks"]:
        assert set(own) - {"slug"} == set(OF_NETWORKS)
        for check in dict.fromkeys(OF_NETWORKS.values()):
            check(content, study.named(own["slug"]), own)
