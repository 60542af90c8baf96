"""A figure is reproduced only by its own network, data, recipe and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import zoo
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.methods import STATIC, dataset_pixels
from benchmarks.reporting.findings.reproduced import Outcome, outcome, reported
from benchmarks.reporting.tables.published import published
from benchmarks.training.recipe import Recipe
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
    precision: str = "fp32",
    classes: int = 10,
) -> Evidence:
    own = recipe_of(method, preset) if recipe is None else recipe
    study = HandMade(root, dataset=dataset, recipe=own, methods=[str(zoo.Selector(method, preset, parameters or {}))])
    spec = study.spec(method, preset=preset, **(parameters or {}))
    tables = {"accuracy": accuracy} if cost is None else {"accuracy": accuracy, "cost": cost}
    record = study.add(spec, settings=settings, precision=precision, classes=classes)
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


CHANGED: Mapping[str, Mapping[str, Any]] = {
    "optimizer": {"optimizer": "adam"},
    "lr": {"lr": 0.05},
    "momentum": {"momentum": 0.8},
    "nesterov": {"nesterov": True},
    "weight_decay": {"weight_decay": 5e-4},
    "label_smoothing": {"label_smoothing": 0.1},
    "gradient_clip": {"gradient_clip": 1.0},
    "ema_decay": {"ema_decay": 0.99},
    "adversarial": {"adversarial": {"attack": "fgsm", "epsilon": 0.1}},
    "batch_size": {"batch_size": 64},
    "epochs": {"epochs": 3},
    "schedule": {"schedule": "cosine"},
    "warmup": {"warmup": 0.1},
    "warmup_steps": {"warmup_steps": 400},
    "warmup_lr": {"warmup_steps": 400, "warmup_lr": 0.01},
    "milestones": {"milestones": [0.3, 0.6]},
    "step_factor": {"step_factor": 0.2},
    "idle_updates": {"idle_updates": True},
    "augment": {"augment": False},
}
"""A change of every field on which weights depend. ResNet-20's paper does not name half of them: they are as usual."""
FASTER: Mapping[str, Mapping[str, Any]] = {"channels_last": {"channels_last": False}, "compile": {"compile": True}}


@pytest.mark.parametrize("field", Recipe.model_fields)
def test_a_figure_is_compared_with_its_own_training_in_every_field(tmp_path: Path, field: str) -> None:
    if field == "precision":  # what `auto` is depends on the machine: the record knows
        evidence = made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20), precision="bf16")
    else:
        recipe = recipe_of("resnet", "resnet-20", **{**CHANGED, **FASTER}[field])
        evidence = made_of(tmp_path, "resnet", "resnet-20", answers(RESNET_20), recipe=recipe)
    own = found(evidence, "resnet-20")
    if field in FASTER:
        assert (own.word, own.detail) == ("reproduced", "")
    else:
        assert own.word == "not attempted"
        assert field.replace("_", " ") in own.detail.removeprefix("other recipe: ").split(", ")


def test_what_an_optimizer_or_a_schedule_does_not_use_makes_no_other_recipe(tmp_path: Path) -> None:
    unused = {"nesterov": False, "momentum": 0.5, "milestones": [0.1], "step_factor": 0.5}
    recipe = recipe_of("branchynet", "b-lenet", **unused)
    data, cost = "torchvision[dataset=MNIST]", costs(("default", 1_250_000, 279e3))
    evidence = made_of(tmp_path, "branchynet", "b-lenet", answers("1" * 100), dataset=data, recipe=recipe, cost=cost)
    assert found(evidence, "b-lenet").word == "reproduced"


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


IMAGENET: dict[str, Any] = {"dataset": "imagefolder[path=imagenet, crop=224]", "classes": 1000}


