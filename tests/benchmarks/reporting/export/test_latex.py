"""Tables in LaTeX: what may stand there, and that it compiles where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.reporting.export.latex import booktabs, escaped

HOSTILE = ["<script>", "a_b & 50%", "\u202egnirts", r"\input{x}", "~^#${}|\"'", "≤ ± × − – ε ∞ µ", "ä ß é"]


def test_signs_of_latex_are_text() -> None:
    assert escaped("a_b & 50%") == r"a\_b \& 50\%"
    assert escaped("<script>") == r"\textless{}script\textgreater{}"
    assert escaped(r"\input{x}") == r"\textbackslash{}input\{x\}"


def test_marks_that_turn_the_text_around_are_named() -> None:
    assert escaped("\u202egnirts") == "U+202Egnirts"


def test_a_table_has_the_rules_of_booktabs() -> None:
    table = pd.DataFrame({"Network": ["A & B"], "Accuracy (%)": ["98.2"]})
    assert booktabs(table, caption="All", numeric=[False, True]).splitlines() == [
        "% All",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"Network & Accuracy (\%) \\",
        r"\midrule",
        r"A \& B & 98.2 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def compiles() -> bool:
    """Whether there is a LaTeX with the package of these rules."""
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    return subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not compiles(), reason="no LaTeX with booktabs: install Debian's texlive-latex-recommended")
def test_hostile_texts_compile(tmp_path: Path) -> None:
    table = pd.DataFrame({"Text": HOSTILE, "n": ["1"] * len(HOSTILE)})
    body = booktabs(table, caption="a\nb % c", numeric=[False, True])
    preamble = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs,textcomp}"
    source = tmp_path / "table.tex"
    source.write_text(f"{preamble}\\begin{{document}}\n{body}\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
