"""All weights of a study in one file: `python -m benchmarks.release quick --out routebench-quick.safetensors`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.errors import USAGE_ERRORS, one_line_errors
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.comparing.places import find_study
from benchmarks.records.files import StoreError, study_file
from benchmarks.remote.urls import shown

SUFFIX = ".safetensors"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def release(
    study: Annotated[
        str,
        typer.Argument(help="Results of a study: a directory, a name below results, or a URL. Example: results/quick"),
    ],
    out: Annotated[Path, typer.Option(help="File to write. Example: --out routebench-quick.safetensors")],
) -> None:
    """Write the weights of all networks of a study into one file, with their tasks, settings and digests.

    zoo.load_reference("quick", "adanet", file=...) reads it; neither the study nor its data set is needed then.
    """
    with one_line_errors(*USAGE_ERRORS):
        root = find_study(study, weights=True)
        study_file(root)
        if out.suffix != SUFFIX:
            raise StoreError(f"--out: {out} must end in {SUFFIX}")
        if out.is_dir():
            raise StoreError(f"--out: {out} is a folder")
    with waiting(LOADING):
        from benchmarks.cli.error_kinds import INPUT_ERRORS
        from benchmarks.exporting.release import write_release
    with one_line_errors(*INPUT_ERRORS):
        with waiting(f"collecting the weights of {shown(study)}"):
            report = write_release(root, out)
        typer.echo("\n".join(report))


if __name__ == "__main__":
    sys.exit(app())
