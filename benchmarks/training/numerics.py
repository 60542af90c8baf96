"""Settings of threads and precision, so that the same job gives the same bytes wherever it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def single_threaded() -> Iterator[None]:
    """One thread per process: two are slow on a busy machine, and only one thread gives the same bytes everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def full_precision() -> Iterator[None]:
    """Convolutions in full fp32: by default a GPU rounds their inputs to the 10 bits of TF32, which changes routes.

    Timing uses the default, because networks are served with it.
    """
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
