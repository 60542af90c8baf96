"""The folder beside a page that holds everything on it as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd

from benchmarks.records.files import replacing
from benchmarks.reporting import figures, tables
from benchmarks.reporting.drawing.data import figure_data
from benchmarks.reporting.drawing.style import look
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.export.bibtex import bibtex
from benchmarks.reporting.export.latex import booktabs
from benchmarks.reporting.sections import PUBLISHED, SECTIONS, NoData, Placed
from benchmarks.reporting.tables.marks import with_stale

Declared = Callable[[str], Sequence[Placed]]
"""Plug-ins of a section."""
FORMATS = ("svg", "pdf")
"""Of figures."""
_STEADY = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}}
"""Metadata that would make equal figures differ."""


def export(evidence: Evidence, folder: Path) -> None:
    """Write tables, figures, results and papers; files of the same names are replaced.

    Args:
        evidence: of a page.
        folder: is made where it is missing. In it are `results.csv` and `results.parquet` (a row per network and
            setting, all measurements in full), `methods.bib`, `tables/<name>` as `.csv`, `.md` and `.tex`, and
            `figures/<name>` as `.svg` and `.pdf`, with the numbers that are drawn as `.csv`.
    """
    _results(evidence, folder)
    methods = {network.method.name: network.method for network in evidence.networks}
    _put(folder / "methods.bib", bibtex(methods.values()))
    for name, table in _tables(evidence):
        _write_table(with_stale(evidence, table), folder / "tables" / name)
    with look():
        for name, drawing in _drawings(evidence):
            _write_figure(evidence, drawing, folder / "figures" / name)


def as_frame(table: tables.Table) -> pd.DataFrame:
    """A table as it is shown, in texts; units and intervals are in brackets, columns have unique names."""
    names = [f"{column.name} ({column.unit})" if column.unit else column.name for column in table.columns]
    seen = [names[:place].count(name) for place, name in enumerate(names)]
    unique = [f"{name} {before + 1}" if before else name for name, before in zip(names, seen, strict=True)]
    rows = [[_plain(cell) for cell in row] for row in table.rows]
    return pd.DataFrame(rows, columns=unique, dtype=str)


def _plain(cell: tables.Cell) -> str:
    signs = "".join(mark.sign for mark in cell.marks)
    return f"{cell.text}{signs} ({cell.sub})" if cell.sub else f"{cell.text}{signs}"


def _results(evidence: Evidence, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    measured = evidence.results.dropna(axis="columns", how="all")
    with replacing(folder / "results.csv") as path:
        measured.to_csv(path, index=False)
    with replacing(folder / "results.parquet") as path:
        measured.to_parquet(path, index=False)


def _tables(evidence: Evidence) -> Iterator[tuple[str, tables.Table]]:
    """Every table of the page by its name."""
    return _made(evidence, tables.study_tables, tables.network_tables, "make")


def _drawings(evidence: Evidence) -> Iterator[tuple[str, figures.Drawing]]:
    """Every figure of the page by its name."""
    return _made(evidence, figures.study_figures, figures.network_figures, "draw")


def _made(
    evidence: Evidence, of_study: Declared, of_network: Declared, method: Literal["make", "draw"]
) -> Iterator[tuple[str, Any]]:
    """What plug-ins of one kind make, those that have nothing to show left out."""
    make = attrgetter(method)
    for section in (*SECTIONS, PUBLISHED):
        makers = [(found.name, partial(make(found), evidence)) for found in of_study(section)]
        makers += [
            (f"{found.name}-{network.slug}", partial(make(found), evidence, network))
            for network in evidence.networks
            for found in of_network(section)
        ]
        for name, maker in makers:
            with suppress(NoData):
                if made := maker():
                    yield name, made


def _put(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _write_table(table: tables.Table, path: Path) -> None:
    frame = as_frame(table)
    numeric = [column.numeric for column in table.columns]
    _put(path.with_name(f"{path.name}.csv"), frame.to_csv(index=False))
    _put(path.with_name(f"{path.name}.md"), f"{_markdown(frame, numeric)}\n")
    _put(path.with_name(f"{path.name}.tex"), booktabs(frame, caption=_caption(table), numeric=numeric))


def _caption(table: tables.Table) -> str:
    return "; ".join([table.title, *(f"{sign} {meaning}" for sign, meaning in table.signs.items())])


def _markdown(frame: pd.DataFrame, numeric: list[bool]) -> str:
    """With signs that would be markup escaped."""
    plain = frame.rename(columns=_unmarked).map(_unmarked)
    return plain.to_markdown(index=False, disable_numparse=True, colalign=["right" if n else "left" for n in numeric])


def _unmarked(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\|<>*_`[]" else sign for sign in text).replace("\n", " ")


def _write_figure(evidence: Evidence, drawing: figures.Drawing, path: Path) -> None:
    names = {network.slug: network.name for network in evidence.networks}
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = [panel.figure for panel in drawing.panels] + [one.figure for one in drawing.little]
    for number, figure in enumerate(drawn, 1):
        stem = path.name if len(drawn) == 1 else f"{path.name}-{number}"
        for ending in FORMATS:
            with replacing(path.with_name(f"{stem}.{ending}")) as temporary, mpl.rc_context({"svg.hashsalt": stem}):
                figure.savefig(temporary, format=ending, metadata=_STEADY[ending])
    data = [figure_data(panel.figure, names) for panel in drawing.panels] + [one.data() for one in drawing.little]
    _put(path.with_name(f"{path.name}.csv"), pd.concat(data, ignore_index=True).to_csv(index=False))
