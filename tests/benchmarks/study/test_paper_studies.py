"""The bundled studies of published networks cover every method that has a published error, on its data set."""

from __future__ import annotations

import pytest
import torch

import zoo
from benchmarks.reporting.evidence.methods import ORIGINALS, dataset_pixels
from benchmarks.study.study import Study, bundled_studies, load_study
from benchmarks.training.recipe import Recipe
from zoo.papers.paper import CIFAR10, CIFAR100, IMAGENET, MNIST

STUDIES = [name for name in bundled_studies() if name.startswith("paper")]


def presets_with_errors(method: str, dataset: str) -> set[str]:
    presets = zoo.method(method).presets
    return {
        name
        for name, preset in presets.items()
        if any(figure.dataset == dataset and figure.error is not None for figure in preset.published)
    }


def chosen(study: Study) -> list[zoo.Selector]:
    return [zoo.parse(str(entry)) for entry in study.methods]


def test_there_is_one_study_for_every_published_data_set() -> None:
    assert {dataset_pixels(load_study(name).dataset).published_as for name in STUDIES} == set(ORIGINALS)


def test_every_published_error_is_on_one_of_these_data_sets() -> None:
    found = {
        figure.dataset
        for method in zoo.list_methods()
        for preset in zoo.method(method).presets.values()
        for figure in preset.published
        if figure.error is not None
    }
    assert found == set(ORIGINALS)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_has_every_method_with_an_error_on_its_data_and_presets_that_have_one(name: str) -> None:
    study = load_study(name)
    dataset = dataset_pixels(study.dataset).published_as
    published = {method: presets_with_errors(method, dataset) for method in zoo.list_methods()}
    assert study.published_recipes
    assert {selector.name for selector in chosen(study)} == {method for method, presets in published.items() if presets}
    for selector in chosen(study):
        assert selector.preset in published[selector.name]
        assert not selector.parameters


@pytest.mark.parametrize("name", STUDIES)
def test_its_networks_are_trained_by_their_papers_recipes_as_far_as_known(name: str) -> None:
    for spec in load_study(name).models():
        recipe = zoo.method(spec.method).presets[spec.preset].recipe
        assert recipe
        theirs = Recipe.model_validate(dict(recipe))
        asked = theirs.model_fields_set
        assert {name: getattr(spec.recipe, name) for name in asked} == {name: getattr(theirs, name) for name in asked}


TASKS = {"cifar10": CIFAR10, "cifar100": CIFAR100, "svhn": CIFAR10, "mnist": MNIST, "imagenet": IMAGENET}


@pytest.mark.parametrize("name", STUDIES)
def test_its_networks_fit_its_images(name: str) -> None:
    study = load_study(name)
    task = TASKS[dataset_pixels(study.dataset).published_as]
    for selector in chosen(study):
        with torch.device("meta"):
            assert zoo.create(selector, task).task == task


def test_together_the_studies_have_every_method() -> None:
    named = {selector.name for name in STUDIES for selector in chosen(load_study(name))}
    assert named == set(zoo.list_methods())
