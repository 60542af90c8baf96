"""What the explorer has beside its images: labels, answers of networks and exits, routes, costs, pictures."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.reading import Page
from tests.benchmarks.reporting.numbers.records import Network, Study, right
from tests.benchmarks.reporting.numbers.route_figures import exits_of
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
    assert_rounded(own["confidences"], shown(content, network)["confidence"])


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


def slowed_macs(content: Content, network: Network, own: Content) -> None:
    rows = network.table("slowdown")
    radius = attacked.second(attacked.radii(rows)) if len(attacked.radii(rows)) else 0.0
    found = rows[(rows["goal"] == "cost") & (rows["epsilon"] == radius)].set_index("index")["macs"].to_dict()
    assert own["slowed_macs"] == [found.get(index) for index in range(content["count"])]


def exits(content: Content, network: Network, own: Content) -> None:
    """What every exit says of every image; nothing of a network without exits."""
    rows = network.table("exits") if network.has("exits") else pd.DataFrame({"note": ["not measured"]})
    if (rows["note"] != "").all():
        assert own["exits"] is None
        return
    shown = rows[(rows["split"] == "test") & (rows["index"] < content["count"])].sort_values("index")
    several = [shown[shown["exit"] == name] for name in exits_of(network)]
    assert set(own["exits"]) == {"units", "answers", "confidences"}
    assert [network.units[place] for place in own["exits"]["units"]] == exits_of(network)
    assert own["exits"]["answers"] == [one["prediction"].tolist() for one in several]
    for percentages, one in zip(own["exits"]["confidences"], several, strict=True):
        assert_rounded(percentages, one["confidence"])


def assert_rounded(percentages: list[int], shares: pd.Series[float]) -> None:
    """Whether some shares are shown as whole percentages."""
    assert len(percentages) == len(shares)
    assert np.abs(100 * shares.astype(float).to_numpy() - percentages).max() <= 0.5 + 1e-4


PICTURES = {"attacked": "robustness_pictures", "slowed": "slowdown_pictures"}
"""What the explorer calls pictures, and the tables that have them."""
MOST_BYTES = 800_000
"""Of all pictures together, as base64."""


def pictures(content: Content, network: Network, kind: str) -> pd.DataFrame:
    """Those of the shown images; none in records of before."""
    if not network.has(PICTURES[kind]):
        return pd.DataFrame()
    rows = network.table(PICTURES[kind]).sort_values("index")
    return rows.query("index < @shown", local_dict={"shown": content["count"]})


def pictured(content: Content, study: Study) -> int:
    """Of how many first images every table has a picture, and all of them have room."""
    tables = [pictures(content, network, kind) for network in study.networks for kind in PICTURES]
    known = [own["png"].map(lambda png: len(base64.b64encode(png))).tolist() for own in tables if len(own)]
    sums = np.cumsum([sum(sizes) for sizes in zip(*known, strict=False)])
    return int((sums <= MOST_BYTES).sum())


def of_kind(kind: str) -> Callable[[Content, Network, Content], None]:
    """A check of pictures."""

    def check(content: Content, network: Network, own: Content) -> None:
        rows = pictures(content, network, kind).head(content["pictured"])
        if rows.empty:
            assert own[kind] is None
            return
        columns = {"exact": "exact", "answers": "prediction", "macs": "macs", "by": "attack"}
        expected: Content = {name: rows[column].tolist() for name, column in columns.items()}
        expected["epsilon"] = f"{attacked.second(attacked.radii(network.table('robustness'))):g}"
        expected["png"] = [base64.b64encode(png).decode() for png in rows["png"]]
        assert_rounded(own[kind]["confidences"], rows["confidence"])
        assert {name: value for name, value in own[kind].items() if name != "confidences"} == expected

    return check


OF_NETWORKS: dict[str, Callable[[Content, Network, Content], None]] = {
    "units": units,
    "routes": routes,
    "route": routes,
    "macs": costs,
    "answers": answers,
    "confidences": confidences,
    "falls": falls,
    "slowed_macs": slowed_macs,
    "exits": exits,
    **{kind: of_kind(kind) for kind in PICTURES},
}
"""A check for everything that is said of a network; what is new on the page needs one."""


def test_facts_of_the_images(content: Content, study: Study) -> None:
    first = study.networks[0]
    stored = json.loads((study.root / "images.json").read_text())
    expected = {name: stored[name] for name in ("count", "columns", "height", "width", "classes")} | {
        "labels": shown(content, first)["label"].tolist(),
        "epsilons": [f"{radius:g}" for radius in attacked.radii(first.table("robustness"))],
        "slowed": f"{attacked.headline(study)[1]:g}" if attackable(study) else "",
        "pictured": pictured(content, study),
    }
    assert {name: value for name, value in content.items() if name != "networks"} == expected
    assert content["count"] == len(content["labels"])


def test_facts_of_every_network(content: Content, study: Study) -> None:
    assert [own["slug"] for own in content["networks"]] == [network.slug for network in study.networks]
    for own in content["networks"]:
        assert set(own) - {"slug"} == set(OF_NETWORKS)
        for check in dict.fromkeys(OF_NETWORKS.values()):
            check(content, study.named(own["slug"]), own)
