"""Every number outside tables and drawings: conclusions, warnings, captions, notes, recipes, machines."""

from __future__ import annotations

from collections import defaultdict

from tests.benchmarks.reporting.numbers.catalogue import expected_sentences
from tests.benchmarks.reporting.numbers.reading import Page, has_digits
from tests.benchmarks.reporting.numbers.records import Study


def test_every_text_with_digits_is_expected_where_it_stands(page: Page, study: Study) -> None:
    names = {network.name for network in study.networks}
    shown: dict[str, list[str]] = defaultdict(list)
    for where, text in page.sentences:
        if has_digits(text) and not (where.startswith("figure") and text in names):
            shown[where].append(text)
    expected = expected_sentences(study)
    wrong = []
    for where in dict.fromkeys([*shown, *expected]):
        meant = expected.get(where, [])
        if len(shown[where]) != len(meant):
            wrong.append(f"{where}: {len(shown[where])} texts for {len(meant)}: {shown[where]} for {meant}")
        for text, own in zip(shown[where], meant, strict=False):
            if not own.fits(text):
                wrong.append(f"{where}: {text!r} for {own}")
    assert not wrong, "see `expected_sentences` in catalogue.py\n" + "\n".join(wrong)
