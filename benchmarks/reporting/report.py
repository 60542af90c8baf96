"""The report of one study or several: from directories to one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.records.files import replacing
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.export import export as write_files
from benchmarks.reporting.page import render


def build(results_dir: Path, out: Path, *others: Path, images: bool = True, export: bool = False) -> Path:
    """Write the report of a study, or of several on one page. A reader sees the old page or the new one, never a part.

    Args:
        results_dir: the study's directory, `results/<study>`.
        out: directory of the page; it is made where it is missing.
        others: directories of more studies of the same data.
        images: show the test images that are stored with the results.
        export: write everything that is on the page as files too, see `benchmarks.reporting.export.folder.export`.

    Returns:
        The page, `<out>/index.html`. Equal results and equal code give equal bytes.

    Raises:
        benchmarks.records.files.StoreError: the results are missing or damaged, or of different data; the
            message is one line.
    """
    evidence = load(results_dir, *others)
    if not images:
        evidence = replace(evidence, images=None)
    html = render(evidence)
    page = out / "index.html"
    with replacing(page) as temporary:
        temporary.write_text(html, encoding="utf-8")
    if export:
        write_files(evidence, out / "export")
    return page
