"""What `mkdocs build` adds: tables of fields and options from the code, the changelog, the picture of the report."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from benchmarks.cli.main import VERBS
from benchmarks.cli.reference import options_table
from benchmarks.study.schema import study_schema, tables

ROOT = Path(__file__).parents[1]
PICTURE = "reports/reference/photographs/page.png"
MADE: dict[str, Callable[[], str]] = {
    "study fields": lambda: tables(study_schema()),
    "command options": lambda: "\n\n".join(
        f"## {verb}\n\n{what}\n\n{options_table(verb)}" for verb, what in VERBS.items()
    ),
}
"""What stands in a page in the place of a comment of that name, `<!-- made: study fields -->`."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out of the navigation what is not written yet."""
    config.nav = _present(config.nav or [])
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog and the picture of the report, which are elsewhere in the repository."""
    files.append(File.generated(config, "changelog.md", abs_src_path=str(ROOT / "CHANGELOG.md")))
    files.append(File.generated(config, "page.png", abs_src_path=str(ROOT / PICTURE)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in what is made."""
    return re.sub(r"<!-- made: ([a-z ]+) -->", lambda found: MADE[found[1]](), markdown)


def _present(nav: list[Any]) -> list[Any]:
    found = []
    for entry in nav:
        ((title, target),) = entry.items()
        kept = _present(target) if isinstance(target, list) else target
        made = kept == "changelog.md"
        if kept and (isinstance(kept, list) or made or (ROOT / "docs" / kept).is_file()):
            found.append({title: kept})
    return found
