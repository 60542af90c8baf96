"""Average precision, on detections whose value can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from benchmarks.detecting import precision
from benchmarks.detecting.fitting import Found
from benchmarks.detecting.precision import LibraryMissing, Matches
from benchmarks.detecting.scenes import Scene

Box = tuple[float, float, float, float]
SQUARE: Box = (10, 10, 20, 20)
ELSEWHERE: Box = (40, 40, 50, 50)


def scene(*objects: tuple[int, Box]) -> Scene:
    boxes = torch.tensor([box for _, box in objects], dtype=torch.float32).view(-1, 4)
    return Scene(torch.zeros(1, 64, 64), boxes, torch.tensor([label for label, _ in objects], dtype=torch.int64))


def found(*detections: tuple[int, float, Box]) -> Found:
    return Found(
        boxes=torch.tensor([box for *_, box in detections], dtype=torch.float32).view(-1, 4),
        labels=torch.tensor([label for label, *_ in detections], dtype=torch.int64),
        scores=torch.tensor([score for _, score, _ in detections]),
        route=torch.ones(1, dtype=torch.bool),
    )


def matches(truth: Sequence[Scene], answers: Sequence[Found], classes: int = 2) -> Matches:
    return Matches(truth, answers, classes)


def test_what_is_found_exactly_has_an_average_precision_of_one() -> None:
    whole = matches([scene((0, SQUARE), (1, ELSEWHERE))], [found((0, 0.9, SQUARE), (1, 0.8, ELSEWHERE))]).precision()
    assert (whole.ap, whole.ap50) == pytest.approx((1, 1))
    assert whole.by_class == pytest.approx([1, 1])


def test_a_box_beside_the_object_counts_at_the_thresholds_that_it_reaches() -> None:
    # ten by ten pixels, one pixel aside: 90 of 110 are common, .818, which reaches .50 to .80: seven of ten thresholds
    whole = matches([scene((0, SQUARE))], [found((0, 0.9, (11, 10, 21, 20)))], classes=1).precision()
    assert (whole.ap, whole.ap50) == pytest.approx((0.7, 1))


def test_another_class_is_not_found() -> None:
    whole = matches([scene((0, SQUARE))], [found((1, 0.9, SQUARE))]).precision()
    assert (whole.ap, whole.ap50) == (0, 0)
    assert np.isnan(whole.by_class[1])  # there is no object of that class


def test_half_of_the_objects_is_half_of_the_recalls() -> None:
    # precision is 1 up to a recall of one half: at 51 of the 101 recalls 0, .01, ... 1
    whole = matches([scene((0, SQUARE), (0, ELSEWHERE))], [found((0, 0.9, SQUARE))], classes=1).precision()
    assert whole.ap == pytest.approx(51 / 101)


def test_a_surer_detection_of_nothing_halves_the_precision() -> None:
    answer = found((0, 0.9, ELSEWHERE), (0, 0.5, SQUARE))
    assert matches([scene((0, SQUARE))], [answer], classes=1).precision().ap == pytest.approx(0.5)
    answer = found((0, 0.5, ELSEWHERE), (0, 0.9, SQUARE))  # a less sure one does not
    assert matches([scene((0, SQUARE))], [answer], classes=1).precision().ap == pytest.approx(1)


def test_classes_count_alike_however_many_objects_they_have() -> None:
    truth = [scene((0, SQUARE), (0, ELSEWHERE)), scene((0, SQUARE), (1, ELSEWHERE))]
    answers = [found((0, 0.9, SQUARE), (0, 0.9, ELSEWHERE)), found((0, 0.9, SQUARE))]
    assert matches(truth, answers).precision().ap == pytest.approx((1 + 0) / 2)


def test_scenes_drawn_again_count_as_often_as_they_are_drawn() -> None:
    of = matches([scene((0, SQUARE)), scene((0, SQUARE))], [found((0, 0.9, SQUARE)), found()], classes=1)
    assert of.precision(np.array([0, 0])).ap == pytest.approx(1)
    assert of.precision(np.array([1, 1])).ap == 0
    assert of.precision(np.array([0, 1])).ap == pytest.approx(of.precision().ap) == pytest.approx(51 / 101)


def test_the_same_seed_draws_the_same_scenes_for_all() -> None:
    truth = [scene((0, SQUARE)) for _ in range(6)]
    one = matches(truth, [found((0, 0.9, SQUARE)) if i < 3 else found() for i in range(6)], classes=1)
    other = matches(truth, [found() if i < 3 else found((0, 0.9, SQUARE)) for i in range(6)], classes=1)
    first, again, opposite = ([drawn.ap for drawn in of.draws(20, 5)] for of in (one, one, other))
    assert first == again
    # what one finds the other misses: of each draw's recalls, both together have about all
    shares = [round(101 * (a + b)) for a, b in zip(first, opposite, strict=True)]
    assert set(shares) <= {101, 102}
    assert first != [drawn.ap for drawn in one.draws(20, 6)]


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    matches([scene((0, SQUARE))], [found((0, 0.9, SQUARE))]).draws(2, 0)
    assert capsys.readouterr().out == ""


def test_scenes_and_lists_must_belong_together() -> None:
    with pytest.raises(ValueError, match="0 lists of detections for 1 scenes"):
        matches([scene((0, SQUARE))], [])


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "find_spec", lambda name: None)
    with pytest.raises(
        LibraryMissing, match=r"needs pycocotools: python -m pip install 'routebench\[detection\]'"
    ) as e:
        matches([scene((0, SQUARE))], [found()])
    assert "\n" not in str(e.value)
