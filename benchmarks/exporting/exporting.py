"""From a study to an artefact on disk: chosen, written, checked, timed, and only then given its name."""

from __future__ import annotations

from pathlib import Path

from benchmarks.exporting.artefact import new_folder, write
from benchmarks.exporting.checking import check, cost
from benchmarks.exporting.expected import expected_of
from benchmarks.exporting.subject import Subject
from benchmarks.training.numerics import single_threaded
from zoo.serving.runtime.plans import Plan
from zoo.serving.runtime.served import ServedByRuntime

IMAGES = 1000
"""Most test images that an artefact is checked on."""
SECONDS = 3.0
"""Budget of the turns in which a single file is timed."""


def export(subject: Subject, out: Path, *, single: bool = False) -> list[str]:
    """Write a network as a folder that runs without PyTorch; what the terminal says of it, in lines.

    Args:
        subject: the network at its setting.
        out: missing, or an empty folder.
        single: also write `single.onnx`.

    Raises:
        RuntimeMissing: ONNX Runtime, or what writes its models, is not installed.
        Unsupported: the network cannot be written down as a graph.
        Unequal: what was written answers otherwise than the network; nothing is left of it.
        OSError: the folder cannot be written.
    """
    with single_threaded():
        plan = ServedByRuntime(subject.net, threads=1).plan()
        images = subject.images(IMAGES)
        expected = expected_of(subject.net, images, plan.values.get("limit"))
        with new_folder(out) as folder:
            write(folder, plan, subject, single=single)
            lines = [
                f"{subject.spec.label} at the setting {subject.setting.name}: {_parts(folder, plan)}",
                str(check(folder, images, expected)),
                *([str(cost(folder, images, SECONDS))] if single else []),
            ]
    return [*lines, f"Exported: {out}"]


def _parts(folder: Path, plan: Plan) -> str:
    megabytes = sum((folder / f"{name}.onnx").stat().st_size for name in plan.segments) / 1e6
    count = len(plan.segments)
    return f"{plan.values['kind']}, {count} segment{'s' if count > 1 else ''}, {megabytes:.2f} MB"
