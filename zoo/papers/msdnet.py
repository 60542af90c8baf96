"""MSDNet: Huang et al. 2018."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoo.papers.paper import CIFAR10, CIFAR100, IMAGENET, SGD, Official, Paper, Preset, Published

HUANG_CIFAR = {
    **SGD,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 64,
    "epochs": 300,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""Huang et al. 2018, section 5: divided by 10 after 150 and 225 epochs."""
HUANG_IMAGENET = HUANG_CIFAR | {"batch_size": 256, "epochs": 90, "milestones": [1 / 3, 2 / 3]}
BUDGETED: Mapping[str, Any] = {"base": 1, "step": 1, "spacing": "linear"}
"""Budgeted batch classification on CIFAR: the i-th classifier after 1 + 2 + ... + i layers (paper, appendix A)."""
TINY: Mapping[str, Any] = {
    "exits": 3,
    "base": 1,
    "step": 1,
    "growth": 16,
    "bottleneck_factors": None,
    "head_width": 64,
    "stem_kind": "strided",
}
"""Three scales of 14, 7 and 4 pixels for 28-pixel digits; few and wide convolutions, since each costs time."""


def _imagenet(base: int, step: int) -> Preset:
    parameters = {
        "base": base,
        "step": step,
        "scales": 4,
        "channels": 32,
        "growth": 16,
        "head_width": None,
        "stem_kind": "imagenet",
        "stem_bias": True,
    }
    return Preset(parameters=parameters, task=IMAGENET, recipe=HUANG_IMAGENET)


def _curve(dataset: str, error: float, macs: float) -> Published:
    script = f"early_exit_plot_c{dataset.removeprefix('cifar')}.py"
    return Published(
        dataset=dataset,
        source=f"Huang et al. 2018, budgeted batch classification; figures of the official {script}",
        error=error,
        macs=macs,
        routed=True,
        note="mean cost under lazy evaluation; best of networks of several depths at that budget",
    )


def _budgeted_preset(exits: int, published: Sequence[Published] = ()) -> Preset:
    return Preset(parameters={**BUDGETED, "exits": exits}, task=CIFAR100, recipe=HUANG_CIFAR, published=published)


PAPER = Paper(
    title="MSDNet",
    family="exits early",
    varies="how deep an image goes",
    citation="Huang, Chen, Li, Wu, van der Maaten, Weinberger: Multi-Scale Dense Networks for Resource Efficient "
    "Image Classification. ICLR 2018. arXiv:1703.09844",
    presets={
        "tiny": Preset(parameters=TINY),
        "small": Preset(parameters={**BUDGETED, "exits": 4}),
        "msdnet-24": Preset(
            parameters={"exits": 11, "base": 4, "step": 2},
            task=CIFAR10,
            recipe=HUANG_CIFAR,
            published=[
                Published(
                    dataset="cifar10",
                    source="siddsax/visualizemsdnet (README), a replication",
                    error=5.83,
                    note="anytime, last of 10 exits (22 layers); the first has 9.20",
                    setting="full",
                    changed={"exits": 10},
                )
            ],
        ),
        "msdnet-10": _budgeted_preset(4),
        "msdnet-15": _budgeted_preset(5),
        "msdnet-21": _budgeted_preset(6),
        "msdnet-28": _budgeted_preset(7),
        "msdnet-36": _budgeted_preset(
            8,
            [
                _curve("cifar100", 27.03, 25.0e6),
                _curve("cifar100", 24.17, 50.0e6),
                _curve("cifar100", 22.88, 149.8e6),
                _curve("cifar10", 7.21, 11.7e6),
                _curve("cifar10", 5.61, 53.8e6),
            ],
        ),
        "msdnet-k4": _imagenet(7, 4),
        "msdnet-k6": _imagenet(9, 6),
        "msdnet-k7": _imagenet(10, 7),
        "msdnet-step4": _imagenet(4, 4),
    },
    variants=[
        {"lazy": False, "exits": 5},
        {"bottleneck_factors": (1, 2), "spacing": "linear", "scales": 2, "reduction": 0, "head_width": None},
    ],
    scales={"width": ("channels", "growth", "head_width"), "depth": ("base", "step")},
    official={
        "msdnet-24": Official("kalviny/MSDNet-PyTorch", 5_470_050),
        "msdnet-36": Official("kalviny/MSDNet-PyTorch", 5_310_564),
    },
)
