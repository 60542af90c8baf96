"""Export a trained network, to run without PyTorch: `python -m benchmarks.export results/quick adanet --out my_net`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.folders import check_folder, check_new
from benchmarks.cli.options import DataRootOption, PluginOption
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.comparing.places import find_study
from benchmarks.plugins.places import check_plugins
from benchmarks.records.files import study_file

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(
    cls=OneLineCommand, epilog="If it answers otherwise than the network, nothing is written, and the exit status is 2."
)
def export(
    study: Annotated[
        str,
        typer.Argument(help="Results of a study: a directory, a name below results, or a URL. Example: results/quick"),
    ],
    network: Annotated[
        str, typer.Argument(help="A network as the study's tables have it. Example: 'adanet[target_rate=0.4] #2'")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write; missing or empty. Example: --out my_net")],
    setting: Annotated[
        str | None, typer.Option(help="Setting to serve. Example: --setting knee", show_default="the headline setting")
    ] = None,
    single: Annotated[
        bool,
        typer.Option(
            "--single",
            help="Also one file for one image per call, with the operator If, and its time. Example: --single",
        ),
    ] = False,
    plugin: PluginOption = None,
    data_root: DataRootOption = None,
) -> None:
    """Write a trained network as ONNX segments, a plan and a driver that needs NumPy and ONNX Runtime only.

    It is compared with the network on up to 1,000 test images before it is there: logits within 1e-4, and
    equal routes but for decisions within 1e-4 of a threshold.
    """
    with one_line_errors(*USAGE_ERRORS):
        root = find_study(study, weights=True)
        study_file(root)
        check_plugins(plugin)
        check_new(out, "--out")
        if data_root is not None:
            check_folder(data_root, "--data-root")
    with waiting(LOADING):
        from benchmarks.cli.error_kinds import INPUT_ERRORS
        from zoo.serving.runtime.graphs import RuntimeMissing, check_installed
    with one_line_errors(RuntimeMissing):
        check_installed()
    with waiting(LOADING):
        from benchmarks.exporting.checking import Unequal
        from benchmarks.exporting.exporting import export as write
        from benchmarks.exporting.subject import subject_of
        from benchmarks.plugins.loading import load as load_plugins
    with one_line_errors(*INPUT_ERRORS, Unequal):
        load_plugins(plugin or ())
        with waiting(f"exporting {network}"):
            report = write(subject_of(root, network, setting, data_root), out, single=single)
        typer.echo("\n".join(report))


if __name__ == "__main__":
    sys.exit(app())
