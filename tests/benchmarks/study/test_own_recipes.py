"""Recipes that a study gives to some of its networks: whose they are, what they override, and mistakes in one line."""

from __future__ import annotations

from typing import Any

import pytest

import zoo
from benchmarks.cli.plans import own_recipe
from benchmarks.cli.values import override
from benchmarks.study.design import Design
from benchmarks.study.study import OwnRecipe, Study, StudyError, checked
from benchmarks.training.recipe import Adversarial, Recipe

FAST = {"name": "adanet", "recipe": {"lr": 0.2}}


def study(*methods: Any, **fields: Any) -> Study:
    return checked(Study, {"methods": list(methods), **fields}, "my.yaml")


def rates(*methods: Any, **fields: Any) -> dict[str, float]:
    """Learning rates by label, in the study's order."""
    return {spec.label: spec.recipe.lr for spec in study(*methods, **fields).models("tiny")}


@pytest.mark.parametrize("methods", [("resnet", "adanet", FAST), (FAST, "resnet", "adanet"), ("resnet", FAST)])
def test_a_mapping_changes_the_networks_that_it_names_wherever_it_stands(methods: tuple[Any, ...]) -> None:
    assert rates(*methods) == {"resnet": 0.1, "adanet": 0.2}


def test_a_mapping_adds_no_duplicate_of_what_all_names() -> None:
    found = rates("all", FAST)
    assert list(found) == list(zoo.list_methods())
    assert [label for label, lr in found.items() if lr != 0.1] == ["adanet"]


def test_a_mapping_adds_a_network_that_the_list_does_not_have() -> None:
    assert list(rates("resnet", {"name": "adanet[target_rate=0.5]", "recipe": {}})) == [
        "resnet",
        "adanet[target_rate=0.5]",
    ]


def test_a_mapping_names_one_network_and_not_its_variants() -> None:
    assert rates("adanet[target_rate=0.5]", FAST) == {"adanet[target_rate=0.5]": 0.1, "adanet": 0.2}


def test_a_name_with_the_studys_scale_is_the_name_without() -> None:
    assert rates("adanet", {"name": "adanet[tiny]", "recipe": {"lr": 0.3}}) == {"adanet": 0.3}
    assert rates("adanet[small]", FAST | {"name": "adanet[small]"}, preset="small") == {"adanet": 0.2}


def test_wildcards_name_several_and_the_last_mapping_decides() -> None:
    found = rates("resnet", {"name": "*net", "recipe": {"lr": 0.3}}, FAST, "deformable")
    assert found["deformable"] == 0.1
    assert found["adanet"] == 0.2
    assert found["resnet"] == found["skipnet"] == 0.3


def test_fields_of_several_mappings_are_joined() -> None:
    (spec,) = study(FAST, {"name": "adanet", "recipe": {"weight_decay": 0.0}}).models("tiny")
    assert spec.recipe == Recipe(lr=0.2, weight_decay=0.0)


def test_an_own_recipe_outranks_a_published_one_and_that_the_studys() -> None:
    own = {"name": "branchynet[b-lenet]", "recipe": {"lr": 0.3}}
    (spec,) = study(own, published_recipes=True, recipe={"lr": 0.5, "batch_size": 7, "warmup": 0.25}).models("tiny")
    # BranchyNet's official code: Adam at 1e-3, batches of 512
    assert (spec.recipe.lr, spec.recipe.batch_size, spec.recipe.warmup) == (0.3, 512, 0.25)


def test_all_seeds_of_a_network_have_its_recipe() -> None:
    assert rates(FAST, repetitions=2) == {"adanet": 0.2, "adanet #2": 0.2}


