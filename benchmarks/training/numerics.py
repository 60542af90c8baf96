"""How numbers are computed, so that the same job gives the same bytes wherever it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def single_threaded() -> Iterator[None]:
    """One thread per process: two collapse on a busy machine, and only one gives the same bytes everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def full_precision() -> Iterator[None]:
    """fp32 is fp32 in convolutions: left to itself, a GPU rounds what they read to TF32's 10 bits, and routes differ.

    Timing is left to itself, since that is how networks are served.
    """
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
