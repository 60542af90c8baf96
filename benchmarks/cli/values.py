"""The values of options, checked, and what they make of a study and its run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks import data
from benchmarks.cli.folders import check_folder
from benchmarks.cli.options import SchedulerName
from benchmarks.records.environment import usable_cpus
from benchmarks.remote.exchange import RemoteStudy
from benchmarks.running.campaign import Campaign, RunOptions
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


def checked_gpus(text: str | None, device: str | None) -> float | None:
    """GPUs per job: by default 1 on a GPU and 0 on a CPU; None for `auto` on a GPU.

    Raises:
        StudyError: neither `auto` nor a number, a negative number, or a GPU requested with a CPU as device.
    """
    on_gpu = checked_device(device) == "cuda"
    if text is None:
        return 1.0 if on_gpu else 0.0
    if text == "auto":
        return None if on_gpu else 0.0
    try:
        gpus = float(text)
    except ValueError as error:
        raise StudyError(f"--gpus-per-job: {text!r} is neither auto nor a number") from error
    if not (gpus >= 0 and math.isfinite(gpus)) or (gpus > 0 and not on_gpu):
        raise StudyError(f"--gpus-per-job: {gpus} does not fit --device {checked_device(device)}")
    return gpus


def check_processes(campaign: Campaign, scheduler: SchedulerName, *, elsewhere: bool) -> None:
    """Refuse networks that several processes train where they would never start.

    Raises:
        StudyError: without Ray, or with more CPUs or GPUs than this machine has, unless jobs run `elsewhere`.
    """
    most = max((spec.processes for spec in campaign.specs), default=1)
    if most == 1:
        return
    if scheduler is SchedulerName.inline:
        raise StudyError(f"processes: {most} processes train a network under Ray only; leave out --scheduler inline")
    cpus, gpus = most * campaign.options.cpus_per_job, most if campaign.options.device == "cuda" else 0
    if not elsewhere and (cpus > usable_cpus() or gpus > torch.cuda.device_count()):
        needed = f"{gpus} GPUs" if gpus > torch.cuda.device_count() else f"{cpus:g} CPUs"
        there = torch.cuda.device_count() if gpus > torch.cuda.device_count() else usable_cpus()
        raise StudyError(f"processes: {most} processes need {needed}, and this machine has {there}")


def checked_hours(hours: float | None) -> float | None:
    """A time limit.

    Raises:
        StudyError: it is not a positive number.
    """
    if hours is not None and not (hours > 0 and math.isfinite(hours)):
        raise StudyError(f"--time-limit: {hours} must be above 0, and a number")
    return hours


def checked_place(time_on: str | None, ray_address: str | None) -> str | None:
    """The machine that times; whether the cluster has it is known when it is joined.

    Raises:
        StudyError: there is no cluster to choose from, or nothing is named.
    """
    if time_on is not None and ray_address is None:
        raise StudyError("--time-on: chooses a machine of a cluster; it needs --ray-address")
    if time_on is not None and not time_on.strip():
        raise StudyError("--time-on: names no machine; write its address, or KEY=VALUE of a label")
    return time_on


def checked_run(
    *,
    results: Path,
    data_root: Path | None,
    device: str | None,
    ray_address: str | None,
    cpus_per_job: float,
    gpus_per_job: str | None,
    time_limit: float | None,
    time_on: str | None = None,
    images: bool = True,
    remote: RemoteStudy | None = None,
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
        time_on=checked_place(time_on, ray_address),
        images=images,
        remote=remote,
    )
