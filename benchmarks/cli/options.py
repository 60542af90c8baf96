"""The options of `python -m benchmarks.run`: their help texts, and the values that they may have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from benchmarks import data
from benchmarks.records.environment import usable_cpus
from benchmarks.study.study import Study, StudyError, checked, parse_dataset
from zoo.registry import split_outside_brackets


class SchedulerName(StrEnum):
    """Where jobs run."""

    ray = "ray"
    inline = "inline"


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
SeedOption = Annotated[int | None, typer.Option(help="Seed of the study. Example: --seed 7")]
NameOption = Annotated[
    str | None, typer.Option(help="Name of the directories under --results and --reports. Example: --name mine")
]
ResultsOption = Annotated[Path, typer.Option(help="Where records go. Example: --results /data/results")]
ReportsOption = Annotated[Path, typer.Option(help="Where pages go. Example: --reports /data/reports")]
DataRootOption = Annotated[
    Path | None, typer.Option(help="Folder that is searched for data sets. Example: --data-root ~/data")
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
CpusPerJobOption = Annotated[float, typer.Option(help="CPUs per training job. Example: --cpus-per-job 2")]
GpusPerJobOption = Annotated[
    float | None,
    typer.Option(help="Fraction of a GPU per training job. Example: --gpus-per-job 0.25 [default: 1 with cuda]"),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        help="Hours that training a network, or one of its evaluators, may take. Example: --time-limit 12 "
        "[default: 20 times the estimate, at least 1]"
    ),
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


def override(study: Study, values: Mapping[str, Any], epochs: int | None) -> Study:
    """A study with some fields replaced; None keeps a field. `methods` selects: own recipes stay with their networks.

    Raises:
        StudyError: a value that is not valid.
    """
    given = {key: value for key, value in values.items() if value is not None}
    methods = given.pop("methods", None)
    fields = study.model_dump() | given
    if epochs is not None:
        fields["recipe"] = fields["recipe"] | {"epochs": epochs}
    if methods is not None and not study.own_recipes():
        fields["methods"] = methods
    changed = checked(Study, fields, "options")
    if methods is None or not study.own_recipes():
        return changed
    preset = data.describe(parse_dataset(changed.dataset)[0]).preset or "tiny"
    return changed.model_copy(update={"methods": changed.selecting(methods, preset)})


def split_methods(text: str) -> list[str]:
    """Selectors in a comma-separated list.

    Raises:
        StudyError: the brackets do not match.
    """
    try:
        return split_outside_brackets(text)
    except ValueError as error:
        raise StudyError(f"--methods: {error}") from error


def checked_device(device: str | None) -> str:
    """The requested device, or the best available one.

    Raises:
        StudyError: the device is not available.
    """
    available = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
    if device is None:
        return available[-1]
    if device not in available:
        raise StudyError(f"--device: {device!r} is not available here; valid: {', '.join(available)}")
    return device


def checked_cpus(cpus: float, *, elsewhere: bool = False) -> float:
    """CPUs per job; a job that requests more CPUs than exist would never start.

    Raises:
        StudyError: not above 0, or more than this machine has, unless jobs run `elsewhere`, on a cluster.
    """
    if not (cpus > 0 and math.isfinite(cpus)):
        raise StudyError(f"--cpus-per-job: {cpus} must be above 0, and a number")
    if cpus > usable_cpus() and not elsewhere:
        raise StudyError(f"--cpus-per-job: {cpus} is more than the {usable_cpus()} CPUs of this machine")
    return cpus


def checked_gpus(gpus: float | None, device: str | None) -> float:
    """GPUs per job: by default 1 on a GPU and 0 on a CPU.

    Raises:
        StudyError: a negative number, or a GPU requested with a CPU as device.
    """
    on_gpu = checked_device(device) == "cuda"
    if gpus is None:
        return 1.0 if on_gpu else 0.0
    if not (gpus >= 0 and math.isfinite(gpus)) or (gpus > 0 and not on_gpu):
        raise StudyError(f"--gpus-per-job: {gpus} does not fit --device {checked_device(device)}")
    return gpus


def checked_hours(hours: float | None) -> float | None:
    """A time limit.

    Raises:
        StudyError: it is not a positive number.
    """
    if hours is not None and not (hours > 0 and math.isfinite(hours)):
        raise StudyError(f"--time-limit: {hours} must be above 0, and a number")
    return hours
