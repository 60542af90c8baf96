"""A comparison as a page, as JSON and in sentences."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.comparing import verdict
from benchmarks.comparing.as_json import as_json
from benchmarks.comparing.page import render
from tests.benchmarks.comparing.conftest import MakeStudy, compared
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade, answers, timings

HOSTILE = 'a<b onclick="x">&amp;'
RIGHT, WRONG = "1" * 20, "0" * 20


@pytest.fixture
def page(twice: tuple[HandMade, HandMade]) -> str:
    return render(compared(*twice))


def test_the_page_needs_nothing_else(page: str) -> None:
    assert not re.search(r"https?://(?!www\.w3\.org/)|<script[^>]+src|<link[^>]+stylesheet|@import|url\((?!#)", page)


def test_ids_are_unique(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {"overview", "networks", "attack", "time", "answers", "origins"} <= set(ids)


def test_the_page_has_every_network_at_every_setting(page: str) -> None:
    table = page[page.index('<table id="table-networks-1"') :]
    rows = re.findall(r'<tr>\s*<th scope="row"[^>]*><span>([^<]+)</span></th>\s*<td[^>]*><span>([^<]+)</span>', table)
    assert rows[:4] == [
        ("ResNet", "default"),
        ("AdaNet (ConvNet-AIG)", "default"),
        ("BranchyNet", "knee"),
        ("BranchyNet", "full"),
    ]


def test_equal_studies_are_said_to_be_equal(page: str) -> None:
    assert "No claim changed." in page
    assert "Nothing is worse beyond its tolerance." in page
    assert "Nothing: data, recipe, seeds, code, options, machine and versions are the same." in page


def test_names_are_text_and_never_markup(make: MakeStudy) -> None:
    a, b = (
        make(name, RIGHT, settings={HOSTILE: HOSTILE}, accuracy=answers(outcome, setting=HOSTILE))
        for name, outcome in (("a", RIGHT), ("b", WRONG))
    )
    text = render(compared(a, b))
    assert "<b onclick" not in text
    assert "a&lt;b onclick=&#34;x&#34;&gt;&amp;amp;" in text


def test_a_study_without_any_table_is_a_page(tmp_path: Path) -> None:
    a, b = HandMade(tmp_path / "a"), HandMade(tmp_path / "b")
    for made in (a, b):
        made.add(made.spec("resnet"))
    text = render(compared(a, b))
    assert "Accuracy was not measured in both studies." in text
    assert "No network was timed at the same batch size in both studies." in text


def test_json_has_everything_and_only_finite_numbers(make: MakeStudy) -> None:
    elsewhere = ENVIRONMENT | {"processor": "Another"}
    a, b = (
        make(name, outcome, latency=timings(0.002, 0.002, {"default": [0.001]}), environment=environment)
        for name, outcome, environment in (("a", RIGHT, ENVIRONMENT), ("b", WRONG, elsewhere))
    )
    text = as_json(compared(a, b, accuracy=0.1))
    values = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (values["format"], values["acceptable"], values["a"], values["b"]) == (1, False, "a", "b")
    (worse,) = values["worse"]
    assert (worse["network"], worse["where"], worse["change"], worse["tolerance"]) == ("ResNet", "default", -1.0, 0.1)
    (time,) = [found for found in values["differences"] if found["kind"] == "time"]
    assert time["tolerance"] is None
    assert len(values["answers"]) == 20
    assert [origin["what"] for origin in values["origins"]] == ["processor"]


def test_sentences_say_what_is_worse(make: MakeStudy) -> None:
    found = compared(make("a", RIGHT), make("b", WRONG, seed=1), accuracy=0.005)
    assert verdict.verdicts(found) == [
        "Worse: accuracy of ResNet (default) by -100.00 points; tolerance 0.50 points, given."
    ]
    assert verdict.claims_line(found) == "No claim changed."
    assert "One seed each, and another" in verdict.seeds_line(found)


def test_sentences_say_what_differs_without_a_reason(make: MakeStudy) -> None:
    (line,) = verdict.verdicts(compared(make("a", RIGHT), make("b", "1" * 19 + "0")))
    assert line.startswith("Differs without a reason: accuracy of ResNet (1 of 20 rows, in prediction), although seed")


def test_a_long_list_of_sentences_is_cut(make: MakeStudy) -> None:
    settings = {f"setting{number}": "" for number in range(12)}
    a, b = (
        make(
            name,
            RIGHT,
            seed=seed,
            settings=settings,
            accuracy=pd.concat([answers(outcome, setting=setting) for setting in settings]),
        )
        for seed, (name, outcome) in enumerate((("a", RIGHT), ("b", WRONG)))
    )
    lines = verdict.verdicts(compared(a, b))
    assert (len(lines), lines[-1]) == (9, "And 4 more.")
