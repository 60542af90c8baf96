"""The values of options, checked, and what they make of a study and its run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks import data
from benchmarks.cli.folders import check_folder
from benchmarks.records.environment import usable_cpus
from benchmarks.running.campaign import RunOptions
from benchmarks.running.scheduling.address import parsed_address
from benchmarks.study.study import Study, StudyError, checked, parse_dataset
from zoo.plugins import unknown
from zoo.registry import split_outside_brackets


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


def measuring_besides(study: Study, names: str | None) -> Study:
    """A study that measures more, with default options.

    Args:
        study: its own options stay.
        names: of evaluators, separated by commas.

    Raises:
        StudyError: no evaluator that has options has that name.
    """
    fields = study.evaluation.model_dump()
    for name in filter(None, (part.strip() for part in (names or "").split(","))):
        if name not in fields:
            raise StudyError(f"--evaluators: {unknown('evaluator', name, list(fields))}")
        fields[name] = fields[name] or {}
    return checked(Study, {**study.model_dump(), "evaluation": fields}, "options") if names else study


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


def checked_run(
    *,
    results: Path,
    data_root: Path | None,
    device: str | None,
    ray_address: str | None,
    cpus_per_job: float,
    gpus_per_job: float | None,
    time_limit: float | None,
    images: bool = True,
) -> RunOptions:
    """How a study is run, from the options of those names.

    Raises:
        FolderError: the folder of the data does not exist.
        ValueError: another value is not valid.
    """
    if ray_address is not None:
        parsed_address(ray_address)
    return RunOptions(
        results=results,
        data_root=None if data_root is None else check_folder(data_root, "--data-root"),
        device=checked_device(device),
        cpus_per_job=checked_cpus(cpus_per_job, elsewhere=ray_address is not None),
        gpus_per_job=checked_gpus(gpus_per_job, device),
        hours=checked_hours(time_limit),
        images=images,
    )
