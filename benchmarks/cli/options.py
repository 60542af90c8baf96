"""The options of `python -m benchmarks.run` and their help texts; imports nothing slow."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ImagesChoice(StrEnum):
    """Whether pages show test images."""

    all = "all"
    none = "none"


class SchedulerName(StrEnum):
    """Where jobs run."""

    ray = "ray"
    inline = "inline"


def _share_of_a_gpu(text: str | None) -> str | None:
    """Refuse what is neither `auto` nor a number while the command line is read."""
    try:
        return text if text is None or text == "auto" else str(float(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is neither auto nor a number.") from error


MethodsOption = Annotated[
    str | None,
    typer.Option(
        help="Which networks: 'all', names, wildcards or selectors, separated by commas. "
        "Example: --methods 'resnet, adanet[target_rate=0.5]'. [default: the study's]"
    ),
]
StudyOption = Annotated[
    str, typer.Option(help="What is compared: quick, standard, paper, or a YAML file. Example: --study my.yaml")
]
PluginOption = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        help="Import this first, for its methods, evaluators, figures, data sets and attacks: a module, or the path of "
        "a .py file or of a package's folder; may be repeated. Example: --plugin my_package.networks",
        show_default="the study's",
    ),
]
DatasetOption = Annotated[
    str | None, typer.Option(help="Another data set. Example: --dataset 'fashion-mnist[train=10000]'")
]
PresetOption = Annotated[str | None, typer.Option(help="Scale of all networks. Example: --preset small")]
EpochsOption = Annotated[int | None, typer.Option(help="Epochs of training. Example: --epochs 30")]
RepetitionsOption = Annotated[int | None, typer.Option(help="Seeds per network. Example: --repetitions 3")]
StaticCurveOption = Annotated[
    bool,
    typer.Option(
        "--no-static-curve",
        help="Leave out the smaller ResNets that networks are compared with at equal cost. Example: --no-static-curve",
    ),
]
EvaluatorsOption = Annotated[
    str | None,
    typer.Option(help="Measured besides, separated by commas. Example: --evaluators 'corruptions, deep_attacks'"),
]
SeedOption = Annotated[int | None, typer.Option(help="Seed of the study. Example: --seed 7")]
NameOption = Annotated[
    str | None, typer.Option(help="Name of the study, of its directory and of its page. Example: --name mine")
]
ResultsOption = Annotated[
    str,
    typer.Option(
        help="Where records go: a folder, or a URL of an object store or another file system of fsspec. "
        "Example: --results s3://bucket/runs"
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        help="Directory of the page; created if it is missing. Example: --out public/quick "
        "[default: reports/<study's name>]"
    ),
]
ReportsOption = Annotated[
    Path | None, typer.Option(hidden=True, help="Older than --out: the directory that the page's directory is made in")
]
DataRootOption = Annotated[
    Path | None,
    typer.Option(envvar="ROUTEBENCH_DATA", help="Folder that is searched for data sets. Example: --data-root ~/data"),
]
DeviceOption = Annotated[
    str | None, typer.Option(help="cpu or cuda. Example: --device cpu [default: cuda if available]")
]
SchedulerOption = Annotated[
    SchedulerName, typer.Option(help="Run under Ray, or in this process. Example: --scheduler inline")
]
RayAddressOption = Annotated[
    str | None, typer.Option(help="Join a running Ray cluster. Example: --ray-address 10.0.0.1:6379")
]
TimeOnOption = Annotated[
    str | None,
    typer.Option(
        help="The machine of the cluster that times all networks: its address, or KEY=VALUE, a label of such machines. "
        "Example: --time-on 10.0.0.7 [default: one of those with most CPUs]"
    ),
]
CpusPerJobOption = Annotated[float, typer.Option(help="CPUs per training job. Example: --cpus-per-job 2")]
GpusPerJobOption = Annotated[
    str | None,
    typer.Option(
        callback=_share_of_a_gpu,
        help="Fraction of a GPU per training job, or auto: as much as its network needs, which is measured. "
        "Example: --gpus-per-job auto [default: 1 with cuda]",
    ),
]
ProcessesOption = Annotated[
    int | None,
    typer.Option(
        help="Processes that train a network together, each on its part of every batch and on a GPU of its own. "
        "Example: --processes 4 [default: the study's, or 1]"
    ),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        help="Hours that training a network, or one of its evaluators, may take. Example: --time-limit 12 "
        "[default: 20 times the estimate, at least 1]"
    ),
]
ImagesOption = Annotated[
    ImagesChoice,
    typer.Option(
        help="Store some hundreds of test images for the page, some as attacks left them too; or none where they may "
        "not be passed on. Example: --images none"
    ),
]
TensorBoardOption = Annotated[
    Path | None,
    typer.Option(
        "--tensorboard",
        help="Also write curves and results for TensorBoard, below this folder. Example: --tensorboard runs [default: "
        "none]",
    ),
]
MlflowOption = Annotated[
    Path | None,
    typer.Option(help="The same for MLflow, into mlflow.db in this folder. Example: --mlflow runs [default: none]"),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Discard this study's records and make them again. Example: --force")
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Print what would run, what exists already, and about how long it takes. Example: --dry-run"
    ),
]
