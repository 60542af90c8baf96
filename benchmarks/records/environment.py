"""The environment that made a result: versions and hardware, without names of people, machines or folders."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

PACKAGES = ("torch", "torchvision", "numpy", "pandas", "ray", "foolbox", "fvcore", "ptflops")
SOURCES = ("zoo", "benchmarks", "pyproject.toml")
"""Paths whose changes make a checkout dirty; changes of results and pages do not."""
VOLATILE = ("created", "load_average", "commit")
"""Fields that differ from run to run in the same environment."""


def describe_environment() -> dict[str, Any]:
    """Versions, processor and instruction set in use, GPUs, threads, load average and commit.

    A value that this machine does not provide is None. `host` is a hash, which distinguishes machines without naming
    them. `threads` is the number of torch's threads in the calling process.
    """
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **_stable(),
        "threads": torch.get_num_threads(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "commit": commit(),
    }


def environment_key(environment: Mapping[str, Any]) -> str:
    """Hash of an environment without date, load and commit; 12 hexadecimal digits."""
    stable = {name: value for name, value in sorted(environment.items()) if name not in VOLATILE}
    return hashlib.sha256(repr(stable).encode()).hexdigest()[:12]


def usable_cpus() -> int:
    """CPUs that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _stable() -> dict[str, Any]:
    return {
        "host": _host(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "instructions": _instructions(),
        "cpus": usable_cpus(),
        "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    }


def _host() -> str:
    file = Path("/etc/machine-id")
    name = f"{socket.gethostname()} {file.read_text() if file.exists() else ''}"
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _instructions() -> str:
    """The instruction set that torch's kernels use, and whether the processor computes bf16 natively."""
    names = [torch.backends.cpu.get_cpu_capability()]
    names += ["AVX512-BF16"] if torch.cpu._is_avx512_bf16_supported() else []
    names += ["AMX"] if torch.cpu._is_amx_tile_supported() else []
    return ", ".join(names)


@cache
def commit() -> str | None:
    """The commit of the running code, with `-dirty` if the code differs from it; None outside a checkout."""
    try:
        name = _git("describe", "--always")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", *SOURCES)
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{name}-dirty" if changed else name


def _git(*arguments: str) -> str:
    root = Path(__file__).parents[2]
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()
