"""The folder that an exported network is: a plan, segments, the driver, and how to use it."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.exporting.subject import Subject
from benchmarks.records.environment import commit
from zoo.serving.runtime import driver
from zoo.serving.runtime.plans import Plan
from zoo.serving.runtime.single import single_model

PACKAGES = ("torch", "onnx", "onnxscript", "onnxruntime", "numpy")
"""Whose versions the plan names."""
SINGLE = "single.onnx"


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes it when the block ends without an error.

    Args:
        out: missing, or an empty folder.
    """
    final = out.resolve()
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{final.name}.{secrets.token_hex(4)}.tmp")
    temporary.mkdir()
    try:
        yield temporary
        temporary.rename(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write(folder: Path, plan: Plan, subject: Subject, *, single: bool) -> None:
    """Write an artefact.

    Args:
        folder: empty.
        plan: of the network at its setting.
        subject: what is exported.
        single: also write one model for one image per call, as `single.onnx`.
    """
    for name in plan.segments:
        (folder / f"{name}.onnx").write_bytes(plan.model(name))
    if single:
        (folder / SINGLE).write_bytes(single_model(plan))
    content = {**plan.as_dict(), "about": about(subject)}
    (folder / driver.PLAN).write_text(f"{json.dumps(content, indent=1)}\n", encoding="utf-8")
    shutil.copytree(Path(driver.__file__).parent, folder / "driver", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "README.md").write_text(_readme(plan.values, subject, single=single), encoding="utf-8")


def about(subject: Subject) -> dict[str, Any]:
    """What the plan says of the network's origin: names, classes, accuracy if it was measured, and versions."""
    spec, info = subject.spec, subject.dataset.info
    return {
        "method": spec.method,
        "selector": str(spec.selector),
        "label": spec.label,
        "study": subject.study,
        "dataset": spec.dataset,
        "class_names": list(info.classes),
        "setting": {"name": subject.setting.name, "note": subject.setting.note},
        "accuracy": subject.accuracy(),
        "weights": subject.record.config["weights"],
        "versions": {**{package: version(package) for package in PACKAGES}, "commit": commit()},
    }


def _readme(plan: Mapping[str, Any], subject: Subject, *, single: bool) -> str:
    shape = ", ".join(map(str, plan["shape"]))
    lines = [
        f"# {subject.spec.label}, trained on {subject.dataset.info.title}, at the setting {subject.setting.name}",
        "",
        "It needs NumPy and ONNX Runtime (`python -m pip install numpy onnxruntime`), not PyTorch. In this folder:",
        "",
        "    from driver import load",
        '    network = load(".")            # load(".", threads=4) for four threads per operator',
        f"    answer = network(images)       # (N, {shape}) float32, pixels in [0, 1]; not normalised",
        "    answer.logits.argmax(axis=1)   # (N,); plan.json has the names: about.class_names",
        "    answer.route                   # (N, U) bool: the units that each image used, named in plan.json: units",
    ]
    if single:
        lines += [
            "",
            "`single.onnx` is the same network in one file, for any host of ONNX Runtime and one image per call: from",
            f"`images` (1, {shape}) to `logits` and `route`. Its decisions are the operator `If`.",
        ]
    return "\n".join([*lines, ""])
