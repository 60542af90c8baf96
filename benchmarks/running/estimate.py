"""Estimate how long a network will take on this machine: its training from a few timed steps, timing from options."""

from __future__ import annotations

import time

import torch

import zoo
from benchmarks.data import Dataset
from benchmarks.measuring import Evaluator
from benchmarks.measuring.energy import EnergyOptions
from benchmarks.measuring.energy_meter import RAMP_SECONDS
from benchmarks.measuring.options import Evaluation
from benchmarks.study.study import ModelSpec
from benchmarks.training.adversary import Adversary
from benchmarks.training.loop import make_optimizer
from benchmarks.training.numerics import autocast, single_threaded
from benchmarks.training.schedule import epochs_of_phases
from benchmarks.training.tasks import task_of

STEPS = 3
"""Timed steps per phase, after one warm-up step."""


class TrainingEstimates:
    """Estimates of a study's trainings; a network is timed once for all its seeds.

    Args:
        dataset: of the study.
        device: of training.
    """

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self._dataset, self._device = dataset, device
        self._seconds: dict[str, float] = {}

    def of(self, spec: ModelSpec) -> float:
        """Seconds: see `estimate_training`."""
        network = spec.seedless_key
        if network not in self._seconds:
            self._seconds[network] = estimate_training(spec, self._dataset, self._device)
        return self._seconds[network]


def estimate_training(spec: ModelSpec, dataset: Dataset, device: torch.device) -> float:
    """Seconds of training from scratch on a quiet machine, without validation, to within some tens of percent.

    Of several processes, it is the time of one for its part; what they exchange takes time besides. The steps run on a
    network of their own, and the state of random numbers is restored afterwards.
    """
    size = min(spec.recipe.batch_size, len(dataset.train)) // spec.processes
    seconds = 0.0
    with single_threaded(), torch.random.fork_rng([device] if device.type == "cuda" else []):
        net = zoo.create(spec.selector, task_of(dataset.info)).to(device).to(memory_format=torch.channels_last).train()
        batch = next(iter(dataset.train.batches(size, device=device, channels_last=True)))
        phases = [place.phase for place in epochs_of_phases(net.phases(), spec.recipe.epochs)]
        for phase in dict.fromkeys(phases):
            net.begin(phase.name)
            optimizer = make_optimizer(net, spec.recipe)
            adversary = Adversary(net, spec.recipe) if spec.recipe.adversarial else None
            for step in range(STEPS + 1):
                if step == 1:
                    started = _now(device)
                images = adversary.images(batch.images, batch.labels, 1.0) if adversary else batch.images
                with autocast(spec.recipe.precision, device):
                    out = net(images)
                loss = net.loss(out, batch.labels)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
            per_step = (_now(device) - started) / STEPS
            seconds += phases.count(phase) * per_step * (len(dataset.train) // (size * spec.processes))
    return seconds


def budget(chosen: Evaluator, evaluation: Evaluation, device: torch.device, settings: int = 1) -> float | None:
    """Seconds that an evaluator may spend on its turns, of its options; None if it has no such option.

    Args:
        chosen: the evaluator.
        evaluation: with its options.
        device: that is measured; energy is measured on GPUs only.
        settings: that the network has.
    """
    options = chosen.configured(evaluation)
    if isinstance(options, EnergyOptions):
        turns = 3 + settings if device.type == "cuda" else 0  # idle, the baseline, all units, and every setting
        return (options.seconds + RAMP_SECONDS) * options.repetitions * len(options.batch_sizes) * turns
    seconds, sizes = getattr(options, "seconds", None), getattr(options, "batch_sizes", ())
    return None if seconds is None else float(seconds * len(sizes))


def _now(device: torch.device) -> float:
    """Wall-clock time in seconds, after the device has finished all pending work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
