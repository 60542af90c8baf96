"""Detection as an evaluator, of briefly trained networks: what its table has, what costs, and what stays alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
import torch

import zoo
from benchmarks.detecting import precision
from benchmarks.detecting.fitting import Found
from benchmarks.detecting.precision import LibraryMissing
from benchmarks.detecting.scenes import Scene
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.detection import DetectionOptions, detection, found_objects
from benchmarks.measuring.options import Evaluation
from benchmarks.measuring.summaries.detection import detection_columns, detection_rates
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import METHODS, small_study
from zoo.features.maps import FeatureMaps
from zoo.network import Task

NetworkOf = Callable[[str], TrainedNetwork]
FEW = DetectionOptions(steps=3, batch_size=2, scenes=12, draws=5)


def part(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["part"] == name].reset_index(drop=True)


def test_no_study_trains_detectors_unless_it_asks_for_it() -> None:
    assert Evaluation().options("detection") is None
    assert Evaluation.model_validate({"detection": {}}).options("detection") == DetectionOptions()


@pytest.mark.parametrize("method", METHODS)
def test_the_table_has_scenes_their_sum_classes_and_draws(method: str, network_of: NetworkOf) -> None:
    table = detection(network_of(method), FEW)
    of_scenes, (whole,) = part(table, "scene"), part(table, "all").to_dict("records")
    assert of_scenes["index"].tolist() == [*range(12)]
    assert whole["objects"] == of_scenes["objects"].sum() == part(table, "class")["objects"].sum()
    assert (of_scenes["found"] <= of_scenes["objects"]).all()
    assert (of_scenes["found"] <= of_scenes["detections"]).all()
    assert part(table, "class")["index"].tolist() == [*range(10)]
    assert part(table, "draw")["index"].tolist() == [*range(5)]
    assert 0 <= whole["ap"] <= whole["ap50"] <= 1
    assert set(table["note"]) == {""}


@pytest.mark.parametrize("method", METHODS)
def test_macs_are_those_of_the_trunk_on_the_canvas(method: str, network_of: NetworkOf) -> None:
    trained = network_of(method)
    table = detection(trained, FEW)
    ledger = FeatureMaps(trained.net, size=(64, 64)).ledger()
    routes = torch.tensor([[digit == "1" for digit in route] for route in part(table, "scene")["route"]])
    assert part(table, "scene")["macs"].tolist() == ledger.routed(routes).tolist()
    assert part(table, "all")["nominal"].tolist() == [ledger.nominal]
    assert part(table, "all")["macs"].tolist() == [pytest.approx(part(table, "scene")["macs"].mean())]
    assert ledger.nominal > trained.ledger.nominal  # of images of 28 x 28 pixels


def test_all_networks_meet_the_same_scenes_and_draws(network_of: NetworkOf) -> None:
    one, other = (detection(network_of(method), FEW) for method in ("resnet", "branchynet"))
    pd.testing.assert_series_equal(part(one, "scene")["objects"], part(other, "scene")["objects"])
    pd.testing.assert_series_equal(part(one, "class")["objects"], part(other, "class")["objects"])


def test_the_same_network_has_the_same_table_and_stays_as_it_was(network_of: NetworkOf) -> None:
    trained = network_of("adanet")
    weights = {name: value.clone() for name, value in trained.net.state_dict().items()}
    torch.manual_seed(0)
    first = detection(trained, FEW)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    pd.testing.assert_frame_equal(detection(trained, FEW), first)
    assert torch.rand(1) == expected  # nobody else's draws change
    assert all(torch.equal(value, weights[name]) for name, value in trained.net.state_dict().items())
    assert trained.net.setting == trained.settings[0]
    assert not detection(replace(trained, seed=trained.seed + 1), FEW).equals(first)


def test_a_network_without_maps_of_that_stride_has_a_note(network_of: NetworkOf) -> None:
    table = detection(network_of("resnet"), FEW.model_copy(update={"strides": (1, 2)}))
    assert table["note"].tolist() == ["the network has no feature maps of stride 1"]
    assert table.drop(columns="note").isna().all(axis=None)
    assert detection_rates(table).empty
    assert detection_columns(table, headline()).isna().all(axis=None)


def test_photographs_have_no_objects_to_cut_out(network_of: NetworkOf) -> None:
    trained = network_of("resnet")
    images = torch.randint(1, 255, (300, 1, 28, 28), dtype=torch.uint8)
    split = type(trained.dataset.train)(  # type: ignore[call-arg]
        images, torch.zeros(300, dtype=torch.int64), classes=10, augmentation=trained.dataset.info.augmentation
    )
    noise = replace(trained, dataset=replace(trained.dataset, train=split))
    (note,) = detection(noise, FEW)["note"]
    assert note == "no objects to cut out: the images of this data set have no black background"


def test_without_the_library_nothing_is_trained(network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "find_spec", lambda name: None)
    with pytest.raises(LibraryMissing, match="the evaluator detection needs pycocotools"):
        detection(network_of("resnet"), DetectionOptions(steps=10**9))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"strides": [4, 16]}, r"strides must be powers of two, each twice the one before, not \[4, 16\]"),
        ({"strides": [3, 6]}, r"strides must be powers of two, each twice the one before, not \[3, 6\]"),
        ({"strides": []}, "strides must be powers of two"),
        ({"side": 65}, "Input should be a multiple of 32"),
        ({"side": 32}, "Input should be greater than or equal to 64"),
        ({"steps": 1}, "Input should be greater than or equal to 2"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(given: dict[str, object], reason: str) -> None:
    with pytest.raises(StudyError, match=rf"detection[.\w]*: {reason}") as error:
        small_study(evaluation={"detection": given})
    assert "\n" not in str(error.value)


def test_an_object_is_found_by_a_sure_box_of_its_class_over_half_of_it() -> None:
    scene = Scene(torch.zeros(1, 64, 64), torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30]]), torch.tensor([3, 5]))

    def with_boxes(*detections: tuple[float, int, tuple[float, float, float, float]]) -> int:
        scores, labels, boxes = zip(*detections, strict=True)
        own = Found(torch.tensor(boxes), torch.tensor(labels), torch.tensor(scores), torch.ones(1, dtype=torch.bool))
        return found_objects(scene, own)

    assert with_boxes((0.9, 3, (0, 0, 10, 10)), (0.8, 3, (0, 0, 10, 9))) == 1  # twice the same
    assert with_boxes((0.9, 3, (0, 0, 10, 10)), (0.5, 5, (20, 20, 30, 26))) == 2  # six tenths
    assert with_boxes((0.9, 5, (0, 0, 10, 10))) == 0  # another class
    assert with_boxes((0.4, 3, (0, 0, 10, 10))) == 0  # not sure
    assert with_boxes((0.9, 3, (0, 0, 10, 4))) == 0  # four tenths


def headline() -> pd.DataFrame:
    return pd.DataFrame({"headline": [True, False]}, index=pd.Index(["default", "other"], name="setting"))


def test_rates_and_summary_leave_single_scenes_out(network_of: NetworkOf) -> None:
    table = detection(network_of("resnet"), FEW)
    rates = detection_rates(table)
    assert rates["part"].tolist() == ["all"] + ["class"] * 10 + ["draw"] * 5
    assert set(rates["scenes"]) == {12}
    found = detection_columns(table, headline())
    (whole,) = part(table, "all").to_dict("records")
    assert found.iloc[0].tolist() == [whole["ap"], whole["ap50"], whole["macs"]]
    assert bool(found.iloc[1].isna().all())


def test_the_trunks_of_the_study_that_ships_cost_the_same_on_its_canvas() -> None:
    from benchmarks.study.study import load_study

    study = load_study("detection")
    side = study.evaluation.options_as("detection", DetectionOptions)
    assert side is not None
    task = Task(shape=(1, side.side, side.side), classes=10)
    costs = [zoo.backbone(str(name), task).ledger().nominal for name in study.methods]
    assert max(costs) / min(costs) < 1.01
    assert study.repetitions == 3
