"""`torch.compile` at its defaults, compared with serving the same dense network and with serving one that skips blocks.

The compiled network is the baseline ResNet-110, folded and channels-last, compiled separately for every batch size. The
routed network is AdaNet on ResNet-110 with half of its blocks skipped. See `benchmarks.speed.skipping`.
"""

from __future__ import annotations

import math
import os
import shlex
import shutil
from typing import Any

import pandas as pd
import torch

from benchmarks.speed.skipping import NARROW, Case, networks
from benchmarks.speed.table import NotMeasured, row_of
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.numerics import single_threaded
from zoo import optimize_for_inference

CASES = [Case("ResNet-110", NARROW, batch, 0.5, math.nan) for batch in (1, 8, 64)]


def measure(seconds: float) -> pd.DataFrame:
    """Speed-ups over the compiled dense network, in CPU time of one thread.

    Args:
        seconds: for the turns of all rows together; compilation takes about 10 s more per batch size.

    Returns:
        Two rows per batch size, columns as `benchmarks.speed.table.row_of` says.

    Raises:
        NotMeasured: there is no C++ compiler, which `torch.compile` needs on a CPU.
    """
    compiler = shlex.split(os.environ.get("CXX", "g++"))[0]
    if shutil.which(compiler) is None:
        raise NotMeasured(f"torch.compile needs a C++ compiler: install {compiler}, or set CXX to another one")
    with single_threaded():
        return pd.DataFrame([row for case in CASES for row in _lines(case, seconds / len(CASES))])


def _lines(case: Case, seconds: float) -> list[dict[str, Any]]:
    net, baseline, images = networks(case)
    images = images.contiguous(memory_format=torch.channels_last)
    dense, served = optimize_for_inference(baseline), optimize_for_inference(net)
    network = torch.compile(optimize_for_inference(baseline, fused=False).net, dynamic=False)

    def compiled() -> None:
        with torch.inference_mode():
            network(images)

    calls = {"compiled": compiled, "dense": lambda: dense(images), "served": lambda: served(images)}
    times = take_turns(calls, seconds)
    share = served(images).route.float().mean().item()
    where = f"{case.name}, batch {case.batch}"
    return [
        row_of("dense, served, over torch.compile", where, ratio(times["compiled"], times["dense"])),
        row_of(
            "served, over dense in torch.compile",
            f"{where}, {share:.0%} of the blocks run",
            ratio(times["compiled"], times["served"]),
        ),
    ]
