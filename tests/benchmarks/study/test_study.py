"""Studies: what they expand to, and one line for each way to get them wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import zoo
from benchmarks.records.store import Store
from benchmarks.study.design import Design, load
from benchmarks.study.study import (
    ModelSpec,
    Study,
    StudyError,
    bundled_studies,
    checked,
    expand_methods,
    load_study,
    method_names,
    parse_dataset,
)
from benchmarks.training.recipe import Recipe
from tests.benchmarks.cases import models, small_study
from zoo.methods.adanet import AdaNet

ROOT = Path(__file__).parents[3]


def study(**fields: Any) -> Study:
    return checked(Study, fields, "my.yaml")


def refusal(**fields: Any) -> str:
    """The message for a study that is refused when it is read or expanded."""
    with pytest.raises(StudyError) as error:
        study(**fields).models("tiny")
    return str(error.value)


def labels(*methods: str, **fields: Any) -> list[str]:
    return [spec.label for spec in study(methods=methods, **fields).models("tiny")]


@pytest.mark.parametrize(
    ("fields", "where", "valid"),
    [
        ({"titel": "x"}, "my.yaml: titel:", "valid: name, title, dataset"),
        ({"recipe": {"learning_rate": 1}}, "my.yaml: recipe.learning_rate:", "valid: optimizer, lr, momentum"),
        (
            {"evaluation": {"speed": {}}},
            "my.yaml: evaluation.speed:",
            "valid: cost, fidelity, latency, energy, robustness",
        ),
        (
            {"evaluation": {"robustnes": {}}},
            "evaluation.robustnes:",
            "no such field; did you mean robustness or",
        ),
        ({"evaluation": {"robustness": {"eps": 1}}}, "evaluation.robustness.eps:", "valid: samples, epsilons"),
        ({"recipe": {"schedule": "linear"}}, "my.yaml: recipe.schedule:", "'cosine', 'step' or 'constant'"),
        ({"recipe": {"precision": "fp16"}}, "my.yaml: recipe.precision:", "'auto', 'bf16' or 'fp32'"),
        ({"recipe": {"lr": 0}}, "my.yaml: recipe.lr:", "greater than 0"),
        ({"recipe": {"epochs": "many"}}, "my.yaml: recipe.epochs:", "valid integer"),
        ({"recipe": {"milestones": [0.5, "late"]}}, "my.yaml: recipe.milestones.1:", "valid number"),
        ({"recipe": None}, "my.yaml: recipe:", "valid dictionary"),
        ({"recipe": {"adversarial": "pgd"}}, "my.yaml: recipe.adversarial:", "valid dictionary"),
        ({"recipe": {"adversarial": {}}}, "my.yaml: recipe.adversarial.epsilon:", "required"),
        ({"recipe": {"adversarial": {"epsilon": 8}}}, "recipe.adversarial.epsilon:", "less than or equal to 1"),
        ({"recipe": {"adversarial": {"epsilon": 0}}}, "recipe.adversarial.epsilon:", "greater than 0"),
        ({"recipe": {"adversarial": {"epsilon": 0.1, "attack": "cw"}}}, "adversarial.attack:", "'pgd' or 'fgsm'"),
        ({"recipe": {"adversarial": {"epsilon": 0.1, "steps": 0}}}, "adversarial.steps:", "greater than or equal to 1"),
        ({"recipe": {"adversarial": {"epsilon": 0.1, "clean": 1}}}, "adversarial.clean:", "less than 1"),
        ({"recipe": {"adversarial": {"epsilon": 0.1, "warmup": 5}}}, "adversarial.warmup:", "less than or equal to 1"),
        ({"recipe": {"adversarial": {"epsilon": 0.1, "step_size": 0}}}, "adversarial.step_size:", "greater than 0"),
        ({"recipe": {"adversarial": {"eps": 0.1}}}, "adversarial.epsilon:", "required"),
        (
            {"recipe": {"adversarial": {"epsilon": 0.1, "step": 3}}},
            "recipe.adversarial.step: no such field; did you mean steps",
            "valid: attack, epsilon, steps, step_size, warmup, clean",
        ),
        (
            {"recipe": {"adversarial": {"epsilon": 0.1, "attack": "fgsm", "steps": 3}}},
            "my.yaml: recipe.adversarial:",
            "fgsm takes one step, not 3; write attack: pgd, or leave steps out",
        ),
        ({"repetitions": 0}, "my.yaml: repetitions:", "greater than or equal to 1"),
        ({"name": "../elsewhere"}, "my.yaml: name:", "should match pattern"),
        ({"methods": "resnet"}, "my.yaml: methods:", "valid tuple"),
        ({"evaluation": {"robustness": {"epsilons": [0.1, 8]}}}, "robustness.epsilons:", "at most 1"),
        ({"evaluation": {"robustness": {"epsilons": [0]}}}, "robustness.epsilons:", "above 0"),
        ({"evaluation": {"robustness": {"epsilons": []}}}, "robustness.epsilons:", "above 0"),
        ({"evaluation": {"latency": {"batch_sizes": [0]}}}, "latency.batch_sizes:", "at least 1"),
        ({"evaluation": {"energy": {"batch_sizes": []}}}, "energy.batch_sizes:", "at least 1"),
        ({"evaluation": {"energy": {"seconds": 0}}}, "energy.seconds:", "greater than 0"),
        ({"methods": ["resnett"]}, "unknown method 'resnett'; did you mean resnet", "(valid: resnet,"),
        ({"methods": ["resnet[huge]"]}, "unknown preset of resnet 'huge'", "(valid: tiny, small,"),
        ({"methods": ["adanet[rate=1]"]}, "unknown parameter of adanet 'rate'", "(valid: target_rate,"),
        ({"methods": ["adanet[target_rate=1"]}, "cannot read 'adanet[target_rate=1'", "write name, name[preset]"),
        ({"methods": ["adanet[target_rate={1, 2}]"]}, "methods: adanet[target_rate={1, 2}]:", "numbers, words"),
        ({"methods": ["zzz*"]}, "no method matches 'zzz*'", "valid: resnet,"),
        ({"methods": []}, "methods: none chosen", "valid: all, resnet,"),
        ({"methods": ["resnet"], "preset": "huge"}, "resnet has no preset 'huge'", "valid: tiny, small,"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place_and_what_is_valid(
    fields: dict[str, Any], where: str, valid: str
) -> None:
    message = refusal(**fields)
    assert where in message
    assert valid in message
    assert "\n" not in message


def test_a_label_names_every_preset_that_is_not_the_studys() -> None:
    both = ("resnet", "wideresnet", "resnet[small]", "resnet[tiny]", "resnet[resnet-20, widths=(8, 16, 32)]")
    tiny = [spec.label for spec in study(methods=both, preset="tiny").models()]
    small = [spec.label for spec in study(methods=both, preset="small").models()]
    assert tiny == ["resnet", "wideresnet", "resnet[small]", "resnet[resnet-20, widths=[8, 16, 32]]"]
    assert small == ["resnet", "wideresnet", "resnet[tiny]", "resnet[resnet-20, widths=[8, 16, 32]]"]


def test_a_network_at_another_scale_is_another_network_under_another_label() -> None:
    (tiny,), (small,) = study(methods=("resnet",)).models("tiny"), study(methods=("resnet",)).models("small")
    assert tiny.key != small.key
    assert study(methods=("resnet[small]",)).models("tiny")[0].key == small.key


def test_options_are_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        study().recipe.lr = 0.2  # type: ignore[misc]


def test_all_is_every_method_in_the_order_of_the_zoo() -> None:
    assert labels("all") == list(zoo.list_methods())


def test_a_wildcard_is_every_method_that_fits() -> None:
    assert set(labels("*net")) == {name for name in zoo.list_methods() if name.endswith("net")} > {"resnet", "adanet"}


def test_selectors_stay_in_the_order_given_and_come_once() -> None:
    assert labels("branchynet", "resnet", "branchynet", "res*") == ["branchynet", "resnet"]


def test_a_preset_in_a_selector_outranks_the_studys() -> None:
    specs = study(methods=["resnet[tiny]", "adanet"], preset="small").models("tiny")
    assert [spec.preset for spec in specs] == ["tiny", "small"]


def test_without_a_preset_the_data_sets_scale_is_used() -> None:
    assert [spec.preset for spec in study(methods=["resnet"]).models("small")] == ["small"]


def test_parameters_of_a_selector_reach_the_network() -> None:
    (spec,) = study(methods=["adanet[target_rate=(1, 1, 0.5, 0.5, 0.2, 0.2)]"]).models("tiny")
    net = zoo.create(spec.selector)
    assert isinstance(net, AdaNet)
    assert net.targets == [1, 1, 0.5, 0.5, 0.2, 0.2]


def test_tuples_and_lists_in_selectors_are_the_same_network() -> None:
    (one,), (other,) = (models(small_study(f"resnet[blocks={blocks}]")) for blocks in ("(1, 1, 1)", "[1, 1, 1]"))
    assert one == other


def test_labels_name_the_preset_unless_it_is_a_scale_then_parameters_then_the_repetition() -> None:
    methods = ["resnet", "resnet[resnet-20]", "adanet[target_rate=0.5, gate_width=8]"]
    assert labels(*methods, repetitions=2) == [
        "resnet",
        "resnet #2",
        "resnet[resnet-20]",
        "resnet[resnet-20] #2",
        "adanet[gate_width=8, target_rate=0.5]",
        "adanet[gate_width=8, target_rate=0.5] #2",
    ]


def test_a_published_recipe_overrides_what_it_names_and_leaves_the_rest() -> None:
    fields: dict[str, Any] = {"methods": ["branchynet[b-lenet]"], "recipe": {"lr": 0.5, "warmup": 0.25}}
    (spec,) = study(published_recipes=True, **fields).models("tiny")
    # BranchyNet's official code: Adam at 1e-3, batches of 512, no augmentation
    assert (spec.recipe.optimizer, spec.recipe.lr, spec.recipe.batch_size) == ("adam", 1e-3, 512)
    assert (spec.recipe.augment, spec.recipe.warmup) == (False, 0.25)


def test_published_recipes_are_ignored_unless_asked_for() -> None:
    fields: dict[str, Any] = {"methods": ["branchynet[b-lenet]"], "recipe": {"lr": 0.5}}
    (spec,) = study(**fields).models("tiny")
    assert spec.recipe == Recipe(lr=0.5)


def test_presets_without_a_published_recipe_keep_the_studys() -> None:
    (spec,) = study(methods=["resnet"], published_recipes=True, recipe={"lr": 0.5}).models("tiny")
    assert spec.recipe == Recipe(lr=0.5)


@pytest.mark.parametrize("method", zoo.list_methods())
def test_every_published_recipe_is_valid(method: str) -> None:
    selectors = [f"{method}[{preset}]" for preset in zoo.method(method).presets if preset != "small"]
    selectors = [text for text in selectors if "imagenet]" not in text]
    assert len(study(methods=selectors, published_recipes=True).models("tiny")) == len(selectors)


@pytest.mark.parametrize(
    "other",
    [
        small_study("adanet"),
        small_study("resnet[small]"),
        small_study("resnet[blocks=[1, 1, 1]]"),
        small_study(dataset="mnist5k"),
        small_study(seed=1),
        small_study(recipe={"lr": 0.2}),
        small_study(recipe={"precision": "auto"}),
        small_study(recipe={"milestones": [0.5]}),
        small_study(recipe={"adversarial": {"epsilon": 0.1}}),
    ],
    ids=["method", "preset", "parameter", "dataset", "seed", "lr", "precision", "milestones", "adversarial"],
)
def test_keys_differ_when_anything_that_matters_differs(other: Study) -> None:
    assert models(other)[0].key != models(small_study())[0].key


def test_a_recipe_without_attacks_is_written_as_before_there_were_any() -> None:
    (spec,) = models(small_study(recipe={"adversarial": None}))
    assert spec == models(small_study())[0]
    assert "adversarial" not in spec.model_dump()["recipe"]
    assert "adversarial" not in spec.model_dump(mode="json")["recipe"]


def test_repetitions_have_keys_of_their_own() -> None:
    assert len({spec.key for spec in models(small_study(repetitions=3))}) == 3


@pytest.mark.parametrize(
    "other",
    [
        small_study(name="other"),
        small_study(title="Other"),
        small_study("adanet", "resnet"),
        small_study(repetitions=2),
        small_study(evaluation={"latency": None}),
    ],
    ids=["name", "title", "company", "repetitions", "evaluation"],
)
def test_keys_stay_when_nothing_that_matters_differs(other: Study) -> None:
    keys = {spec.label: spec.key for spec in models(other)}
    assert keys["resnet"] == models(small_study())[0].key


def test_a_specification_survives_being_written_down() -> None:
    (spec,) = models(small_study("adanet[target_rate=0.5]", recipe={"adversarial": {"epsilon": 0.1}}))
    again = ModelSpec.model_validate(spec.model_dump(mode="json"))
    assert again == spec
    assert again.key == spec.key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mnist5k", ("mnist5k", {})),
        ("mnist5k[train=512, test=100]", ("mnist5k", {"train": 512, "test": 100})),
        ("imagefolder[path=flowers, crop=64]", ("imagefolder", {"path": "flowers", "crop": 64})),
    ],
)
def test_a_data_set_is_a_name_with_options(text: str, expected: tuple[str, dict[str, Any]]) -> None:
    assert parse_dataset(text) == expected


@pytest.mark.parametrize("text", ["mnist5k[large]", "mnist5k[train=5", "", "mnist 5k"])
def test_a_data_set_that_cannot_be_read_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(StudyError, match=r"^dataset: cannot read .*$"):
        parse_dataset(text)


def test_the_bundled_studies_are_these() -> None:
    assert set(bundled_studies()) == {
        *("detection", "inside", "photographs", "photographs-small", "quick", "robust", "standard"),
        *("paper", "paper-cifar100", "paper-imagenet", "paper-mnist", "paper-svhn"),
    }


@pytest.mark.parametrize("name", bundled_studies())
def test_bundled_studies_bear_their_files_name(name: str) -> None:
    assert load_study(name).name == name


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        *(("detection", "tiny"), ("inside", "tiny"), ("quick", "tiny"), ("robust", "tiny")),
        *(("standard", "small"), ("paper", "small"), ("paper-cifar100", "small"), ("paper-svhn", "small")),
    ],
)
def test_bundled_studies_expand_to_networks(name: str, scale: str) -> None:
    chosen = load_study(name)
    specs = chosen.models(scale)
    assert len(specs) == len(expand_methods(method_names(chosen.methods))) * chosen.repetitions


def test_the_study_of_photographs_has_every_method() -> None:
    """SkipNet's preset for short trainings shuts its gates for good in these, so that methods are listed by name."""
    specs = load_study("photographs").models()
    assert tuple(spec.method for spec in specs if spec.repetition == 0) == zoo.list_methods()
    assert {spec.preset for spec in specs if spec.method == "skipnet"} == {"tiny-published"}
    assert {spec.preset for spec in specs if spec.method != "skipnet"} == {"tiny"}


