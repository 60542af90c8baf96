"""TensorBoard's event files: `tensorboard --logdir DIR` shows them."""

from __future__ import annotations

from pathlib import Path

from tensorboardX import SummaryWriter

from benchmarks.tracking.scalars import Scalars

MARK = ".routebench"
"""The end of the names of the files that are written here."""


def write_events(folder: Path, study: str, scalars: Scalars) -> None:
    """Write a network's numbers in a folder of its own, in the place of what was written for that network before.

    Args:
        folder: of all studies.
        study: name of the study.
        scalars: of the network.
    """
    place = folder / study / scalars.name.replace("/", "_")
    for older in place.glob(f"events.out.tfevents.*{MARK}"):
        older.unlink()
    with SummaryWriter(str(place), filename_suffix=MARK) as writer:
        for epoch, figures in scalars.epochs.items():
            for name, value in figures.items():
                writer.add_scalar(f"training/{name}", value, epoch, walltime=scalars.finished)
        for name, value in scalars.summary.items():
            writer.add_scalar(f"measured/{name}", value, len(scalars.epochs), walltime=scalars.finished)
