"""The report of one study or several: from directories to one HTML file that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from benchmarks.records.files import replacing
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.page import render


def build(results_dir: Path, out: Path, *others: Path) -> Path:
    """Write the report of a study, or of several on one page. A reader sees the old page or the new one, never a part.

    Args:
        results_dir: the study's directory, `results/<study>`.
        out: directory of the page; it is made where it is missing.
        others: directories of more studies of the same data.

    Returns:
        The page, `<out>/index.html`. Equal results and equal code give equal bytes.

    Raises:
        benchmarks.records.files.StoreError: the results are missing or damaged, or of different data; the
            message is one line.
    """
    html = render(load(results_dir, *others))
    page = out / "index.html"
    with replacing(page) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return page
