"""The worked examples of CONTRIBUTING: short, shown as they are, and one file each is enough to be part of a study."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIMITS = {"big_little": 60, "margin": 50, "parity": 30, "noise": 30}
"""Lines that each example stays below: a method, an evaluator with figure and table, a data set, an attack."""
STUDY = """
dataset: parity
methods: [resnet, big_little]
recipe: {epochs: 2, batch_size: 64, lr: 0.05, precision: fp32}
evaluation:
  margin: {samples: 100}
  robustness: {samples: 50, attacks: [noise, FGSM]}
  latency: null
  energy: null
  slowdown: null
  attacked_latency: null
  trust: null
"""


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_an_example_is_short(name: str, limit: int) -> None:
    assert len((HERE / f"{name}.py").read_text().splitlines()) < limit


@pytest.mark.parametrize("name", LIMITS)
def test_the_documentation_shows_the_example_that_is_tested(name: str) -> None:
    code = (HERE / f"{name}.py").read_text()
    assert f"`my_package/{name}.py`:\n\n```python\n{code}```\n" in (ROOT / "docs" / "plugins.md").read_text()


@pytest.mark.parametrize("name", LIMITS)
def test_contributing_shows_the_example_that_is_tested(name: str) -> None:
    code = (HERE / f"{name}.py").read_text()
    shown = f"`tests/examples/{name}.py`:\n\n```python\n{code}```\n"
    assert shown in (ROOT / "CONTRIBUTING.md").read_text(), "renew CONTRIBUTING.md: python -m tests.examples"


def run(folder: Path, *command: str) -> None:
    """Run a command with the examples installed, as modules of a distribution that names them as entry points."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder / "installed"), str(ROOT)])}
    subprocess.run([sys.executable, "-m", *command], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a study has run that uses all examples."""
    folder = tmp_path_factory.mktemp("examples")
    metadata = folder / "installed" / "examples-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: examples\nVersion: 1.0\n")
    points = []
    for name in LIMITS:
        (folder / "installed" / f"{name}.py").write_text((HERE / f"{name}.py").read_text())
        points.append(f"{name} = {name}\n")
    (metadata / "entry_points.txt").write_text("[routebench]\n" + "".join(points))
    (folder / "examples.yaml").write_text(STUDY)
    run(folder, "benchmarks.run", "--study", "examples.yaml", "--scheduler", "inline")
    return folder


def test_the_method_learns_the_data_set_and_has_all_its_settings(folder: Path) -> None:
    summary = pd.read_parquet(folder / "results/examples/summary.parquet")
    own = summary[summary["method"] == "big_little"].set_index("setting")
    assert {"exit 1", "full"} <= set(own.index)
    assert own["accuracy"].to_dict()["full"] > 0.7
    macs = own["executed"].to_dict()
    assert macs["exit 1"] < macs["full"]


def test_the_evaluator_has_a_column_in_the_summary_and_a_table_and_a_figure_on_the_page(folder: Path) -> None:
    summary = pd.read_parquet(folder / "results/examples/summary.parquet")
    assert summary["margin"].between(0, 1).all()
    page = (folder / "reports/examples/index.html").read_text()
    assert "Mean margin" in page
    assert "Mean over all images, at the headline setting." in page


def test_the_attack_is_in_the_table_and_weaker_than_one_that_follows_the_gradient(folder: Path) -> None:
    (path,) = (folder / "results/examples/models").glob("big_little-*/robustness.parquet")
    table = pd.read_parquet(path)
    right = (table["label"] == table["prediction"]).groupby(table["attack"]).mean()
    assert set(right.index) == {"none", "noise", "FGSM", "worst case"}
    assert right["noise"] >= right["FGSM"]


def test_both_ways_to_compute_the_method_agree() -> None:
    program = """
import torch, zoo
from tests.examples.big_little import BigLittle
torch.manual_seed(0)
net = zoo.create("big_little[tiny]", zoo.Task(shape=(1, 28, 28), classes=10)).eval()
images = torch.rand(16, 1, 28, 28)
for threshold in (0.0, 0.8, 2.0):
    net.use(zoo.Setting(name="x", values={"thresholds": [threshold]}))
    with torch.no_grad():
        everything, needed = net(images), net(images, compute="needed")
    assert torch.equal(everything.route, needed.route)
    torch.testing.assert_close(everything.logits, needed.logits, atol=1e-5, rtol=0)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
