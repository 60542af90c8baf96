"""Figures: what they draw, and what they say where there is nothing to draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from benchmarks.records.class_names import write_class_names
from benchmarks.records.identity import data_key
from benchmarks.reporting import figures
from benchmarks.reporting.drawing.multiples import Band, Curve
from benchmarks.reporting.drawing.style import look, style, style_of
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.figures import Drawing, NoData, Panel
from benchmarks.reporting.figures.reliability import bins
from benchmarks.reporting.figures.training import phase_starts
from tests.benchmarks.reporting.conftest import TWO_DIGITS
from tests.benchmarks.reporting.hand_made import HandMade, answers

SECTIONS = ("overview", "worth", "time", "attack", "training", "calibration")
STUDY_FIGURES = [figure for section in SECTIONS for figure in figures.study_figures(section)]
ENTRY_FIGURES = figures.network_figures("routes")


def draw(name: str, evidence: Evidence, label: str | None = None) -> Drawing:
    """A figure about all networks, or about the one with that label."""
    with look():
        if label is None:
            return next(f for f in STUDY_FIGURES if f.name == name).draw(evidence)
        found = next(f for f in ENTRY_FIGURES if f.name == name).draw(evidence, network(evidence, label))
    assert found is not None
    return found


def network(evidence: Evidence, label: str) -> NetworkEvidence:
    return next(network for network in evidence.networks if network.label == label)


def axes_of(drawing: Drawing) -> Axes:
    return drawing.panels[0].figure.axes[0]


def points_of(panel: Panel) -> dict[str, tuple[float, float]]:
    """Place of every mark by the text that appears over it."""
    marks = {str(line.get_gid()): line for line in panel.figure.axes[0].get_lines() if line.get_gid()}
    return {tip: (values(marks[gid], 0)[0], values(marks[gid], 1)[0]) for gid, tip in panel.tips.items()}


def columns_of(evidence: Evidence) -> list[list[str]]:
    """What is written below the heatmaps of classes."""
    drawings = draw("execution", evidence, "adanet"), draw("per-class", evidence)
    return [[label.get_text() for label in axes_of(drawing).get_xticklabels()] for drawing in drawings]


def values(line: Line2D, axis: int) -> list[float]:
    """What a line runs through: x (axis 0) or y (axis 1)."""
    column: list[float] = np.asarray(line.get_xydata(), dtype=float)[:, axis].tolist()
    return column


def test_every_setting_is_a_point_that_tells_its_numbers(evidence: Evidence) -> None:
    (panel,) = draw("accuracy-macs", evidence).panels
    assert sorted(panel.tips.values()) == [
        "AdaNet (ConvNet-AIG), default: 80.0 % at 3.00 M MACs",
        "BranchyNet, full: 100.0 % at 4.00 M MACs",
        "BranchyNet, knee: 90.0 % at 2.00 M MACs",
        "ResNet, default: 90.0 % at 4.00 M MACs",
    ]


def test_points_lie_where_their_numbers_say(evidence: Evidence) -> None:
    (panel,) = draw("accuracy-macs", evidence).panels
    assert points_of(panel)["BranchyNet, knee: 90.0 % at 2.00 M MACs"] == (2.0, 90.0)


def test_time_is_shown_relative_to_the_static_network(evidence: Evidence) -> None:
    (panel,) = draw("accuracy-time", evidence).panels  # one batch size: one panel
    places = points_of(panel)
    fast = "times as fast as the baseline"
    assert places[f"ResNet, default: 90.0 % in 2.00 ms, 1.00 (1.00–1.00) {fast}"] == (1.0, 90.0)
    assert places[f"BranchyNet, knee: 90.0 % in 1.00 ms, 2.00 (2.00–2.00) {fast}"] == (0.5, 90.0)


def test_time_that_is_saved_is_set_against_cost_that_is_saved(evidence: Evidence) -> None:
    (panel,) = draw("realised", evidence).panels
    places = sorted(points_of(panel).values())
    # AdaNet: 3 of 4 M MACs, 4 of 5 ms; BranchyNet: 2 and 4 of 4.2 M MACs, 1 and 4 of 4 ms
    assert [x for x, _ in places] == pytest.approx([200 / 4.2, 75.0, 400 / 4.2])
    assert [y for _, y in places] == pytest.approx([25.0, 80.0, 100.0])


def test_execution_rates_stand_in_the_cells(evidence: Evidence) -> None:
    axes = axes_of(draw("execution", evidence, "adanet"))
    # routes 110 101 111 101 110 101 111 101 110 101 of labels 0 1 0 1 ...: class 0 has 110 111 110 111 110
    assert [text.get_text() for text in axes.texts] == ["100", "100", "100", "0", "40", "100"]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["stage1.block1 (1.00 M)", "stage1.block2 (900 k)", "stage2.block1 (640)"]


def test_classes_are_called_by_their_names_where_the_study_has_them(evidence: Evidence) -> None:
    assert columns_of(replace(evidence, class_names=("cat", "ship"))) == [["cat", "ship"]] * 2
    assert columns_of(replace(evidence, class_names=())) == [["0", "1"]] * 2


def test_names_of_classes_are_read_for_the_data_of_the_records(made: HandMade) -> None:
    made.add(made.spec("resnet"), data=data_key(TWO_DIGITS), accuracy=answers("1111111111"))
    assert made.evidence().class_names == ()
    write_class_names(made.store.root, TWO_DIGITS)
    assert made.evidence().class_names == TWO_DIGITS.info.classes
    write_class_names(made.store.root, replace(TWO_DIGITS, fingerprint="of other images"))
    assert made.evidence().class_names == ()


def test_exit_bars_add_up_per_setting(evidence: Evidence) -> None:
    axes = axes_of(draw("exits", evidence, "branchynet"))
    assert [text.get_text() for text in axes.texts] == ["80", "", "20", "100"]


def test_figures_of_one_network_do_not_apply_to_one_with_a_single_route(evidence: Evidence) -> None:
    with look():
        assert not any(figure.draw(evidence, network(evidence, "resnet")) for figure in ENTRY_FIGURES)


def test_attack_curves_start_at_the_clean_images(evidence: Evidence) -> None:
    little = draw("robustness", evidence).little
    assert [one.network.label for one in little] == ["resnet", "adanet", "branchynet"]
    (adanet,) = (shape for shape in little[1].shapes if isinstance(shape, Curve))
    assert (list(adanet.x), list(adanet.y)) == ([0.0, 0.1, 0.2], [100.0, 40.0, 0.0])


def test_behind_every_attack_curve_is_the_range_of_all(evidence: Evidence) -> None:
    for one in draw("robustness", evidence).little:
        behind = one.shapes[0]
        assert isinstance(behind, Band)
        assert behind.backdrop
        assert (list(behind.x), list(behind.low), list(behind.high)) == (
            [0.0, 0.1, 0.2],
            [100.0, 0.0, 0.0],  # at 0.1 BranchyNet is the lowest,
            [100.0, 50.0, 0.0],  # and ResNet the highest
        )


def test_cost_under_attack_leaves_out_networks_whose_cost_never_changes(evidence: Evidence) -> None:
    drawing = draw("attack-compute", evidence)
    assert [found.label for found in drawing.legend] == ["adanet", "branchynet"]
    assert values(axes_of(drawing).get_lines()[0], 1) == pytest.approx([100.0, 110.0, 50.0])


def test_phases_of_training_start_where_their_name_first_appears(evidence: Evidence) -> None:
    assert phase_starts(network(evidence, "branchynet")) == {"joint": 2}
    caption = draw("training", evidence).caption
    assert "Upright: phases of BranchyNet, first “trunk”, then “joint” from epoch 2." in caption


def test_reliability_bins_leave_out_what_too_few_images_say() -> None:
    sure = answers("1" * 9 + "0").assign(confidence=0.95)
    unsure = answers("1" * 5).assign(confidence=0.2)
    (row,) = bins(sure.merge(unsure, how="outer")).to_dict("records")
    assert (row["x"], row["y"]) == pytest.approx((95.0, 90.0))
    assert (row["low"], row["high"]) == pytest.approx((59.58, 98.21), abs=0.01)


def test_reliability_has_the_bins_of_the_calibration_error() -> None:
    edge = answers("1" * 10).assign(confidence=0.2)  # the upper edge of the third of 15 bins
    inside = answers("1" * 5 + "0" * 5).assign(confidence=0.17)
    (row,) = bins(edge.merge(inside, how="outer")).to_dict("records")
    assert (row["x"], row["y"]) == pytest.approx((18.5, 75.0))


def test_classes_have_their_own_accuracy(evidence: Evidence) -> None:
    texts = [text.get_text() for text in axes_of(draw("per-class", evidence)).texts]
    assert texts == ["100", "80", "80", "80", "100", "80"]  # ResNet, AdaNet, BranchyNet; classes 0 and 1


@pytest.mark.parametrize("figure", STUDY_FIGURES, ids=lambda figure: figure.name)
def test_without_measurements_there_is_a_sentence(figure: figures.StudyFigure, made: HandMade) -> None:
    with look():
        with pytest.raises(NoData, match=r"^No .*\.$"):
            figure.draw(made.evidence())
        made.add(made.spec("resnet"))
        if figure.name == "training":
            assert len(figure.draw(made.evidence()).little) == 1
        else:
            with pytest.raises(NoData, match=r"^No .*\.$"):
                figure.draw(made.evidence())


def test_a_method_has_one_colour_and_its_variants_differ_in_their_markers() -> None:
    first, second = style(0, 0), style(0, 1)
    assert first.color == second.color
    assert (first.marker, first.line) != (second.marker, second.line)


def test_twenty_methods_all_look_different() -> None:
    assert len({style(place, 0) for place in (None, *range(20))}) == 21


def test_a_network_is_drawn_by_the_place_of_its_method(evidence: Evidence) -> None:
    assert style_of(network(evidence, "resnet")) == style(None, 0)
    assert style_of(network(evidence, "adanet")) == style(network(evidence, "adanet").method.place, 0)
