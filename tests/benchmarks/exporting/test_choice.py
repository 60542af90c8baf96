"""Which network of a study a name stands for."""

from __future__ import annotations

import pytest

from benchmarks.exporting.choice import ChoiceError, label_of
from tests.benchmarks.cases import models, small_study

STUDY = small_study("resnet", "adanet[target_rate=0.3]", "adanet[target_rate=0.8]", "skipnet[gate=rnn]", repetitions=2)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("resnet", "resnet"),
        ("resnet #2", "resnet #2"),
        ("resnet[tiny]", "resnet"),
        ("adanet[target_rate=.3]", "adanet[target_rate=0.3]"),
        (" adanet[ tiny,target_rate = 0.80 ]", "adanet[target_rate=0.8]"),
        ("adanet[target_rate=0.8] #2", "adanet[target_rate=0.8] #2"),
    ],
)
def test_a_label_or_a_selector_in_any_spelling_names_a_network(name: str, label: str) -> None:
    assert label_of(name, models(STUDY)) == label


def test_a_method_names_the_only_network_of_it() -> None:
    assert label_of("skipnet", models(small_study("skipnet[gate=rnn]", "resnet"))) == "skipnet[gate=rnn]"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "adanet",
            "'adanet' is the name of 4 networks of the study; valid: 'adanet[target_rate=0.3]', "
            "'adanet[target_rate=0.3] #2', 'adanet[target_rate=0.8]', 'adanet[target_rate=0.8] #2'",
        ),
        ("msdnet", "the study has no network 'msdnet'; valid: 'resnet', 'resnet #2', 'adanet"),
        ("resnet[small]", "the study has no network 'resnet[small]'; valid: 'resnet'"),
        ("resnet #3", "the study has no network 'resnet #3'; valid: 'resnet', 'resnet #2'"),
        ("][", "the study has no network ']['; valid: 'resnet'"),
    ],
)
def test_a_name_of_none_or_of_several_is_refused_with_the_valid_ones(name: str, message: str) -> None:
    with pytest.raises(ChoiceError) as raised:
        label_of(name, models(STUDY))
    assert str(raised.value).startswith(message)
