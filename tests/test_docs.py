"""The documentation: its code runs, its studies are valid, its commands exist, and the site is built from all of it."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mktestdocs import grab_code_blocks
from typer.main import get_command

from benchmarks.cli.main import VERBS, application
from benchmarks.cli.reference import options_table
from benchmarks.study.study import load_study
from tests.imports import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
README = ROOT / "README.md"
COMMAND = re.compile(r"^\s*(?:\$ )?(?:routebench|python -m benchmarks\.)\s?([^>|&`\n]+)", re.MULTILINE)
"""A command of ours, at the beginning of a line, up to where its output goes."""


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in a language, in order."""
    found: list[str] = grab_code_blocks(page.read_text(), lang=language)
    return found


def studies() -> list[tuple[str, str]]:
    """The studies that pages show, by page."""
    shown = [(page.name, block) for page in PAGES for block in blocks(page, "yaml")]
    return [(name, block) for name, block in shown if block.startswith(("name:", "format:"))]


def commands() -> list[tuple[str, str]]:
    """The commands of ours that the README and the pages show, by page."""
    return [(page.name, line) for page in (README, *PAGES) for line in COMMAND.findall(page.read_text())]


def with_code(declares: bool) -> list[Path]:
    """The pages with code, those that declare plug-ins or the others."""
    written = {page: "\n".join(blocks(page, "python")) for page in PAGES}
    return [
        page for page, code in written.items() if code and bool(re.search(r"^@\w+\(", code, re.MULTILINE)) == declares
    ]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in which the quick study has been run."""
    shutil.copytree(ROOT / "results" / "reference" / "quick", tmp_path / "results" / "quick")
    return tmp_path


@pytest.mark.parametrize("page", with_code(declares=False), ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, in a folder of its own."""
    (place / "page.py").write_text("\n".join(blocks(page, "python")))
    monkeypatch.chdir(place)
    runpy.run_path("page.py", run_name="__main__")


@pytest.mark.parametrize("page", with_code(declares=True), ids=lambda page: page.name)
def test_the_code_of_a_page_that_declares_plug_ins_runs(page: Path, place: Path) -> None:
    """In a process of its own, so that no other test finds them."""
    (place / "page.py").write_text("\n".join(blocks(page, "python")))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(place / "cache")}
    done = subprocess.run(
        [sys.executable, "page.py"], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("page", "study"), studies())
def test_a_study_of_a_page_is_valid(page: str, study: str, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(study)
    assert load_study(str(tmp_path / "study.yaml")).models()


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_of_a_page_has_these_options(page: str, line: str) -> None:
    verb, *arguments = shlex.split(line, comments=True)
    if verb == "--version":
        return
    assert verb in VERBS
    get_command(application(verb)).make_context(verb, arguments)


def test_every_verb_has_its_options_in_a_table() -> None:
    shown = {verb: options_table(verb) for verb in VERBS}
    assert "| `--study` | What is compared" in shown["run"]
    assert "| `NETWORK` | A network as the study's tables have it." in shown["export"]
    assert "--reports" not in shown["run"]
