"""The papers of methods as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable

from benchmarks.reporting.evidence.evidence import MethodDescription
from benchmarks.reporting.export.latex import escaped

_PAPER = re.compile(
    r"(?P<authors>[^:]+): (?P<title>.+?)\. (?P<venue>[A-Z][^.]*?) (?P<year>\d{4})\.?"
    r"(?: arXiv:(?P<arxiv>[\w./-]+?)\.?)?"
)


def bibtex(methods: Iterable[MethodDescription]) -> str:
    """An entry per paper, in the order of methods; a citation that cannot be read is an entry of its text."""
    found: dict[str, str] = {}
    for method in methods:
        for number, paper in enumerate(filter(None, re.split(r"; ", method.citation))):
            found.setdefault(paper, _entry(f"{method.name}{number + 1 if number else ''}", paper.strip()))
    return "\n".join(found.values())


def _entry(key: str, paper: str) -> str:
    read = _PAPER.fullmatch(paper)
    if read is None:
        return f"@misc{{{key},\n  note = {{{escaped(paper)}}},\n}}\n"
    fields = {
        "author": " and ".join(escaped(name.strip()) for name in read["authors"].split(",")),
        "title": f"{{{escaped(read['title'])}}}",
        "booktitle": escaped(read["venue"]),
        "year": read["year"],
    }
    if read["arxiv"]:
        fields |= {"eprint": read["arxiv"], "archiveprefix": "arXiv"}
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@inproceedings{{{key},", *lines, "}", ""])
