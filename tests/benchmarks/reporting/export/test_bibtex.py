"""Papers as BibTeX."""

from __future__ import annotations

import pytest

import zoo
from benchmarks.reporting.evidence.evidence import MethodDescription
from benchmarks.reporting.export.bibtex import bibtex


def described(name: str, citation: str) -> MethodDescription:
    return MethodDescription(name=name, title=name, place=0, citation=citation)


@pytest.mark.parametrize("name", zoo.list_methods())
def test_every_method_has_entries_with_a_venue_and_a_year(name: str) -> None:
    text = bibtex([described(name, zoo.method(name).citation)])
    entries = text.count("@inproceedings{")
    assert entries >= 1
    assert "@misc" not in text
    assert text.count("year = {") == text.count("booktitle = {") == text.count("title = {{") == entries


def test_an_entry_is_what_the_citation_says() -> None:
    citation = "Veit, Belongie: Convolutional Networks with Adaptive Inference Graphs. ECCV 2018. arXiv:1711.11503"
    assert bibtex([described("adanet", citation)]).splitlines() == [
        "@inproceedings{adanet,",
        "  author = {Veit and Belongie},",
        "  title = {{Convolutional Networks with Adaptive Inference Graphs}},",
        "  booktitle = {ECCV},",
        "  year = {2018},",
        "  eprint = {1711.11503},",
        "  archiveprefix = {arXiv},",
        "}",
    ]


def test_a_citation_of_another_form_is_kept_as_text() -> None:
    assert bibtex([described("own", "my thesis & more")]) == "@misc{own,\n  note = {my thesis \\& more},\n}\n"


def test_a_paper_of_two_methods_is_one_entry() -> None:
    citation = "A: T. CVPR 2020"
    assert bibtex([described("one", citation), described("two", citation)]).count("@") == 1
