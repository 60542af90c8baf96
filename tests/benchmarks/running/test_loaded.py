"""Networks of records, ready to be measured."""

from __future__ import annotations

import torch

from benchmarks.data import Dataset
from benchmarks.measuring.engine_names import RUNTIME
from benchmarks.measuring.engines import _dense_model, available
from benchmarks.records.record import Record
from benchmarks.running.loaded import load_network


def test_networks_with_one_baseline_share_its_engines(records: dict[str, Record], few_digits: Dataset) -> None:
    """Seconds of writing it down for ONNX Runtime, once in a worker and not once a network."""
    images = next(iter(few_digits.test.take(2).batches(2, device=torch.device("cpu")))).images.contiguous()
    first = load_network(records["adanet"], few_digits, torch.device("cpu"))
    assert RUNTIME in available(first.baseline, images, [RUNTIME])
    prepared = _dense_model.cache_info().misses
    second = load_network(records["adanet"], few_digits, torch.device("cpu"))
    assert RUNTIME in available(second.baseline, images, [RUNTIME])
    assert _dense_model.cache_info().misses == prepared