def test_a_recipe_of_its_own_is_another_record() -> None:
    (plain,), (own,) = study("adanet").models("tiny"), study(FAST).models("tiny")
    assert plain.key != own.key
    assert study({"name": "adanet", "recipe": {"lr": 0.1}}).models("tiny")[0].key == plain.key


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"name": "adanet", "recipe": {"lrr": 1}},
            "recipe of adanet: lrr: no such field; did you mean lr? valid: opti",
        ),
        ({"name": "adanet", "recipe": {"lr": -1}}, "recipe of adanet: lr: Input should be greater than 0"),
        ({"name": "adanet", "recipes": {}}, "methods: entry 2: recipes: no such field; did you mean recipe? valid: na"),
        ({"recipe": {}}, "methods: entry 2: name: Field required"),
        ({"name": "adanet", "recipe": 3}, "methods: entry 2: recipe: Input should be a valid dictionary"),
        ({"name": "adanett", "recipe": {}}, "methods: unknown method 'adanett'; did you mean adanet"),
        ({"name": "zz*", "recipe": {}}, "no method matches 'zz*'; valid: resnet,"),
        ({"name": "adanet[rate=1]"}, "methods: unknown parameter of adanet 'rate'"),
        (3, "methods: entry 2: 3 is neither a selector nor a mapping of name and recipe"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place_and_what_is_valid(entry: object, message: str) -> None:
    with pytest.raises(StudyError) as error:
        study("resnet", entry).models("tiny")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_study_is_written_and_read_back_as_it_was() -> None:
    written = study("all", FAST).model_dump(mode="json")
    assert written["methods"] == ["all", FAST]
    assert checked(Study, written, "again") == study("all", FAST)
    assert checked(Design, written | {"evaluation": None}, "again").own_recipes() == [OwnRecipe.model_validate(FAST)]


def selected(*names: str, **fields: Any) -> dict[str, float]:
    chosen = override(study("all", FAST, **fields), {"methods": list(names)}, None)
    return {spec.label: spec.recipe.lr for spec in chosen.models("tiny")}


def test_methods_of_the_command_line_select_and_keep_recipes_of_their_own() -> None:
    assert selected("resnet") == {"resnet": 0.1}
    assert selected("adanet", "resnet") == {"adanet": 0.2, "resnet": 0.1}
    assert selected("adanet[target_rate=0.5]") == {"adanet[target_rate=0.5]": 0.1}
    assert selected("ada*") == {"adanet": 0.2}


def test_a_selection_can_be_written_and_read_back() -> None:
    chosen = override(study("all", FAST), {"methods": ["ada*"]}, 7)
    again = checked(Study, chosen.model_dump(mode="json"), "again")
    assert again.models("tiny") == chosen.models("tiny")
    assert again.models("tiny")[0].recipe == Recipe(lr=0.2, epochs=7)


def test_a_dry_run_names_the_fields_of_recipes_of_their_own() -> None:
    chosen = study("resnet", {"name": "adanet", "recipe": {"lr": 0.2, "ema_decay": 0.9}})
    lines = [own_recipe(spec, chosen.recipe) for spec in chosen.models("tiny")]
    assert lines == ["", "lr 0.2, ema_decay 0.9"]


def test_a_network_of_an_adversarial_study_can_be_trained_otherwise() -> None:
    plain = {"name": "resnet", "recipe": {"adversarial": None}}
    chosen = study("all", plain, recipe={"adversarial": {"epsilon": 0.2, "steps": 3}})
    lines = {spec.label: own_recipe(spec, chosen.recipe) for spec in chosen.models("tiny")}
    assert lines["resnet"] == "adversarial None"
    assert lines["adanet"] == ""
    again = checked(Study, chosen.model_dump(mode="json"), "again")
    assert again.models("tiny") == chosen.models("tiny")


def test_an_adversarial_recipe_of_its_own_replaces_the_studys_as_a_whole() -> None:
    own = {"name": "resnet", "recipe": {"adversarial": {"attack": "fgsm", "epsilon": 0.1}}}
    chosen = study(own, recipe={"adversarial": {"epsilon": 0.2, "steps": 3, "warmup": 0.5}})
    (spec,) = chosen.models("tiny")
    assert spec.recipe.adversarial == Adversarial(attack="fgsm", epsilon=0.1)
    assert own_recipe(spec, chosen.recipe) == "adversarial attack fgsm, epsilon 0.1, warmup 0.0, clean 0.0"
