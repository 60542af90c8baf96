"""A study is of one data set, by its content: other bytes under the same name are never reported as the old ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import load_dataset
from benchmarks.running.scheduling import InlineScheduler
from benchmarks.study.study import StudyError
from tests.benchmarks.cases import NOT_MEASURED, ignore, small_study

DATASET = "imagefolder[crop=16, workers=0, in_memory=False]"


def make_folder(root: Path, classes: dict[str, tuple[int, int, int]], images: int = 12) -> Path:
    """Images of one colour per class, in ImageNet's layout."""
    draws = random.Random(str(sorted(classes)))
    for part in ("train", "val"):
        for name, colour in classes.items():
            (root / part / name).mkdir(parents=True)
            for number in range(images):
                shade = tuple(max(0, min(255, value + draws.randrange(-40, 40))) for value in colour)
                Image.new("RGB", (16, 16), shade).save(root / part / name / f"{number}.png")
    return root


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "a", {"blue": (0, 0, 200), "red": (200, 0, 0)})


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "b", {"black": (20, 20, 20), "white": (230, 230, 230)})


def campaign(results: Path, data_root: Path, *methods: str) -> Campaign:
    load_dataset.cache_clear()  # as in another process: the folder may have changed
    recipe = {"epochs": 1, "batch_size": 8}
    study = small_study(*methods, dataset=DATASET, preset="tiny", recipe=recipe, evaluation=NOT_MEASURED)
    return Campaign(study, RunOptions(results=results, data_root=data_root))


def run(results: Path, data_root: Path, *methods: str) -> list[str]:
    outcomes = campaign(results, data_root, *methods).run(InlineScheduler(), ignore)
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    return [outcome.job for outcome in outcomes]


def test_another_folder_under_the_same_name_is_refused_with_the_ways_out(
    first: Path, second: Path, tmp_path: Path
) -> None:
    run(tmp_path / "results", first, "resnet")
    with pytest.raises(StudyError) as error:
        run(tmp_path / "results", second, "resnet")
    assert "was made on other data than" in str(error.value)
    assert "resnet on" in str(error.value)
    assert "--name" in str(error.value)
    assert "--force" in str(error.value)


def test_a_second_network_on_another_folder_makes_no_table_of_two_data_sets(
    first: Path, second: Path, tmp_path: Path
) -> None:
    run(tmp_path / "results", first, "resnet")
    with pytest.raises(StudyError, match="was made on other data"):
        run(tmp_path / "results", second, "resnet", "preresnet")


def test_images_that_are_gone_are_not_reported_as_if_they_were_there(first: Path, tmp_path: Path) -> None:
    run(tmp_path / "results", first, "resnet")
    for number in range(2, 12):
        (first / "train" / "red" / f"{number}.png").unlink()
    with pytest.raises(StudyError, match="was made on other data"):
        run(tmp_path / "results", first, "resnet")


def test_discarding_makes_the_study_one_of_the_new_data(first: Path, second: Path, tmp_path: Path) -> None:
    run(tmp_path / "results", first, "resnet")
    again = campaign(tmp_path / "results", second, "resnet")
    again.discard()
    assert [outcome.error for outcome in again.run(InlineScheduler(), ignore)] == [""]
    (record,) = again.store.records()
    assert record.config["dataset_fingerprint"] == again.dataset.fingerprint


def test_the_same_images_elsewhere_are_the_same_study(first: Path, tmp_path: Path) -> None:
    run(tmp_path / "results", first, "resnet")
    moved = first.rename(tmp_path / "moved")
    assert run(tmp_path / "results", moved, "resnet") == []


def test_a_network_of_another_study_in_the_directory_is_no_obstacle(first: Path, second: Path, tmp_path: Path) -> None:
    run(tmp_path / "results", first, "resnet")
    assert run(tmp_path / "results", second, "preresnet") == ["train preresnet"]
