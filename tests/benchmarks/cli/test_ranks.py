"""`ranks` on stored studies: the committed one beside a copy in which one network has no answer right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.ranks import app
from benchmarks.records.store import Store
from tests.imports import ROOT

QUICK = ROOT / "results" / "reference" / "quick"
METHODS = ("resnet", "adanet", "branchynet", "msdnet")


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Four networks of the quick reference, and the same with MSDNet's answers all wrong."""
    folder = tmp_path_factory.mktemp("ranks")
    roots = folder / "as-it-is", folder / "spoilt"
    for root in roots:
        shutil.copytree(QUICK, root, ignore=lambda place, names: [n for n in names if _is_other(n)])
    for record in Store(roots[1]).records():
        if record.spec.method == "msdnet":
            table = record.table("accuracy")
            table["prediction"] = (table["label"] + 1) % 10
            record.write_table("accuracy", table, record.manifest["tables"]["accuracy"])
    return roots


def _is_other(name: str) -> bool:
    method, dash, digest = name.rpartition("-")
    return bool(dash) and len(digest) == 10 and method not in METHODS


def ranks(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_ranks_of_stored_studies(studies: tuple[Path, Path]) -> None:
    found = json.loads(ranks(*map(str, studies), "--json", "-"))
    spoilt = next(one for one in found["networks"] if one["network"] == "MSDNet")
    assert spoilt["accuracy"][1] == 0
    assert spoilt["rank"][1] == len(found["networks"])
    assert found["epochs"] == [10, 10]
    assert (found["seeds"], found["several_seeds"]) == (1, False)
    assert found["agreements"][0]["tau"] < 1


def test_a_study_orders_its_networks_as_itself(studies: tuple[Path, Path]) -> None:
    text = ranks(str(studies[0]), str(studies[0]))
    assert "as-it-is and as-it-is: tau" in text
    assert str(studies[0]) not in text
    assert "tau 1.00" in text
    assert "images and seeds explain as much" in text
    assert "Every network has one seed" in text


def test_json_goes_to_a_file_beside_the_table(studies: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "ranks.json"
    assert "tau" in ranks(*map(str, studies), "--json", str(file))
    assert json.loads(file.read_text())["studies"] == [str(root) for root in studies]
