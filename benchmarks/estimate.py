"""How long training will take on this machine: a few steps are timed, the rest is arithmetic."""

from __future__ import annotations

import time

import torch

from benchmarks.data import Dataset
from benchmarks.jobs import build, single_threaded
from benchmarks.study import ModelSpec
from benchmarks.training import autocast, make_optimizer, plan

STEPS = 3
"""Timed steps per phase, after one that warms up."""


def estimate_training(spec: ModelSpec, dataset: Dataset, device: torch.device) -> float:
    """Seconds of training from scratch on a quiet machine, without validation, to within some tens of percent."""
    net = build(spec, dataset.info).to(device).to(memory_format=torch.channels_last).train()
    size = min(spec.recipe.batch_size, len(dataset.train))
    batch = next(iter(dataset.train.batches(size, device=device, channels_last=True)))
    seconds = 0.0
    phases = [turn.phase for turn in plan(net.phases(), spec.recipe.epochs)]
    with single_threaded():
        for phase in dict.fromkeys(phases):
            net.begin(phase.name)
            optimizer = make_optimizer(net, spec.recipe)
            for step in range(STEPS + 1):
                if step == 1:
                    started = _now(device)
                with autocast(spec.recipe.precision, device):
                    out = net(batch.images)
                optimizer.zero_grad(set_to_none=True)
                net.loss(out, batch.labels).backward()
            per_step = (_now(device) - started) / STEPS
            seconds += phases.count(phase) * per_step * (len(dataset.train) // size)
    return seconds


def _now(device: torch.device) -> float:
    """Seconds of wall-clock, once the device has done all that it was asked to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
