"""Networks exported by `python -m benchmarks.export`, and run where there is no PyTorch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

import zoo
from benchmarks.export import app
from benchmarks.exporting import exporting
from benchmarks.exporting.expected import Expected, expected_of
from benchmarks.exporting.subject import Subject, subject_of
from benchmarks.running.scheduling import InlineScheduler
from tests.benchmarks.cases import NOT_MEASURED, ignore, small_campaign, small_study

METHODS = ("adanet", "skipnet", "msdnet")
ELSEWHERE = """
import sys, time
sys.modules.update(dict.fromkeys(("torch", "zoo", "benchmarks")))  # importing one of them is an error
folder, images = sys.argv[1], sys.argv[2]
sys.path.insert(0, folder)
import numpy as np
import onnxruntime as ort
import driver

images = np.load(images)
network = driver.load(folder)
together = network(images)
session = ort.InferenceSession(f"{folder}/single.onnx", providers=["CPUExecutionProvider"])
forms = {
    "driver": lambda image: network(image)[:2],
    "single": lambda image: session.run(["logits", "route"], {"images": image}),
}
found = {"together_logits": together.logits, "together_route": together.route}
for name, form in forms.items():
    started = time.perf_counter()
    answers = [form(image[None]) for image in images]
    found[f"{name}_seconds"] = time.perf_counter() - started
    found[f"{name}_logits"], found[f"{name}_route"] = map(np.concatenate, zip(*answers))
np.savez(sys.argv[3], **found)
"""
"""Runs an artefact in a process that cannot import PyTorch or the suite: folder, images, where answers go."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a study with a network of every kind, trained for two epochs. Not to be changed."""
    study = small_study(*METHODS, recipe={"epochs": 2}, evaluation=NOT_MEASURED)
    campaign = small_campaign(tmp_path_factory.mktemp("results"), study)
    assert [outcome.error for outcome in campaign.run(InlineScheduler(), ignore)] == [""] * 3
    return campaign.store.root


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timing takes its fewest turns."""
    monkeypatch.setattr(exporting, "SECONDS", 0.1)


def export(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def run_elsewhere(folder: Path, images: Any) -> dict[str, Any]:
    """Answers of an artefact that was moved to a folder of its own, and seconds."""
    np.save(folder.parent / "images.npy", images)
    out = folder.parent / "answers.npz"
    command = [sys.executable, "-I", "-c", ELSEWHERE, str(folder), str(folder.parent / "images.npy"), str(out)]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(np.load(out))


@pytest.mark.parametrize("method", METHODS)
def test_a_folder_answers_without_pytorch_what_the_network_answers(method: str, root: Path, tmp_path: Path) -> None:
    done = export(root, method, "--out", tmp_path / "made" / method, "--single")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "100 test images: logits differ by at most" in done.stdout
    assert "ms by single.onnx" in done.stdout
    assert done.stdout.endswith(f"Exported: {tmp_path}/made/{method}\n")
    subject = subject_of(root, method, None, None)
    images = subject.images(100)
    expected = expected_of(subject.net, images, None)
    (tmp_path / "made" / method).rename(tmp_path / "elsewhere")
    found = run_elsewhere(tmp_path / "elsewhere", images)
    for form in ("together", "driver", "single"):
        np.testing.assert_allclose(found[f"{form}_logits"], expected.logits, atol=1e-4, rtol=0)
        np.testing.assert_array_equal(found[f"{form}_route"], expected.routes)
    assert found["driver_seconds"] > 0
    assert found["single_seconds"] > 0


def test_the_folder_has_all_that_a_reader_needs_and_nothing_else_is_left(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "net"
    out.mkdir()
    assert export(root, "msdnet", "--out", out).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["net"]
    plan = json.loads((out / "plan.json").read_text())
    models = [f"{name}.onnx" for name in plan["segments"]]
    assert sorted(path.name for path in out.iterdir()) == sorted([*models, "README.md", "driver", "plan.json"])
    about = plan["about"]
    assert (about["method"], about["selector"], about["study"]) == ("msdnet", "msdnet[tiny]", "small")
    assert about["class_names"] == list("0123456789")
    assert about["setting"]["name"] == plan["setting"]["name"]
    subject = subject_of(root, "msdnet", None, None)
    answers = expected_of(subject.net, subject.images(100), None).logits.argmax(axis=1)
    right = float((answers == subject.dataset.test.labels.numpy()).mean())
    assert about["accuracy"] == {"test": pytest.approx(right), "images": 100}
    assert about["versions"]["torch"] == torch.__version__.partition("+")[0]


def test_another_setting_is_exported_on_request(root: Path, tmp_path: Path) -> None:
    done = export(root, "msdnet", "--out", tmp_path / "net", "--setting", "full")
    assert done.stdout.startswith("msdnet at the setting full: cascade, 1 segment, ")
    plan = json.loads((tmp_path / "net" / "plan.json").read_text())
    assert [step["threshold"] for step in plan["steps"]] == [None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet", "--out", "net"), "error: the study has no network 'resnet'; valid: 'adanet', 'skipnet', 'msdnet'"),
        (("adanet", "--out", "net", "--setting", "fast"), "error: --setting: adanet has no setting 'fast'; valid: '"),
    ],
)
def test_a_name_that_is_not_there_is_one_line_and_writes_nothing(
    arguments: tuple[str, ...], message: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = export(root, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_record_without_its_weights_is_one_line(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "small")
    for weights in (tmp_path / "small").glob("models/*/weights.safetensors"):
        weights.unlink()
    done = export(tmp_path / "small", "adanet", "--out", tmp_path / "net")
    expected = f"adanet was stored without its weights in {tmp_path}/small: run the study again to export it"
    assert (done.exit_code, done.stderr) == (2, f"error: {expected}\n")


def test_damaged_weights_are_refused(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "small")
    (weights,) = (tmp_path / "small").glob("models/adanet-*/weights.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    done = export(tmp_path / "small", "adanet", "--out", tmp_path / "net")
    assert done.exit_code == 2
    assert "weights.safetensors is damaged: its SHA-256 is not the one in manifest.json" in done.stderr


def test_weights_that_do_not_fit_the_method_any_more_are_refused(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.exporting.subject.create", lambda selector, task: zoo.create("resnet[tiny]", task))
    done = export(root, "adanet", "--out", tmp_path / "net")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: adanet has changed since it was trained: run the study again (")


def test_an_artefact_that_answers_otherwise_is_not_left_behind(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*arguments: Any) -> Expected:
        expected = expected_of(*arguments)
        return replace(expected, logits=expected.logits + np.float32(0.5))

    monkeypatch.setattr(exporting, "expected_of", other)
    done = export(root, "adanet", "--out", tmp_path / "net")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the driver, asked 1 at a time, answers otherwise than the network: 0 of 100 test images" in done.stderr
    assert "logits differ by up to 5.0e-01; nothing is written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_is_interrupted_leaves_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "check", interrupted)
    subject: Subject = subject_of(root, "adanet", None, None)
    with pytest.raises(KeyboardInterrupt):
        exporting.export(subject, tmp_path / "net")
    assert list(tmp_path.iterdir()) == []