def test_errors_after_longer_and_shorter_trainings_are_each_compared_with_their_own(tmp_path: Path) -> None:
    right = answers("1" * 100)
    usual = made_of(tmp_path / "a", "randwire", "randwire-c78", right, **IMAGENET)
    longer = recipe_of("randwire", "randwire-c78", epochs=250)
    long = made_of(tmp_path / "b", "randwire", "randwire-c78", right, recipe=longer, **IMAGENET)
    details = [[found(evidence, "randwire-c78", number).detail for number in (0, 1)] for evidence in (usual, long)]
    assert [one.error for one in figures("randwire", "randwire-c78")] == [26.2, 25.3]
    assert details == [["−26.20 points", "other recipe: epochs"], ["other recipe: epochs", "−25.30 points"]]


def test_an_error_of_the_supervised_phase_asks_for_that_phase_alone(tmp_path: Path) -> None:
    right, selector = answers("1" * 100, ("111111",)), ("skipnet", "skipnet-101")
    both = made_of(tmp_path / "a", *selector, right, **IMAGENET)
    assert found(both, "skipnet-101", 0).detail == "other preset"
    changes: dict[str, Any] = {"parameters": {"hybrid_share": 0.0}, **IMAGENET}
    supervised = recipe_of(*selector, epochs=120)
    alone = made_of(tmp_path / "b", *selector, right, recipe=supervised, **changes)
    assert found(alone, "skipnet-101", 0).detail == "at another cost: 100 % of the units here, 84.51 % printed"
    assert found(alone, "skipnet-101", 1).detail == "other preset"
    longer = made_of(tmp_path / "c", *selector, right, **changes)
    assert found(longer, "skipnet-101", 0).detail == "other recipe: epochs"


@pytest.mark.parametrize(
    ("route", "detail"),
    [
        ("1" * 69 + "0" * 31, "−7.25 points"),
        ("1" * 50 + "0" * 50, "at another cost: 50 % of the units here, 68.52 % printed"),
    ],
)
def test_an_error_at_a_share_of_the_blocks_is_compared_at_that_share_only(
    tmp_path: Path, route: str, detail: str
) -> None:
    # 70.27 % of 18 blocks, of which the first always runs: 11.6486 of the 17 others
    evidence = made_of(tmp_path, "skipnet", "skipnet-38", answers("1" * 100, (route,)))
    assert found(evidence, "skipnet-38", 0).detail == detail


@pytest.mark.parametrize(
    ("preset", "macs"),
    [
        # shares of exits times the operations up to each exit, with the heads on the way; see the layer lists
        ("b-lenet", 0.943 * (0.113 + 0.108) + 0.0563 * (0.113 + 0.108 + 1.027 + 0.001)),
        ("b-alexnet", 0.656 * 17.33 + 0.252 * (17.33 + 3.98) + 0.092 * (17.33 + 3.98 + 9.14)),
        ("b-resnet-110", 0.415 * 48.6 + 0.138 * (48.6 + 78.94) + 0.447 * (48.6 + 78.94 + 157.38)),
    ],
)
def test_branchynets_errors_are_at_the_cost_of_the_printed_exits(preset: str, macs: float) -> None:
    (figure,) = figures("branchynet", preset)
    assert figure.routed
    assert figure.macs == pytest.approx(macs * 1e6, rel=0.005)


def test_every_error_of_a_network_that_routes_images_is_at_a_cost_or_of_a_setting_without_routes() -> None:
    methods = [name for name in zoo.list_methods() if zoo.method(name).family not in STATIC]
    errors = [one for name in methods for preset in zoo.method(name).presets for one in figures(name, preset)]
    assert len(errors) > 10
    for one in errors:
        assert (one.routed and (one.macs or one.units_run)) or one.setting in ("full", "all layers, scaled"), one


