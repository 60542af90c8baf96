"""Run a function on several processes of a gloo group, and get what each of them returned."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import spawn

from benchmarks.training.distributed.peers import Peers


def together(count: int, work: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What `work(peers, *arguments)` returns on each of `count` processes, in the order of their ranks.

    Args:
        count: processes.
        work: a function of a module, which they import.
        arguments: that can be pickled; what is returned can be saved by torch.
    """
    with tempfile.TemporaryDirectory() as folder:
        spawn(_run, (count, folder, work, arguments), nprocs=count)
        return [torch.load(Path(folder) / f"{rank}.pt", weights_only=False) for rank in range(count)]


def _run(rank: int, count: int, folder: str, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=count)
    try:
        torch.save(work(Peers.of_group(), *arguments), Path(folder) / f"{rank}.pt")
    finally:
        dist.destroy_process_group()
