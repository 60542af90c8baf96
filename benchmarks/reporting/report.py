"""The report of a study: from its directory to one HTML file that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from benchmarks.records.files import replacing
from benchmarks.reporting.evidence.loading import load
from benchmarks.reporting.page import render


def build(results_dir: Path, out: Path) -> Path:
    """Write the report of a study. A reader sees the old page or the new one, never a part.

    Args:
        results_dir: the study's directory, `results/<study>`.
        out: directory of the page; it is made where it is missing.

    Returns:
        The page, `<out>/index.html`. Equal results and equal code give equal bytes.

    Raises:
        benchmarks.records.files.StoreError: the results are missing or damaged; the message is one line.
    """
    html = render(load(results_dir))
    page = out / "index.html"
    with replacing(page) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return page
