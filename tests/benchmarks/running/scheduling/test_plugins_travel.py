"""Plug-ins that are installed nowhere, on a cluster of two nodes with other working directories than the command's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.records.store import Store
from tests.benchmarks.cases import digests
from tests.benchmarks.plugins.package import write_package, write_study, write_weight

ROOT = Path(__file__).parents[4]
CLUSTER = """
import os, sys
from ray.cluster_utils import Cluster

cluster = Cluster()
for folder in sys.argv[1:]:
    os.chdir(folder)
    cluster.add_node(num_cpus=1, include_dashboard=False)
print(cluster.address, flush=True)
input()
cluster.shutdown()
"""


def environment() -> Mapping[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a cluster of two nodes, each with one CPU and in a folder of its own that hides the suite."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    for folder in folders:
        (folder / "my_package").mkdir()
        (folder / "my_package" / "__init__.py").write_text("raise ImportError('not this one')\n")
    command = [sys.executable, "-W", "ignore", "-c", CLUSTER, *map(str, folders)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        lines = iter(process.stdout.readline, "")
        yield next(line.strip() for line in lines if line.strip().rpartition(":")[2].isdigit())
        process.stdin.write("\n")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package that is installed nowhere, and a study of all that it declares."""
    folder = tmp_path_factory.mktemp("project")
    write_package(folder)
    write_study(folder)
    return folder


def run(project: Path, *options: str) -> str:
    """The command in the project's folder."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.run", "--study", "mine.yaml", *options]
    done = subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_one_command_runs_a_package_on_both_nodes_and_its_results_are_those_of_this_process(
    project: Path, cluster: str
) -> None:
    plugin = ("--plugin", "my_package")
    run(project, *plugin, "--ray-address", cluster)
    run(project, *plugin, "--scheduler", "inline", "--name", "inline")
    travelled, inline = Store(project / "results/mine"), Store(project / "results/inline")
    assert digests(travelled) == digests(inline)
    assert set(digests(inline)) == {"resnet", "big_little"}
    nodes = {record.table("where")["node"].item() for record in travelled.records()}
    assert len(nodes) == 2
    for one, other in zip(*(sorted(s.records(), key=lambda r: r.spec.label) for s in (travelled, inline)), strict=True):
        for table in ("accuracy", "margin", "robustness"):
            pd.testing.assert_frame_equal(one.table(table), other.table(table))
    page = (project / "reports/mine/index.html").read_text()
    for shown in ("Big/Little", "Even and odd digits", "noise", "Mean margin", "Mean over all images, at the headline"):
        assert shown in page

    write_weight(project / "my_package", 50)
    plan = run(project, "--dry-run")
    assert "my_package/weights.py" in " ".join(plan.split())
    assert plan.count("stale: code changed since") == 1
