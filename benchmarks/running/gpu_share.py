"""How much of a GPU a job gets: measured before it runs, and held to while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from benchmarks.data import Dataset
from benchmarks.running.estimate import estimate_training
from benchmarks.study.study import ModelSpec

CONTEXT = 2**30
"""Bytes that a process needs on a GPU besides its tensors: CUDA's context and the kernels of its libraries."""
SPARE = 1.25
"""What a share allows for, as a multiple of the memory that steps of training have taken."""
MOST = 8
"""Jobs that share a GPU at most."""


class OutOfGpuMemory(RuntimeError):
    """A job needs more of a GPU's memory than it has.

    Args:
        shares: of a GPU that it was tried with.
        error: torch's, at the last one.
    """

    def __init__(self, shares: Sequence[float], error: torch.OutOfMemoryError) -> None:
        tried = " and ".join(in_words(share) for share in shares if share) or "a whole GPU"
        super().__init__(f"tried with {tried}: {str(error).partition('. ')[0]}")


def measured_share(spec: ModelSpec, dataset: Dataset, device: torch.device) -> float:
    """The share of this process's GPU that training a network needs: 1, 1/2, 1/3, ... or 1/8.

    Some steps of every phase are trained, whose time is not looked at. What its evaluators need is not measured; if it
    is more than the share, `benchmarks.running.growing` finds out.

    Args:
        spec: of the network.
        dataset: to train on, a copy of which every job has on the device.
        device: a GPU.
    """
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    try:
        estimate_training(spec, dataset, device)
    except torch.OutOfMemoryError:
        return 1.0
    finally:
        needed = torch.cuda.max_memory_reserved(device)
        torch.cuda.empty_cache()
    return share_of(needed, torch.cuda.get_device_properties(device).total_memory)


def share_of(needed: float, total: float) -> float:
    """The smallest share of a GPU that is enough.

    Args:
        needed: bytes that tensors have taken.
        total: bytes of the GPU.
    """
    jobs = int(total // (SPARE * needed + CONTEXT))
    return 1 / min(max(jobs, 1), MOST)


@contextmanager
def held_to(share: float, device: torch.device) -> Iterator[None]:
    """Inside the block, this process takes no more than its share of a GPU: what runs beside it is left alone.

    Beyond it, torch raises `torch.OutOfMemoryError`, as on a smaller GPU.

    Args:
        share: of the GPU; 0 or 1 for no limit.
        device: of the job; on a CPU nothing is limited.
    """
    if device.type != "cuda" or not 0 < share < 1:
        yield
        return
    total = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.set_per_process_memory_fraction(max(share - CONTEXT / total, share / 2), device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)


def in_words(share: float) -> str:
    """A share of a GPU, for people."""
    return "a whole GPU" if share >= 1 else f"{share:.2g} of a GPU"
