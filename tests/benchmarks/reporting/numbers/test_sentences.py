"""Every number outside tables and drawings: conclusions, warnings, captions, notes, recipes, machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.benchmarks.reporting.numbers.catalogue import expected_sentences, published_sentences
from tests.benchmarks.reporting.numbers.reading import Page, has_facts
from tests.benchmarks.reporting.numbers.records import Study
from tests.benchmarks.reporting.numbers.saying import Sentence


def test_every_text_with_digits_or_signs_is_expected_where_it_stands(page: Page, study: Study) -> None:
    names = {network.name for network in study.networks}
    shown = [own for own in page.sentences if not (own[0].startswith("figure") and own[1] in names)]
    wrong = list(differences(shown, expected_sentences(study)))
    assert not wrong, "see `expected_sentences` in catalogue.py\n" + "\n".join(wrong)


def test_so_is_every_text_on_what_papers_print(published: Page, study: Study) -> None:
    wrong = list(differences(published.sentences, published_sentences(study)))
    assert not wrong, "see `published_sentences` in catalogue.py\n" + "\n".join(wrong)


def differences(sentences: list[tuple[str, str]], expected: dict[str, list[Sentence]]) -> Iterator[str]:
    """In what texts with facts, by where they stand, are not the expected ones."""
    shown: dict[str, list[str]] = defaultdict(list)
    for where, text in sentences:
        if has_facts(text):
            shown[where].append(text)
    for where in dict.fromkeys([*shown, *expected]):
        meant = expected.get(where, [])
        if len(shown[where]) != len(meant):
            yield f"{where}: {len(shown[where])} texts for {len(meant)}: {shown[where]} for {meant}"
        for text, own in zip(shown[where], meant, strict=False):
            if not own.fits(text):
                yield f"{where}: {text!r} for {own}"