def test_a_yaml_file_is_read_and_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("methods: [resnet]\nrecipe: {lr: 0.05, weight_decay: 1e-4}\n")
    assert load_study(str(path)) == study(name="mine", methods=["resnet"], recipe={"lr": 0.05, "weight_decay": 1e-4})


@pytest.mark.parametrize("name", ["quick", "photographs"])
def test_a_stored_study_can_be_asked_for_again(name: str) -> None:
    stored = ROOT / "results" / "reference" / name
    assert load_study(str(stored / "study.yaml")) == Store(stored).read_study()


def test_a_study_that_another_version_has_stored_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("format: 3\nmethods: [resnet]\n")
    with pytest.raises(StudyError, match="was stored by another version of RouteBench: format must be 2"):
        load_study(str(path))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"methods: [resnet", "not valid YAML"),
        (b"methods: resnet\n  recipe: 3", "not valid YAML"),
        (b"\xff\xfe\x00", "not valid YAML"),
        (b"- resnet\n- adanet\n", "a study is a mapping of fields; valid: name, title"),
        (b"", "a study is a mapping of fields; valid: name, title"),
        (b"epochs: 3\n", "epochs: no such field; valid: name, title"),
    ],
    ids=["bracket", "indentation", "bytes", "list", "empty", "field"],
)
def test_a_file_that_is_no_study_is_named_in_one_line(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(StudyError) as error:
        load_study(str(path))
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert expected in message
    assert "\n" not in message


def test_a_missing_study_names_the_bundled_ones() -> None:
    with pytest.raises(
        StudyError,
        match=r"no study 'nope'; valid: detection, inside, paper-cifar100, paper-imagenet, paper-mnist, paper-svhn, "
        r"paper, photographs-small, photographs, quick, robust, standard, or the path of a YAML file",
    ):
        load_study("nope")


def test_a_folder_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no study"):
        load_study(str(tmp_path))


def test_wildcards_leave_out_methods_that_lack_the_preset() -> None:
    everything = {selector.name for selector in expand_methods(["all"], "imagenet")}
    assert everything >= {"resnet", "adanet", "branchynet"}
    assert everything == {name for name in zoo.list_methods() if "imagenet" in zoo.method(name).presets}


def test_a_preset_that_no_method_has_is_refused() -> None:
    with pytest.raises(StudyError, match="no chosen method has the preset"):
        expand_methods(["all"], "huge")


@pytest.mark.parametrize(
    ("methods", "preset", "message"),
    [
        (
            ["resnet", "adanet"],
            "imagenett",
            "resnet has no preset 'imagenett'; did you mean imagenet? valid for "
            "resnet and adanet: tiny, small, imagenet",
        ),
        (
            ["adanet", "resnet"],
            "resnet-20",
            "adanet has no preset 'resnet-20'; valid for adanet and resnet: tiny, small, imagenet",
        ),
        (
            ["highway", "resnet[imagenet]"],
            "hugee",
            "highway has no preset 'hugee'; valid: tiny, small, "
            "highway-mnist-16, highway-mnist-32, highway-11, highway-19",
        ),
        (
            ["adanet", "resnet", "skipnet", "highway"],
            "hugee",
            "adanet has no preset 'hugee'; valid for all 4 methods: tiny, small",
        ),
        (
            ["adanet*", "w*"],
            "wrn-28-100",
            "methods: no chosen method has the preset 'wrn-28-100'; did you mean "
            "wrn-28-10 or wrn-28-10-dropout or wrn-40-4? valid for all of them: tiny, small; 14 more belong to some of "
            "them: python -m benchmarks.list presets",
        ),
    ],
)
def test_a_preset_that_is_not_there_is_answered_by_those_that_are(
    methods: list[str], preset: str, message: str
) -> None:
    assert refusal(methods=methods, preset=preset).endswith(message)


def test_a_selector_with_a_preset_of_its_own_need_not_have_the_studys() -> None:
    specs = small_study("resnet[tiny]", "adanet[small]", preset="imagenet").models()
    assert [spec.preset for spec in specs] == ["tiny", "small"]


@pytest.mark.parametrize("name", bundled_studies())
def test_a_design_is_the_study_without_its_evaluation(name: str) -> None:
    assert list(Design.model_fields) == list(Study.model_fields)
    design, whole = load(Design, name), load_study(name)
    assert design.model_dump(exclude={"evaluation"}) == whole.model_dump(exclude={"evaluation"})
