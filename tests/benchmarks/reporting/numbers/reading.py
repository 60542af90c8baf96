"""A page of the report as values: its tables, figures, sentences, and the data of its script."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tests.benchmarks.reporting.numbers.saying import FACT

VOID = frozenset({"meta", "link", "br", "img"})
SENTENCES = frozenset({"p", "li", "dd", "dt", "figcaption", "summary", "pre", "title", "h1", "h2", "h3", "h4"})
"""Elements whose text is a sentence of its own."""


class _Tree(HTMLParser):
    """A page as a tree of elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._builder = ET.TreeBuilder()
        self.feed(text)
        self.root = self._builder.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self._builder.end(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._builder.start(tag, {name: value or "" for name, value in attrs})
        self._builder.end(tag)

    def handle_endtag(self, tag: str) -> None:
        self._builder.end(tag)

    def handle_data(self, data: str) -> None:
        self._builder.data(data)


def words(element: ET.Element, *, without: tuple[str, ...] = ("svg",)) -> str:
    """The text of an element, spaces made one, without that of some elements inside."""
    return plain("".join(_parts(element, without)))


def plain(text: str) -> str:
    """A text with one usual space between words."""
    return " ".join(text.split())


def _parts(element: ET.Element, without: tuple[str, ...]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag not in without:
            yield from _parts(child, without)
        yield child.tail or ""


@dataclass(frozen=True)
class Shown:
    """A cell: its text, the one below, its value, the one over it, whether it is bold, and its signs with why."""

    text: str
    small: str
    sort: str | None
    tip: str
    best: bool
    marks: list[tuple[str, str]]


@dataclass(frozen=True)
class Grid:
    """A table: its title, headings with units, what is said over these, and rows."""

    title: str
    heads: list[str]
    tips: list[str]
    rows: list[list[Shown]]


@dataclass(frozen=True, repr=False)
class Page:
    """A page of the report.

    Attributes:
        tables: by name, that is the id after `table-`, or what a region without one is called.
        figures: elements by name.
        graphs: drawings of units by the network's slug.
        sentences: texts outside tables and drawings: where they stand (a section, `table <name>`, `figure <name>`).
        scripts: texts by id.
    """

    tables: dict[str, Grid] = field(default_factory=dict)
    figures: dict[str, ET.Element] = field(default_factory=dict)
    graphs: dict[str, ET.Element] = field(default_factory=dict)
    sentences: list[tuple[str, str]] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)

    @property
    def block(self) -> dict[str, Any]:
        """The numbers that the page's script works with."""
        values: dict[str, Any] = json.loads(self.scripts["data"])
        return values

    @property
    def explorer(self) -> dict[str, Any]:
        """What the explorer of images has beside them."""
        values: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(self.scripts["explorer-data"])))
        return values


def read_page(path: Path) -> Page:
    """Read a page."""
    page = Page()
    _walk(_Tree(path.read_text(encoding="utf-8")).root, "top", page)
    return page


def _walk(element: ET.Element, where: str, page: Page) -> None:
    """Collect what is inside an element; a table's note follows the region that holds it."""
    noted = ""
    for stray in (element.text, *(child.tail for child in element)):
        if has_facts(stray or ""):
            page.sentences.append((where, str(stray)))
    for child in element:
        inside = f"table {noted}" if noted and child.get("class") == "note" else where
        noted = ""
        found = child.find("table")
        if child.get("class") == "scroll" and found is not None:
            noted = found.get("id", "").removeprefix("table-") or child.get("aria-label", "")
            page.tables[noted] = _grid(found)
        elif child.tag == "script":
            page.scripts[child.get("id", "")] = child.text or ""
        elif child.get("class") == "graph":
            page.graphs[child.get("data-n", "")] = child
        elif child.tag in SENTENCES:
            page.sentences.append((inside, (child.text or "") if child.tag == "pre" else words(child)))
        elif child.tag not in ("svg", "style"):
            _walk(child, _place(child, where, page), page)


def _place(element: ET.Element, where: str, page: Page) -> str:
    """Where the texts inside an element stand."""
    if name := element.get("data-figure"):
        page.figures[name] = element
        return f"figure {name}"
    if element.tag == "details" and element.get("id"):
        return f"table {element.get('id')}"
    return element.get("id") or ("header" if element.tag == "header" else where)


def _grid(table: ET.Element) -> Grid:
    caption = table.find("caption")
    heads = table.findall("thead/tr/th")
    return Grid(
        title="" if caption is None else words(caption),
        heads=[words(head) for head in heads],
        tips=[plain(head.get("title", "")) for head in heads],
        rows=[[_cell(cell) for cell in row] for row in table.findall("tbody/tr")],
    )


def _cell(cell: ET.Element) -> Shown:
    return Shown(
        text=words(cell, without=("svg", "small", "a")),
        small=" ".join(words(small) for small in cell.iter("small")),
        sort=None if (sort := cell.get("data-sort")) is None else plain(sort),
        tip=plain(cell.get("title", "")),
        best="best" in cell.get("class", "").split(),
        marks=[(words(link), plain(link.get("title", ""))) for link in cell.iter("a")],
    )


def drawn(figure: ET.Element, tag: str) -> list[str]:
    """The texts of a kind of element in the drawings of a figure: `title` is what is said over a mark."""
    return [words(found) for svg in figure.iter("svg") for found in svg.iter(tag)]


def has_facts(text: str) -> bool:
    """Whether there is a number in a text, or a sign."""
    return bool(re.search(FACT, text))
