"""What stands under `examples/` runs as it is, against a study of a minute and the committed reference."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from PIL import Image

import zoo
from benchmarks.running.campaign import Campaign
from benchmarks.running.jobs import load_dataset
from benchmarks.running.scheduling import InlineScheduler
from tests.benchmarks.cases import DATASET, NOT_MEASURED, ignore, small_campaign, small_study
from tests.imports import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A gated and an early-exit network."""
    study = small_study("adanet", "branchynet", recipe={"epochs": 2}, evaluation=NOT_MEASURED)
    found = small_campaign(tmp_path_factory.mktemp("results"), study)
    assert not [outcome.error for outcome in found.run(InlineScheduler(), ignore) if outcome.error]
    return found


@pytest.fixture
def digits(tmp_path: Path) -> list[Path]:
    """Two test images as files: one as it is, one larger and coloured."""
    images = next(load_dataset(DATASET, None).test.batches(2)).images
    pictures = [Image.fromarray((255 * image[0]).byte().numpy()) for image in images]
    paths = [tmp_path / "grey.png", tmp_path / "large.jpg"]
    pictures[0].save(paths[0])
    pictures[1].convert("RGB").resize((56, 56)).save(paths[1])
    return paths


def example(name: str) -> Any:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_routes_of_my_images(campaign: Campaign, digits: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    example("routes_of_my_images").main([str(campaign.store.root), "adanet", *map(str, digits)])
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "adanet at the setting default"
    network = zoo.load(campaign.store.root, "adanet")
    answer = network(example("routes_of_my_images").read(digits[0], network.task)[None])
    assert lines[0].startswith(f"{digits[0]}: {network.names_of(answer)[0]}, ")
    assert f"; {int(answer.route.sum())} of 6 units: " in lines[0]
    assert len(lines) == 2


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_served_network_answers_over_http(campaign: Campaign, digits: list[Path]) -> None:
    network = zoo.load(campaign.store.root, "branchynet", engine="torch")
    with serving(example("serve_over_http").make_server(network, 0)) as address:
        with urllib.request.urlopen(address, digits[0].read_bytes(), timeout=30) as reply:
            found = json.load(reply)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, b"no image", timeout=30)
        with refused.value as error:
            assert (error.code, json.load(error)) == (400, {"error": "the body is no image"})
    assert found == example("serve_over_http").answer_to(network, digits[0].read_bytes())
    assert found["class"] in (network.class_names or ())
    assert found["route"][0] == network.units[0]


def test_a_plot_of_my_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the reference; the numbers again, for one network by hand."""
    study = ROOT / "results" / "reference" / "quick"
    example("plot_of_my_own").main([str(study), str(tmp_path / "plot.png")])
    assert Image.open(io.BytesIO((tmp_path / "plot.png").read_bytes())).size[0] > 400
    found = example("plot_of_my_own").accuracy_by_cost(example("plot_of_my_own").answers(study))
    name = next(label for label in found.index if label.startswith("adanet"))
    (record,) = (study / "models").glob("adanet-*/accuracy.parquet")
    table = pd.read_parquet(record).query("setting == 'default'")
    cheapest = table[table["macs"].rank(pct=True) <= 0.25]
    assert found.loc[name].iloc[0] == pytest.approx(100 * (cheapest["label"] == cheapest["prediction"]).mean())
    assert f"Plot: {tmp_path / 'plot.png'}" in capsys.readouterr().out


def test_the_notebook_runs_from_top_to_bottom(campaign: Campaign, tmp_path: Path) -> None:
    """Its cells as one script, in a process of its own."""
    notebook = json.loads((EXAMPLES / "a_network_opened.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (tmp_path / "cells.py").write_text("\n".join(cells))
    environment = {"STUDY": str(campaign.store.root), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "cells.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("segments per image") == len(zoo.load(campaign.store.root, "branchynet").settings)


def test_the_notebook_is_committed_without_outputs() -> None:
    notebook = json.loads((EXAMPLES / "a_network_opened.ipynb").read_text())
    assert all(not cell.get("outputs") for cell in notebook["cells"])
