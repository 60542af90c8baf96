"""Images that fool the baseline, on every network: `python -m benchmarks.transfer results/quick`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.folders import check_file, check_folder
from benchmarks.cli.options import DataRootOption, DeviceOption, PluginOption
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.comparing.places import find_study
from benchmarks.plugins.places import check_plugins
from benchmarks.records.files import study_file

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(
    cls=OneLineCommand,
    epilog="Where the images of another network fool one more often than its own do, its own are too weak.",
)
def transfer(
    study: Annotated[
        str,
        typer.Argument(help="Results of a study: a directory, a name below results, or a URL. Example: results/quick"),
    ],
    source: Annotated[
        str | None,
        typer.Option(
            help="A network that the images are made for, as the study's tables have it. Example: --source resnet",
            show_default="each network's baseline",
        ),
    ] = None,
    epsilon: Annotated[
        float | None,
        typer.Option(
            help="Radius, in units of [0, 1] pixels. Example: --epsilon 0.2", show_default="the data set's own"
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Test images. Example: --samples 500")] = 200,
    steps: Annotated[int, typer.Option(min=1, help="Of PGD, all of which are taken. Example: --steps 50")] = 20,
    out: Annotated[
        Path | None, typer.Option(help="Write every answer to a CSV file. Example: --out transfer.csv")
    ] = None,
    plugin: PluginOption = None,
    data_root: DataRootOption = None,
    device: DeviceOption = None,
) -> None:
    """Attack the baseline of every network, and show its images to the network."""
    with one_line_errors(*USAGE_ERRORS):
        root = find_study(study, weights=True)
        study_file(root)
        check_plugins(plugin)
        if epsilon is not None and not 0 < epsilon <= 1:
            raise ValueError(f"--epsilon: {epsilon} must be above 0 and at most 1")
        if out is not None:
            check_file(out, "--out")
        if data_root is not None:
            check_folder(data_root, "--data-root")
    with waiting(LOADING):
        import torch

        from benchmarks.cli.console import make_console
        from benchmarks.cli.error_kinds import INPUT_ERRORS
        from benchmarks.cli.values import checked_device
        from benchmarks.plugins.loading import load as load_plugins
        from benchmarks.transferring.study import transfer_of
        from benchmarks.transferring.transfer import TransferOptions
    with one_line_errors(*INPUT_ERRORS):
        load_plugins(plugin or ())
        options = TransferOptions(samples=samples, epsilon=epsilon, steps=steps)
        with waiting("attacking"):
            place = torch.device(checked_device(device))
            found = transfer_of(root, source, options, data_root=data_root, device=place)
        make_console().print(found.grid().table())
        typer.echo("\n".join(found.remarks()))
        if out is not None:
            found.table.to_csv(out, index=False)


if __name__ == "__main__":
    sys.exit(app())
