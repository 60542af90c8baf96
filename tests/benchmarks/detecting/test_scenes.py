"""Scenes: boxes hold all ink of their digits and nothing around it, and a seed makes the same scenes everywhere."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from benchmarks.data import Dataset
from benchmarks.detecting.scenes import INK, OVERLAP, Objects, cut_out, has_background, objects_of, overlap, scenes


@pytest.fixture(scope="module")
def digits(few_digits: Dataset) -> Objects:
    return objects_of(few_digits.train, 300)


def test_a_planted_rectangle_is_cut_at_its_edges() -> None:
    image = torch.zeros(1, 28, 28)
    image[0, 5:15, 8:12] = 1
    assert cut_out(image, 1.0).shape == (1, 10, 4)
    assert (cut_out(image, 1.0) == 1).all()
    image[0, 20, 20] = INK / 2  # fainter than ink
    assert cut_out(image, 1.0).shape == (1, 10, 4)


def test_a_larger_scale_makes_a_larger_object() -> None:
    image = torch.zeros(1, 28, 28)
    image[0, 8:20, 8:20] = 1  # its edges fall on pixels of both sizes
    assert cut_out(image, 1.5).shape[1:] in {(18, 18), (20, 20)}  # a blurred pixel a side
    assert cut_out(image, 0.5).shape[1:] in {(6, 6), (8, 8)}


def test_images_of_another_shape_are_resized_to_the_same_height() -> None:
    assert cut_out(torch.ones(3, 8, 4), 1.0).shape == (3, 28, 14)


def test_an_image_without_ink_is_not_an_object(few_digits: Dataset) -> None:
    (batch,) = few_digits.test.take(3).batches(3)
    faint = Objects(batch.images * 0.05, batch.labels)
    assert not (faint.images > INK).any()
    assert cut_out(faint.images[0], 1.0).shape == (1, 28, 28)


def test_boxes_hold_all_ink_and_are_tight(digits: Objects) -> None:
    for scene in islice(scenes(digits, side=64, seed=3), 150):
        ink = (scene.image > INK).any(dim=0)
        covered = torch.zeros_like(ink)
        for x1, y1, x2, y2 in scene.boxes.int().tolist():
            assert 0 <= x1 < x2 <= 64
            assert 0 <= y1 < y2 <= 64
            covered[y1:y2, x1:x2] = True
            inside = ink[y1:y2, x1:x2]
            assert all(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
        assert not (ink & ~covered).any()


def test_the_box_of_a_single_digit_is_where_its_ink_begins_and_ends(digits: Objects) -> None:
    alone = [scene for scene in islice(scenes(digits, side=64, seed=4), 60) if len(scene.labels) == 1]
    assert len(alone) > 5
    for scene in alone:
        rows, columns = ((scene.image[0] > INK).any(dim=dim).nonzero().squeeze(1).tolist() for dim in (1, 0))
        assert scene.boxes.tolist() == [[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]]


def test_one_to_four_objects_overlap_little(digits: Objects) -> None:
    counts = set()
    for scene in islice(scenes(digits, side=64, seed=5), 150):
        counts.add(len(scene.labels))
        boxes = [(x1, y1, x2, y2) for x1, y1, x2, y2 in scene.boxes.int().tolist()]
        assert all(overlap(a, b) <= OVERLAP for i, a in enumerate(boxes) for b in boxes[:i])
    assert counts == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 0, 10, 10), (5, 5, 10, 10), 1.0),  # the smaller lies within
        ((0, 0, 4, 4), (2, 0, 6, 4), 0.5),
        ((0, 0, 4, 4), (4, 0, 8, 4), 0.0),  # they touch
        ((0, 0, 2, 2), (5, 5, 9, 9), 0.0),
    ],
)
def test_overlap_is_a_part_of_the_smaller_box(
    one: tuple[int, int, int, int], other: tuple[int, int, int, int], expected: float
) -> None:
    assert overlap(one, other) == overlap(other, one) == expected


def test_labels_are_those_of_the_digits_that_were_drawn() -> None:
    # two images that cannot be mixed up: a bar that stands and one that lies
    images = torch.zeros(2, 1, 28, 28)
    images[0, 0, 4:24, 12:16], images[1, 0, 12:16, 4:24] = 1, 1
    for scene in islice(scenes(Objects(images, torch.tensor([7, 3])), side=96, seed=0), 40):
        for (x1, y1, x2, y2), label in zip(scene.boxes.tolist(), scene.labels.tolist(), strict=True):
            assert label == (7 if y2 - y1 > x2 - x1 else 3)


def test_a_seed_makes_the_same_scenes_and_another_seed_makes_others(digits: Objects) -> None:
    first, again, other = (list(islice(scenes(digits, side=64, seed=seed), 5)) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        assert torch.equal(one.image, two.image)
        assert torch.equal(one.boxes, two.boxes)
        assert torch.equal(one.labels, two.labels)
    assert not any(torch.equal(one.image, two.image) for one, two in zip(first, other, strict=True))


def test_scenes_do_not_touch_the_global_random_state(digits: Objects) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    list(islice(scenes(digits, side=64, seed=1), 2))
    assert torch.rand(1) == expected


def test_a_canvas_without_room_is_refused(digits: Objects) -> None:
    with pytest.raises(ValueError, match="side must be at least 42 pixels, the size of the largest object, not 32"):
        next(scenes(digits, side=32, seed=0))


def test_digits_have_a_background_and_noise_has_none(digits: Objects) -> None:
    assert has_background(digits)
    assert not has_background(Objects(torch.rand(20, 3, 32, 32), torch.zeros(20, dtype=torch.int64)))
