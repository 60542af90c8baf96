"""A figure is reproduced only by its own network, data, recipe and cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import zoo
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.methods import dataset_pixels
from benchmarks.reporting.findings.reproduced import Outcome, outcome
from benchmarks.reporting.tables.published import published
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, costs
from zoo.papers.paper import Published

RESNET_20 = "1" * 730 + "0" * 70
"""8.75 % wrong, as He et al. 2016 print."""


def recipe_of(method: str, preset: str, **changes: Any) -> dict[str, Any]:
    return {**zoo.method(method).presets[preset].recipe, **changes}


def made_of(
    root: Path,
    method: str,
    preset: str,
    accuracy: pd.DataFrame,
    *,
    dataset: str = "cifar10",
    recipe: Mapping[str, Any] | None = None,
    settings: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    cost: pd.DataFrame | None = None,
) -> Evidence:
    own = recipe_of(method, preset) if recipe is None else recipe
    study = HandMade(root, dataset=dataset, recipe=own, methods=[str(zoo.Selector(method, preset, parameters or {}))])
    spec = study.spec(method, preset=preset, **(parameters or {}))
    tables = {"accuracy": accuracy} if cost is None else {"accuracy": accuracy, "cost": cost}
    record = study.add(spec, settings=settings)
    for name, table in tables.items():
        record.write_table(name, table, {"version": {}, "seconds": 1.0, "environment": ENVIRONMENT})
    return study.evidence()


def found(evidence: Evidence, preset: str, number: int = 0) -> Outcome:
    """Of the figure with an error that has this number among those of the preset."""
    method = evidence.networks[0].method
    return outcome(evidence, method, preset, figures(method.name, preset)[number])


def figures(method: str, preset: str) -> list[Published]:
    return [one for one in zoo.method(method).presets[preset].published if one.error is not None]


def test_an_error_whose_interval_has_the_printed_one_reproduces_it(tmp_path: Path) -> None:
    own = found(made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20)), "resnet-20")
    assert (own.word, own.detail) == ("reproduced", "")
    assert own.error == pytest.approx(0.0875)
    assert own.low < 0.0875 < own.high


@pytest.mark.parametrize(
    ("outcomes", "points"), [("1" * 400 + "0" * 400, "+41.25 points"), ("1" * 800, "−8.75 points")]
)
def test_an_error_further_off_than_chance_differs_and_says_by_how_much(
    tmp_path: Path, outcomes: str, points: str
) -> None:
    own = found(made_of(tmp_path, "resnet", "resnet-20", answers(outcomes)), "resnet-20")
    assert (own.word, own.detail) == ("ours differs", points)


def test_another_recipe_is_no_attempt_but_the_number_is_shown(tmp_path: Path) -> None:
    recipe = recipe_of("resnet", "resnet-20", epochs=3, weight_decay=5e-4)
    own = found(made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20), recipe=recipe), "resnet-20")
    assert own.word == "not attempted"
    assert own.detail.startswith("other recipe: ")
    assert set(own.detail.removeprefix("other recipe: ").split(", ")) == {"epochs", "weight decay"}
    assert own.error == pytest.approx(0.0875)


@pytest.mark.parametrize(
    "extra", [{"augment": False}, {"label_smoothing": 0.1}, {"adversarial": {"attack": "fgsm", "epsilon": 0.1}}]
)
def test_what_a_paper_does_not_name_is_what_is_usual(tmp_path: Path, extra: dict[str, Any]) -> None:
    recipe = recipe_of("resnet", "resnet-20", **extra)
    own = found(made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20), recipe=recipe), "resnet-20")
    assert (own.word, own.detail) == ("not attempted", f"other recipe: {next(iter(extra)).replace('_', ' ')}")


def test_errors_on_jpeg_images_never_stand_beside_those_on_original_pixels(tmp_path: Path) -> None:
    evidence = made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20), dataset="cifar10-jpeg")
    own = found(evidence, "resnet-20")
    assert (own.word, own.error, own.network) == ("not attempted", None, None)
    assert own.detail == "JPEG-compressed images here"
    table = published(evidence)
    assert table is not None
    assert {cells[1].sub for cells in table.rows} == {"original pixels"}
    assert all(cells[3].missing for cells in table.rows)
    assert {cells[4].text for cells in table.rows} == {"not attempted"}
    assert "Here: CIFAR-10 JPEG (JPEG-compressed), with" in table.note


def test_the_table_counts_outcomes_and_has_one_per_figure(tmp_path: Path) -> None:
    table = published(made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20)))
    assert table is not None
    assert [column.name for column in table.columns][3:5] == ["Here", "Outcome"]
    words = [cells[4].text for cells in table.rows]
    assert words.count("reproduced") == 1
    assert set(words) == {"reproduced", "not attempted"}
    assert table.note.startswith(f"1 reproduced, 0 different, {len(words) - 1} not attempted. ")
    assert "Here: CIFAR-10 (original pixels), with" in table.note


def test_part_of_the_data_is_other_data(tmp_path: Path) -> None:
    own = found(
        made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20), dataset="cifar10[train=1000]"), "resnet-20"
    )
    assert (own.word, own.detail, own.error) == ("not attempted", "other images here, by train", None)


def test_other_presets_and_parameters_are_not_the_figures_network(tmp_path: Path) -> None:
    evidence = made_of(tmp_path / "a", "resnet", "resnet-20", answers(RESNET_20))
    assert found(evidence, "resnet-56").detail == "other preset"
    changed = made_of(tmp_path / "b", "resnet", "resnet-20", answers(RESNET_20), parameters={"shortcut_kind": "B"})
    assert found(changed, "resnet-20").detail == "other preset"


def test_a_network_that_is_asked_for_and_not_there_is_not_trained_yet(tmp_path: Path) -> None:
    names = ["resnet[resnet-20]", "resnet[resnet-56]"]
    study = HandMade(tmp_path, dataset="cifar10", methods=names)
    study.add(study.spec("resnet", preset="resnet-20"), accuracy=answers(RESNET_20))
    evidence = study.evidence()
    assert found(evidence, "resnet-56").detail == "not trained yet"
    assert found(evidence, "resnet-110").detail == "other preset"


def test_a_figure_of_a_changed_network_is_found_at_that_network(tmp_path: Path) -> None:
    evidence = made_of(tmp_path, "cliquenet", "k64-t15", answers("1" * 100), parameters={"updates": 2})
    details = {f"{one.error:g}": found(evidence, "k64-t15", n) for n, one in enumerate(figures("cliquenet", "k64-t15"))}
    assert details["5.54"].word == "ours differs"
    assert details["5.12"].detail == details["5.63"].detail == "other preset"


def test_a_figure_of_another_setting_is_compared_with_that_setting(tmp_path: Path) -> None:
    right = pd.concat(
        [answers("1" * 50 + "0" * 50), answers("1" * 100, setting="all layers, scaled")], ignore_index=True
    )
    settings = {"default": "", "all layers, scaled": ""}
    evidence = made_of(tmp_path, "adanet", "convnet-aig-110", right, settings=settings)
    own = found(evidence, "convnet-aig-110", 1)
    assert own.error == 0
    assert (own.word, own.detail) == ("ours differs", "−5.14 points")


def test_a_setting_that_was_not_measured_is_named(tmp_path: Path) -> None:
    evidence = made_of(tmp_path, "adanet", "convnet-aig-110", answers("1" * 100))
    own = found(evidence, "convnet-aig-110", 1)
    assert (own.word, own.detail) == ("not attempted", "no setting 'all layers, scaled'")


@pytest.mark.parametrize(
    ("routed", "word", "detail"),
    [
        (200e6, "ours differs", "−5.76 points"),
        (100e6, "not attempted", "at another cost: 100 M MACs here, 205 M printed"),
        (None, "not attempted", "printed at a cost, which was not measured here"),
    ],
)
def test_an_error_at_a_cost_is_compared_at_that_cost_only(
    tmp_path: Path, routed: float | None, word: str, detail: str
) -> None:
    cost = None if routed is None else costs(("default", 253_000_000, routed))
    own = found(made_of(tmp_path, "adanet", "convnet-aig-110", answers("1" * 100), cost=cost), "convnet-aig-110")
    assert (own.word, own.detail) == (word, detail)


def test_an_error_without_augmentation_asks_for_training_without(tmp_path: Path) -> None:
    own = recipe_of("fractalnet", "fractalnet-20", augment=False)
    evidence = made_of(tmp_path, "fractalnet", "fractalnet-20", answers("1" * 100), recipe=own)
    assert found(evidence, "fractalnet-20", 0).word == "ours differs"
    assert found(evidence, "fractalnet-20", 1).detail == "other recipe: augment"


@pytest.mark.parametrize(
    ("selector", "published_as", "why_not"),
    [
        ("cifar10", "cifar10", ""),
        ("cifar10[download=True]", "cifar10", ""),
        ("cifar10-jpeg", "", "JPEG-compressed images here"),
        ("cifar100[test=500]", "", "other images here, by test"),
        ("torchvision[dataset=MNIST]", "mnist", ""),
        ("torchvision[dataset=MNIST, crop=24]", "", "other images here, by crop"),
        ("torchvision[dataset=EuroSAT]", "", "other data set"),
        ("imagefolder[path=data/imagenet, crop=224]", "imagenet", ""),
        ("imagefolder[path=data/imagenet, crop=160]", "", "other data set"),
        ("mnist5k", "", "other data set"),
        ("parquet[path=cifar]", "", "other data set"),
    ],
)
def test_data_are_those_of_papers_by_name_and_options(selector: str, published_as: str, why_not: str) -> None:
    own = dataset_pixels(selector)
    assert (own.published_as, own.why_not) == (published_as, why_not)
    assert (own.words == "original pixels") == bool(published_as)
