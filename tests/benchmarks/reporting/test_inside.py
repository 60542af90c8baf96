"""Figures of what goes on inside networks, of planted tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.records.identity import data_key
from benchmarks.records.sample_images import write_sample_images
from benchmarks.reporting.drawing.data import figure_data
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.inside import depend_on_class
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.figures.columns import columns
from benchmarks.reporting.figures.gates import gates
from benchmarks.reporting.figures.offsets import offsets
from benchmarks.reporting.figures.positions import GRID, positions
from benchmarks.reporting.figures.sampling import sampling
from benchmarks.reporting.figures.updates import updates
from tests.benchmarks.reporting.conftest import TWO_DIGITS
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs

IMAGES = 200


def of(made: HandMade, method: str, table: pd.DataFrame, **others: object) -> tuple[Evidence, NetworkEvidence]:
    """The only network of a study, with what was found inside of it."""
    accuracy = others.pop("accuracy", answers("1" * IMAGES))
    made.add(made.spec(method), accuracy=accuracy, inside=table, **others)  # type: ignore[arg-type]
    evidence = made.evidence()
    return evidence, next(network for network in evidence.networks if network.label == method)


def per_image(what: str, layer: str, values: object, **more: object) -> pd.DataFrame:
    """Images of the labels 0 and 1 in turn."""
    images = np.arange(IMAGES)
    return pd.DataFrame(
        {"what": what, "layer": layer, "index": images, "label": images % 2, "value": values, "note": "", **more}
    )


def test_gates_that_know_the_class_are_told_from_those_that_do_not(made: HandMade) -> None:
    images = np.arange(IMAGES)
    noise = 0.01 * ((images // 2) % 3)
    of_class, of_nothing = 0.05 + 0.2 * (images % 2) + noise, 0.02 + noise
    table = pd.concat([per_image("openness", "a", of_class), per_image("openness", "b", of_nothing)])
    drawing = gates(*of(made, "highway", table))
    assert drawing is not None
    cells = figure_data(drawing.panels[0].figure, {}).set_index(["y", "x"])["percent"]
    assert cells["a", "1"] - cells["a", "0"] == pytest.approx(20, abs=0.1)
    assert cells["b", "1"] == pytest.approx(cells["b", "0"], abs=0.1)
    assert "Here 1 of 2 layers are open by less than 10 %, which does not agree" in drawing.caption
    assert "differs between classes in 1 of 2 layers" in drawing.caption


def test_a_layer_that_does_not_vary_does_not_depend_on_the_class() -> None:
    assert not depend_on_class(np.full((10, 1), 0.5), np.arange(10) % 2).any()


def test_chance_is_seldom_taken_for_the_class() -> None:
    """Of 200 networks of three layers that know no class, about one in twenty has a layer that seems to."""
    generator = np.random.default_rng(0)
    labels = np.arange(IMAGES) % 10
    wrong = sum(depend_on_class(generator.normal(size=(IMAGES, 3)), labels).any() for _ in range(200))
    assert wrong <= 21  # more are rarer than 1 in 500


def test_reach_and_spread_are_drawn_by_layer(made: HandMade) -> None:
    table = pd.concat(
        [
            per_image("offsets", "a", 1.0, spread=0.0),
            per_image("offsets", "b", 0.5 + np.arange(IMAGES) % 2, spread=0.25),
        ]
    )
    drawing = offsets(*of(made, "deformable", table))
    assert drawing is not None
    data = figure_data(drawing.panels[0].figure, {})
    bars = data[data["what"] == "bar"].set_index("x")["high"]
    assert bars.to_dict() == {"a, reach": 1.0, "b, reach": 1.0, "a, spread": 0.0, "b, spread": 0.25}
    ends = data[(data["what"] == "interval") & (data["x"] == 0.8)].iloc[0]
    assert ends["high"] - ends["low"] == pytest.approx(2 * 1.96 * 0.5 / IMAGES**0.5, rel=0.01)
    assert "differs between classes in 1 of 2 layers" in drawing.caption
    assert "explains up to 100 % of its variance, which agrees" in drawing.caption


def taps(index: int) -> pd.DataFrame:
    """Nine taps at the middle of the picture, but for one in the upper left corner."""
    place = [0.0] + [0.5] * 8
    return pd.DataFrame({"what": "tap", "layer": "a", "index": index, "tap": range(9), "y": place, "x": place})


def test_samples_are_drawn_over_images_where_these_are_there(tmp_path: Path) -> None:
    made = HandMade(tmp_path / "hand")
    table = pd.concat([taps(0), taps(1)]).assign(value=0.5, note="")
    evidence, network = of(made, "deformable", table, data=data_key(TWO_DIGITS))
    assert evidence.images is None
    assert sampling(evidence, network) is None
    write_sample_images(made.store.root, TWO_DIGITS)
    shown = load(made.store.root)
    with look():
        drawing = sampling(shown, next(one for one in shown.networks if one.label == "deformable"))
    assert drawing is not None
    data = figure_data(drawing.panels[0].figure, {})
    assert list(dict.fromkeys(data["panel"])) == ["image 0", "image 1"]
    places = set(zip(data["x"], data["y"], strict=True))
    assert places == {(-0.5, -0.5), (13.5, 13.5)}  # of 28 pixels, whose centres are whole numbers


def test_positions_are_drawn_and_their_distance_is_said(made: HandMade) -> None:
    grid = pd.DataFrame({"what": "position", "tap": range(8), "y": [y for y, _ in GRID], "x": [x for _, x in GRID]})
    still, wide = grid.assign(layer="a"), grid.assign(layer="b", y=2 * grid["y"], x=2 * grid["x"])
    with look():
        drawing = positions(*of(made, "active_conv", pd.concat([still, wide]).assign(note="")))
    assert drawing is not None
    data = figure_data(drawing.panels[0].figure, {})
    assert set(data["what"]) == {"taps"}
    corner = data[data["panel"] == "b"].iloc[0]
    assert (corner["x"], corner["y"]) == (-2.0, -2.0)
    assert "by more than 0.1 pixels in 1 of 2 layers" in drawing.caption
    assert "(1.21, 2.41) is larger than the grid’s 1.21 in 1" in drawing.caption
    assert "2 layers are too few" in drawing.caption


def answered(name: str, outcome: str) -> pd.DataFrame:
    return answers(outcome)[["index", "label", "prediction"]].assign(what="answer", layer=name, value=0.5, note="")


@pytest.mark.parametrize(
    ("wrong", "verdict"), [(0, "which agrees"), (60, "which contradicts it"), (2, "which cannot be told")]
)
def test_the_deepest_column_is_set_against_the_whole_network(wrong: int, verdict: str, made: HandMade) -> None:
    outcomes = {
        "whole network": "1" * IMAGES,
        "column 1": "0" * IMAGES,
        "column 2": "0" * wrong + "1" * (IMAGES - wrong),
        "ensemble": "1" * IMAGES,
    }
    table = pd.concat([answered(name, outcome) for name, outcome in outcomes.items()])
    evidence, network = of(made, "fractalnet", table)
    study = replace(evidence.study, margin=2.0)
    drawing = columns(replace(evidence, study=study), network)
    assert drawing is not None
    assert verdict in drawing.caption.split("The ensemble is")[0]
    data = figure_data(drawing.panels[0].figure, {})
    shares = data[data["what"] == "curve"].set_index("x")["y"]
    assert shares.to_dict() == {1.0: 0.0, 2.0: pytest.approx(100 - wrong / 2), 3.0: 100.0, 4.0: 100.0}


def test_accuracy_is_drawn_over_the_number_of_updates(made: HandMade) -> None:
    outcomes = {"default": "1" * IMAGES, "x=1": "1" * 150 + "0" * 50, "x=0": "0" * IMAGES}
    accuracy = pd.concat([answers(outcome, setting=name) for name, outcome in outcomes.items()], ignore_index=True)
    cost = costs(*((name, 4_000_000, 4_000_000) for name in outcomes))
    evidence, network = of(
        made,
        "cliquenet",
        pd.DataFrame([{"what": None, "note": "nothing"}]),
        accuracy=accuracy,
        cost=cost,
        settings=dict.fromkeys(outcomes, ""),
    )
    assert updates(evidence, network) is None  # its settings do not say that they are about updates
    first, *fewer = network.first.settings
    told = [replace(setting, values={"updates": 1 - place}) for place, setting in enumerate(fewer)]
    shown = replace(network, models=(replace(network.first, settings=(first, *told)),))
    drawing = updates(evidence, shown)
    assert drawing is not None
    data = figure_data(drawing.panels[0].figure, {})
    assert data[data["what"] == "curve"].set_index("x")["y"].to_dict() == {2.0: 100.0, 1.0: 75.0, 0.0: 0.0}
    assert "x=1: −25.0 points (" in drawing.caption
    assert "without updates the difference is −100.0, which agrees" in drawing.caption


def test_networks_of_other_methods_have_none_of_it(evidence: Evidence) -> None:
    for draw in (gates, offsets, sampling, positions, updates, columns):
        assert not any(draw(evidence, network) for network in evidence.networks)
