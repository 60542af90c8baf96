"""A network whose recipe is not the study's is shown with it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.reporting import build
from benchmarks.reporting.findings.header import header
from benchmarks.reporting.tables.recipes import recipes
from benchmarks.training.recipe import Recipe
from tests.benchmarks.reporting.hand_made import HandMade, answers


def study_with(root: Path, **recipe: object) -> HandMade:
    """ResNet by the study's recipe, AdaNet by one of its own."""
    made = HandMade(root, methods=["all", {"name": "adanet", "recipe": recipe}], recipe={"weight_decay": 1e-4})
    for spec in made.study.models("tiny"):
        if spec.method in ("resnet", "adanet"):
            made.add(spec, accuracy=answers("1110"))
    return made


def test_its_fields_stand_beside_the_studys(tmp_path: Path) -> None:
    evidence = study_with(tmp_path, lr=0.2, weight_decay=1e-4, gradient_clip=1.0).evidence()
    table = recipes(evidence)
    assert table is not None
    assert [column.name for column in table.columns] == ["Network", "lr", "gradient clip"]
    ((network, lr, clip),) = table.rows
    assert (network.text, lr.text, lr.sub) == ("AdaNet (ConvNet-AIG)", "0.2", "0.1")
    assert (clip.text, clip.sub) == ("1", "–")
    assert "AdaNet (ConvNet-AIG) by a recipe of its own, see Training" in header(evidence)["Recipe"]


def test_a_page_says_so_of_the_network(tmp_path: Path) -> None:
    made = study_with(tmp_path, lr=0.2)
    text = build(made.store.root, tmp_path / "page").read_text()
    assert "Its recipe is not the study’s: lr 0.2 (the study’s: 0.1)." in text
    assert "Recipes of their own" in text


def test_a_page_says_who_was_trained_on_attacked_images(tmp_path: Path) -> None:
    made = study_with(tmp_path, adversarial={"attack": "fgsm", "epsilon": 0.1})
    table = recipes(made.evidence())
    assert table is not None
    assert [column.name for column in table.columns] == ["Network", "adversarial"]
    ((_, cell),) = table.rows
    assert (cell.text, cell.sub) == ("attack fgsm, epsilon 0.1, warmup 0.0, clean 0.0", "–")
    text = build(made.store.root, tmp_path / "page").read_text()
    assert "Its recipe is not the study’s: adversarial attack fgsm, epsilon 0.1" in text


def test_without_any_there_is_no_table(tmp_path: Path) -> None:
    evidence = study_with(tmp_path, lr=0.1).evidence()
    assert recipes(evidence) is None
    assert "of its own" not in header(evidence)["Recipe"]


def test_a_network_of_a_method_that_is_gone_is_still_the_studys(tmp_path: Path) -> None:
    made = HandMade(tmp_path, methods=["resnet", {"name": "gone", "recipe": {"lr": 0.3}}])
    for lr in (0.3, 0.4):
        gone = made.spec("gone", repetition=int(lr == 0.4))
        made.add(gone.model_copy(update={"recipe": Recipe(lr=lr)}), accuracy=answers("1110"))
    (network,) = made.evidence().networks
    assert [model.recipe.lr for model in network.models] == [0.3]
