"""Attacks by name: one of a plug-in is one short file, and is made, ranked and described like the suite's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.measuring import TrainedNetwork, evaluators
from benchmarks.measuring.attacks import ATTACKS, Attack, attack
from benchmarks.measuring.attacks.registry import parse_attack
from benchmarks.measuring.robustness import RobustnessOptions, robustness
from benchmarks.measuring.summaries.robustness import attack_rates
from benchmarks.records.versions import version
from benchmarks.running.jobs import load_dataset
from benchmarks.study.study import Study
from tests.benchmarks.cases import DATASET, models, small_study

PLUGIN = '''
"""Noise from the corners of the ball, the worst of several draws."""

import torch
from torch import Tensor

from benchmarks.measuring.attacks import Attack, Perturb, Target, attack


@attack("noise")
class Noise(Attack):
    draws: int = 4

    def strength(self) -> int:
        return 0

    def sentence(self) -> str:
        return f"Noise is the worst of {self.draws} draws"

    def prepare(self, target: Target) -> Perturb:
        def perturb(images: Tensor, labels: Tensor, epsilon: float) -> Tensor:
            worst = images
            for _ in range(self.draws):
                drawn = (images + epsilon * torch.randn_like(images).sign()).clamp(0, 1)
                right = target.model(worst).argmax(dim=1) == labels
                worst = torch.where(right[:, None, None, None], drawn, worst)
            return worst

        return perturb
'''


@pytest.fixture
def noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module outside of the project that declares an attack."""
    (tmp_path / "noise_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    assert set(ATTACKS.names()) == {"APGD", "FGSM", "PGD", "Square"}
    monkeypatch.delitem(sys.modules, "noise_plugin", raising=False)
    import_module("noise_plugin")
    yield
    ATTACKS.remove("noise")


def noisy_study() -> Study:
    """A study that makes the plug-in's attack beside FGSM."""
    return small_study(
        evaluation={"robustness": {"attacks": ["FGSM", "noise[draws=2]"], "strong": [], "epsilons": [0.3]}}
    )


def test_an_attack_is_a_file_of_fewer_than_30_lines() -> None:
    assert len(PLUGIN.strip().splitlines()) < 30


@pytest.mark.usefixtures("noise")
def test_an_attack_of_a_plug_in_is_made_where_a_study_names_it(resnet: TrainedNetwork) -> None:
    options = noisy_study().evaluation.options_as("robustness", RobustnessOptions)
    assert options is not None
    table = robustness(resnet, options)
    rates = attack_rates(table).set_index("attack")
    assert rates["strength"].to_dict() == {"none": 0, "FGSM": 1, "noise": 0}
    assert rates["accuracy"]["FGSM"] < rates["accuracy"]["noise"] <= rates["accuracy"]["none"]
    assert table["linf"].max() <= 0.3 + 1e-6


@pytest.mark.usefixtures("noise")
def test_the_table_depends_on_the_code_of_a_plug_ins_attack() -> None:
    study = noisy_study()
    (chosen,) = (e for e in evaluators() if e.name == "robustness")
    made = version(chosen, study.evaluation, models(study)[0], load_dataset(DATASET, None).info)
    assert "noise_plugin.py" in made["code"]
    assert "benchmarks/measuring/attacks/pgd.py" not in made["code"]


def test_an_attack_says_what_readers_have_to_know() -> None:
    assert parse_attack("PGD", steps=20).sentence() == (
        "PGD’s steps add up to 2.5 times the radius, from one random start; an image is attacked until it is fooled; "
        "its answer and its cost are those of the first success, near the decision boundary"
    )
    assert parse_attack("PGD[engine=foolbox]").sentence().endswith("are those of the last")
    assert parse_attack("FGSM").sentence().startswith("FGSM alone is no evidence")


def test_a_name_is_taken_once() -> None:
    class Other(Attack):
        pass

    with pytest.raises(ValueError, match=r"attack 'FGSM' of .*Other is there already: .*fgsm\.FGSM has it"):
        attack("FGSM")(Other)
    assert ATTACKS["FGSM"].__name__ == "FGSM"


def test_options_without_a_default_are_refused() -> None:
    class Needy(Attack):
        steps: int

    with pytest.raises(ValueError, match="attack 'needy': option steps has no default"):
        attack("needy")(Needy)
