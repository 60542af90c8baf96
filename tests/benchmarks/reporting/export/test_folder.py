"""Everything on a page as files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.export import export
from tests.benchmarks.reporting.hand_made import HandMade, answers, costs


@pytest.fixture(scope="module")
def folder(evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of the three networks."""
    path = tmp_path_factory.mktemp("export")
    export(evidence, path)
    return path


def test_results_are_complete_in_both_forms(folder: Path, evidence: Evidence) -> None:
    stored = pd.read_parquet(folder / "results.parquet")
    assert stored["routed"].tolist() == evidence.results["routed"].tolist()
    assert pd.read_csv(folder / "results.csv")["accuracy"].tolist() == pytest.approx(stored["accuracy"].tolist())


def test_every_table_has_three_forms_and_every_figure_three_files(folder: Path) -> None:
    tables = {path.stem for path in (folder / "tables").iterdir()}
    assert {"headline", "pareto"} <= tables
    assert all((folder / "tables" / f"{name}.{form}").exists() for name in tables for form in ("csv", "md", "tex"))
    figures = folder / "figures"
    assert (figures / "accuracy-macs.pdf").read_bytes().startswith(b"%PDF")
    assert "<svg" in (figures / "execution-adanet.svg").read_text(encoding="utf-8")
    numbers = pd.read_csv(figures / "accuracy-macs.csv")
    knee = numbers[(numbers["network"] == "BranchyNet") & (numbers["x"] == 2)]
    assert knee["y"].dropna().tolist() == [90.0]


def test_a_table_says_what_the_page_says(folder: Path) -> None:
    headline = pd.read_csv(folder / "tables" / "headline.csv", dtype=str)
    assert headline["Network"].tolist() == [
        "ResNet† (fixed graph)",  # stale: made by no code
        "AdaNet (ConvNet-AIG)† (skips layers)",
        "BranchyNet† (exits early)",
    ]
    assert headline["Accuracy (%)"].str.split().str[0].tolist() == ["90.0", "80.0", "90.0"]


def test_equal_evidence_gives_equal_files(folder: Path, evidence: Evidence, tmp_path: Path) -> None:
    export(evidence, tmp_path)
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert {path for path in files if (tmp_path / path).read_bytes() != (folder / path).read_bytes()} == set()


def test_hostile_strings_stay_text(made: HandMade, tmp_path: Path) -> None:
    name = '<script>a_b & 50%\u202e, "x" | y'
    made.add(
        made.spec("resnet"),
        settings={name: "note"},
        accuracy=answers("1110", setting=name),
        cost=costs((name, 10, 10)),
    )
    export(made.evidence(), tmp_path)
    assert pd.read_csv(tmp_path / "tables" / "headline.csv")["Setting"].tolist() == [name]
    assert r"\textless{}script\textgreater{}a\_b \& 50\%U+202E" in (tmp_path / "tables" / "headline.tex").read_text()
    (row,) = (tmp_path / "tables" / "headline.md").read_text().splitlines()[2:]
    assert r"\<script\>a\_b & 50%" in row
    assert r"\| y" in row


def test_a_study_without_networks_exports_its_results(made: HandMade, tmp_path: Path) -> None:
    export(made.evidence(), tmp_path)
    assert pd.read_parquet(tmp_path / "results.parquet").empty
