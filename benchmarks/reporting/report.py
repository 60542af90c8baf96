"""The report of one study or several: from directories to one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.records.files import replacing
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.export import export as write_files
from benchmarks.reporting.findings.as_published import FILE as PUBLISHED_FILE
from benchmarks.reporting.page import Section, render, render_published


def build(
    results_dir: Path,
    out: Path,
    *others: Path,
    images: bool = True,
    export: bool = False,
    more: Mapping[str, Section] | None = None,
) -> Path:
    """Write the report of a study, or of several on one page. A reader sees the old page or the new one, never a part.

    Beside it, `published.html` compares with what papers print.

    Args:
        results_dir: the study's directory, `results/<study>`.
        out: directory of the page; it is made where it is missing.
        others: directories of more studies of the same data.
        images: show the test images that are stored with the results.
        export: write everything that is on the page as files too, see `benchmarks.reporting.export.folder.export`.
        more: sections that are made elsewhere, by id.

    Returns:
        The page, `<out>/index.html`. Equal results and equal code give equal bytes.

    Raises:
        benchmarks.records.files.StoreError: the results are missing or damaged, or of different data; the
            message is one line.
    """
    evidence = load(results_dir, *others)
    if not images:
        evidence = replace(evidence, images=None)
    html, published = render(evidence, more), render_published(evidence)
    page = out / "index.html"
    for path, text in ((out / PUBLISHED_FILE, published), (page, html)):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    if export:
        write_files(evidence, out / "export")
    return page
