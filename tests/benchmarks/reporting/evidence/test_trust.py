"""Checks of robust accuracies: networks and attacks with planted faults are found out, sound ones pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
import torch
from torch import Tensor

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.measuring.robustness import RobustnessOptions, robustness
from benchmarks.measuring.trust import TrustOptions, trust
from benchmarks.reporting.evidence.trust import Check, checks

SAMPLES = 100
ATTACKED = RobustnessOptions(samples=SAMPLES, pgd_steps=10, epsilons=(0.05, 0.1, 0.3))
PROBED = TrustOptions(samples=SAMPLES, steps=30, restarts=1, queries=60, noises=5)


def failed(found: list[Check]) -> set[str]:
    return {check.name for check in found if not check.passed and check.bound}


@pytest.fixture
def sound(resnet: TrainedNetwork) -> tuple[pd.DataFrame, pd.DataFrame]:
    return robustness(resnet, ATTACKED), trust(resnet, PROBED)


def test_a_sound_network_under_sound_attacks_passes(sound: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    assert failed(checks(*sound)) == set()


def test_scaled_logits_hide_gradients(resnet: TrainedNetwork) -> None:
    resnet.net.register_forward_hook(lambda net, images, out: replace(out, logits=out.logits * 1e4))
    assert "Gradients" in failed(checks(robustness(resnet, ATTACKED), trust(resnet, PROBED)))


def test_decisions_without_a_surrogate_are_seen_by_what_asks_for_no_gradient(resnet: TrainedNetwork) -> None:
    def quantised(net: object, arguments: tuple[Tensor]) -> tuple[Tensor]:
        return ((arguments[0] * 16).round() / 16,)

    resnet.net.register_forward_pre_hook(quantised)
    found = failed(checks(robustness(resnet, ATTACKED), trust(resnet, PROBED)))
    assert {"Gradients", "Without gradients"} <= found


def test_a_network_that_draws_is_not_deterministic(resnet: TrainedNetwork) -> None:
    resnet.net.register_forward_hook(
        lambda net, images, out: replace(out, logits=out.logits + torch.randn_like(out.logits))
    )
    assert "Same answer twice" in failed(checks(robustness(resnet, ATTACKED), trust(resnet, PROBED)))


def test_an_attack_that_does_nothing_scores_clean_accuracy_and_is_found_out(
    sound: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    attacked, probed = sound
    clean = attacked[attacked["attack"] == CLEAN].set_index("index")["prediction"]
    nothing = attacked.assign(prediction=attacked["index"].map(clean))
    right = (nothing["label"] == nothing["prediction"]).groupby([nothing["attack"], nothing["epsilon"]]).mean()
    assert right.nunique() == 1
    assert "More steps and starts" in failed(checks(nothing, probed))


def test_by_hand() -> None:
    def rows(name: str, column: str, outcomes: str, epsilon: float, value: float = 0.0) -> pd.DataFrame:
        prediction = [0 if outcome == "1" else 1 for outcome in outcomes]
        return pd.DataFrame(
            {column: name, "epsilon": epsilon, "index": range(len(outcomes)), "label": 0, "prediction": prediction}
        ).assign(value=value)

    attacked = pd.concat(
        rows(name, "attack", outcomes, epsilon)
        for name, outcomes, epsilon in [
            (CLEAN, "1111111111", 0.0),
            ("FGSM", "0011111111", 0.1),
            ("PGD-5", "1110111111", 0.1),
            ("FGSM", "0000000000", 0.2),
            ("PGD-5", "0000111111", 0.2),
            ("PGD-5", "0111111111", 0.3),
            ("FGSM", "0000000000", 0.3),
        ]
    )
    probed = pd.concat(
        [
            rows("repeated", "probe", "1111111111", 0.0),
            rows("gradient", "probe", "1111111110", 0.0, value=1.0),
            rows("noise", "probe", "1111111111", 0.2),
            rows("harder", "probe", "0000000111", 0.2),
            rows("blind", "probe", "0111111111", 0.2),
            rows("anything", "probe", "0000000001", 0.5),
        ]
    )
    found = {check.name: (check.passed, check.found) for check in checks(attacked, probed)}
    assert found["More steps and starts"] == (True, "0 of 10 images more")  # FGSM fools all at .2
    assert found["One step"] == (False, "FGSM fools 6 of 10 that PGD does not")
    assert found["Falls with the radius"] == (False, "rises by 30.0 points at most")
    assert found["Better than noise"] == (True, "noise fools 0 of 10, the attacks 10")
    assert found["A large radius"] == (False, "1 of 10 survive where grey is allowed")
    assert found["Gradients"] == (True, "0 of 9 images have none")
    assert found["Images"] == (False, "10 were attacked")


def test_every_image_is_probed_by_everything(network_of: Callable[[str], TrainedNetwork]) -> None:
    few = TrustOptions(samples=6, steps=3, restarts=1, queries=3, noises=2)
    table = trust(network_of("branchynet"), few)
    assert table.groupby("probe", sort=False)["index"].agg(list).to_dict() == {
        probe: list(range(6)) for probe in ("repeated", "gradient", "noise", "harder", "blind", "anything")
    }
    assert (table[table["probe"] == "repeated"]["value"] == 0).all()
