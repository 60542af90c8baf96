"""A cluster of two machines that share no folder: what one has stored at a URL, the other goes on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from benchmarks.records.store import Store
from tests.benchmarks.cases import EVALUATION, NOT_MEASURED, digests, small_study
from tests.benchmarks.remote.s3 import BUCKET, served
from tests.benchmarks.running.scheduling.commands import EPOCHS
from zoo.remote.mirror import mirror_folder

ROOT = Path(__file__).parents[4]
CLUSTER = """
import os, sys
from ray.cluster_utils import Cluster

cluster, nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}), []
for folder in sys.argv[1:]:
    os.environ["XDG_CACHE_HOME"] = folder
    nodes.append(cluster.add_node(num_cpus=1))
print(cluster.address, flush=True)
for line in sys.stdin:
    if not line.strip():
        break
    cluster.remove_node(nodes[int(line)], allow_graceful=False)
cluster.shutdown()
"""
TOLD = "routebench/mirrors/*/mine/.claims/resnet-*.json"
pytestmark = pytest.mark.long


@dataclass(frozen=True)
class House:
    """Two machines, a store, and a folder in which the command is run.

    Attributes:
        folder: of the command; below it are the caches of all machines.
        process: of the cluster.
        address: of the cluster.
        environment: of the command, which names the store.
    """

    folder: Path
    process: subprocess.Popen[str]
    address: str
    environment: dict[str, str]

    @property
    def results(self) -> str:
        """URL of the studies, of this test alone: all stores of a process have the same content."""
        return f"s3://{BUCKET}/{self.folder.name}"

    @property
    def machines(self) -> list[Path]:
        """Folders of the caches of the cluster's machines."""
        return [self.folder / "machines" / name for name in ("one", "other")]

    def lose(self, machine: int) -> None:
        """Let a machine fail."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{machine}\n")
        self.process.stdin.flush()

    def command(self, *arguments: str) -> list[str]:
        """The study's command."""
        return [sys.executable, "-W", "ignore", "-m", "benchmarks.run", "--study", "mine.yaml", *arguments]

    def run(self, *arguments: str) -> str:
        """Run it to its end; what it printed."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stored(self, monkeypatch: pytest.MonkeyPatch, url: str) -> Store:
        """The store of the driver's machine."""
        monkeypatch.setenv("XDG_CACHE_HOME", self.environment["XDG_CACHE_HOME"])
        monkeypatch.setenv("AWS_ENDPOINT_URL", self.environment["AWS_ENDPOINT_URL"])
        return Store(mirror_folder(url))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    caches = [tmp_path / "machines" / name for name in ("one", "other")]
    with served() as store:
        keys = {"AWS_ENDPOINT_URL": store, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        quiet = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0", "AWS_DEFAULT_REGION": "us-east-1"}
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
        (tmp_path / "tmp").mkdir()  # of the machines' lock, so that timing does not wait for other tests
        folders = {"PYTHONPATH": path, "TMPDIR": str(tmp_path / "tmp"), "RAY_TMPDIR": tempfile.gettempdir()}
        environment = os.environ | keys | quiet | folders
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", CLUSTER, *map(str, caches)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            lines = iter(process.stdout.readline, "")
            address = next(line.strip() for line in lines if line.strip().rpartition(":")[2].isdigit())
            driver = environment | {"XDG_CACHE_HOME": str(tmp_path / "machines" / "driver")}
            yield House(tmp_path, process, address, driver)
            process.stdin.write("\n")


def write_study(house: House, *methods: str, epochs: int, latency: bool = False) -> None:
    """The study that the command runs."""
    evaluation = NOT_MEASURED | ({"latency": EVALUATION["latency"]} if latency else {})
    study = small_study(*methods, name="mine", recipe={"epochs": epochs}, evaluation=evaluation)
    (house.folder / "mine.yaml").write_text(yaml.safe_dump(study.model_dump(mode="json")))


def test_machines_that_share_nothing_make_what_one_process_makes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(house, "resnet", "adanet", "branchynet", epochs=2, latency=True)
    house.run("--results", house.results, "--ray-address", house.address)
    house.run("--results", "local", "--scheduler", "inline")
    remote = house.stored(monkeypatch, f"{house.results}/mine")
    local = Store(house.folder / "local" / "mine")
    assert digests(remote) == digests(local)
    assert set(digests(local)) == {"resnet", "adanet", "branchynet"}
    for one, other in zip(*(sorted(s.records(), key=lambda r: r.spec.label) for s in (remote, local)), strict=True):
        for table in ("accuracy", "ledger", "wiring"):
            pd.testing.assert_frame_equal(one.table(table), other.table(table))
        assert one.has("latency"), "timed by a machine that fetched the weights, wherever it was trained"
    worked = [cache for cache in house.machines if list(cache.rglob("weights.safetensors"))]
    assert worked == house.machines
    assert not list(Path(house.environment["XDG_CACHE_HOME"]).rglob("weights.safetensors"))


def test_a_machine_that_is_lost_while_it_trains_is_replaced_from_its_last_checkpoint(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_study(house, "resnet", epochs=EPOCHS)
    command = house.command("--results", house.results, "--ray-address", house.address)
    with subprocess.Popen(
        command,
        cwd=house.folder,
        env=house.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        first = _training(house)
        house.lose(first)
        printed, errors = running.communicate()
    assert running.returncode == 0, printed + errors
    (told,) = house.machines[1 - first].glob(TOLD)
    assert 0 < json.loads(told.read_text())["trained"] < EPOCHS, "the other machine trained the rest"
    house.run("--results", "local", "--scheduler", "inline")
    remote = house.stored(monkeypatch, f"{house.results}/mine")
    assert digests(remote) == digests(Store(house.folder / "local" / "mine")) != {}


def _training(house: House) -> int:
    """Wait until a machine is in its third epoch; which."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        for number, cache in enumerate(house.machines):
            for path in cache.glob(TOLD):
                if json.loads(path.read_text())["epoch"] >= 3:
                    return number
        time.sleep(0.1)
    raise AssertionError("no machine trains")