@pytest.mark.parametrize(
    ("selector", "data", "detail"),
    [
        (("fractalnet", "fractalnet-thin-20"), {"dataset": "cifar100"}, "trained with augmentation ++, which is not"),
        (("fractalnet", "fractalnet-20"), {}, "another network: not the 38.6 M parameters"),
        (("fractalnet", "fractalnet-20-1x1"), {}, "another network: not the 38.6 M parameters"),
        (("cliquenet", "k150-t30-abc"), {}, "another network: 10.02 M parameters printed, 10.48 M"),
        (("highway", "highway-11"), {}, "another network: it ends in a fully connected layer"),
        (("fractalnet", "fractalnet-34"), IMAGENET, "tested on 10 crops"),
        (("cliquenet", "k36-t12-svhn"), {"dataset": "svhn"}, "trained on the extra digits"),
        (("resnet", "resnet-152-b"), {"dataset": "svhn"}, "trained on the extra digits"),
        (("stochastic_depth", "stochastic-depth-152"), {"dataset": "svhn"}, "trained on the extra digits"),
    ],
)
def test_an_error_that_nothing_here_is_like_is_not_attempted_but_the_number_is_shown(
    tmp_path: Path, selector: tuple[str, str], data: dict[str, Any], detail: str
) -> None:
    own = found(made_of(tmp_path, *selector, answers("1" * 100), **data), selector[1])
    assert (own.word, own.error) == ("not attempted", 0.0)
    assert own.detail.startswith(detail)


@pytest.mark.parametrize(("wrong", "word"), [(2389, "reproduced"), (2391, "ours differs")])
def test_an_error_read_off_a_plot_is_known_to_a_tenth_of_a_point(tmp_path: Path, wrong: int, word: str) -> None:
    figure = replace(figures("adanet", "convnet-aig-50")[0], routed=False, macs=None)
    assert figure.error == 23.8
    evidence = made_of(tmp_path, "adanet", "convnet-aig-50", answers("1" * 100), **IMAGENET)
    share = wrong / 10_000
    results = evidence.results.assign(accuracy=1 - share, accuracy_low=1 - share, accuracy_high=1 - share)
    own = outcome(replace(evidence, results=results), evidence.networks[0].method, "convnet-aig-50", figure)
    assert own.word == word


def test_an_error_printed_for_two_presets_is_counted_once_and_where_it_was_attempted(tmp_path: Path) -> None:
    cost = costs(("default", 30_450_000, 19.5e6))
    evidence = made_of(tmp_path, "branchynet", "b-alexnet-swept", answers("1" * 100), cost=cost)
    rows = {row.preset: row for row in reported(evidence)}
    assert list(rows) == ["b-lenet", "b-alexnet-swept", "b-resnet-110"]
    assert rows["b-alexnet-swept"].outcome.word == "ours differs"
    table = published(evidence)
    assert table is not None
    assert table.note.startswith("0 reproduced, 1 different, 2 not attempted. ")


def test_figures_with_one_source_data_set_and_error_are_one_figure_of_one_network() -> None:
    names: dict[tuple[str, str, float | None], list[Published]] = {}
    for method in zoo.list_methods():
        for preset in zoo.method(method).presets:
            for one in figures(method, preset):
                names.setdefault((one.source, one.dataset, one.error), []).append(one)
    same = [found for found in names.values() if len(found) > 1]
    assert same
    for one, *others in same:
        for other in others:
            assert replace(other, note=one.note) == one


def test_a_figures_own_training_is_one_that_a_recipe_can_say() -> None:
    for method in zoo.list_methods():
        for preset, facts in zoo.method(method).presets.items():
            for one in facts.published:
                assert not one.recipe or Recipe.model_validate({**facts.recipe, **one.recipe}), (method, preset)


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


def test_imagenet_has_a_thousand_classes(tmp_path: Path) -> None:
    part: dict[str, Any] = {**IMAGENET, "classes": 100}
    own = found(made_of(tmp_path, "densenet", "densenet-121", answers("1" * 100), **part), "densenet-121")
    assert (own.word, own.error, own.detail) == ("not attempted", None, "100 classes here, 1,000 in ImageNet")
