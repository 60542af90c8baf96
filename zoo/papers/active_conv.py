"""Active Convolution: Jeon & Kim 2017."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.network import Task
from zoo.papers.paper import Official, Paper, Preset, Published
from zoo.papers.resnet import HE_CIFAR, SMALL, TINY

PLAIN_RECIPE = HE_CIFAR
"""64 k iterations as in the official snapshots; the solver was not published, so the rest is that of He et al. 2016.

The official network's own multipliers, of positions and of what decays, are parameters of the presets.
"""
WHITENED = "the released network expects whitened images; here they are normalised by channel"


def _plain(dataset_errors: Mapping[str, float], **parameters: Any) -> Preset:
    published = [
        Published(dataset=dataset, source="Jeon & Kim 2017, plain network (official page)", error=error, note=WHITENED)
        for dataset, error in dataset_errors.items()
    ]
    shape = {"trunk": "plain", "blocks": (2, 2, 2), "widths": (48, 96, 192), "decay_norms": False}
    return Preset(parameters=shape | parameters, recipe=PLAIN_RECIPE, published=published)


PLACES365 = Task(shape=(3, 224, 224), classes=365)


def _alexnet(**parameters: Any) -> Preset:
    """AlexNet as on Places365. Which of its layers the paper replaced is not known to us: here the 3x3 ones."""
    return Preset(parameters={"trunk": "alexnet", **parameters}, task=PLACES365)


PAPER = Paper(
    title="Active Convolution",
    family="fixed graph",
    varies="nothing; kernels learn their shape",
    citation="Jeon, Kim: Active Convolution: Learning the Shape of Convolution for Image Classification. CVPR 2017. "
    "arXiv:1703.09076",
    presets={
        "tiny": Preset(parameters={**TINY, "widths": (16, 32, 40), "stages": (3,)}),
        "small": Preset(parameters={**SMALL, "widths": (16, 32, 40), "stages": (3,)}),
        "plain-acu": _plain({"cifar10": 7.33, "cifar100": 27.11}, stages=(1, 2, 3), warmup_steps=10_000),
        "plain": _plain({"cifar10": 8.01, "cifar100": 27.85}, stages=()),
        "plain-acu-g4": _plain({}, stages=(1, 2, 3), warmup_steps=10_000, position_groups=4),
        "alexnet-acu": _alexnet(stages=(1,), warmup_steps=10_000),
        "alexnet": _alexnet(stages=()),
    },
    variants=[
        {"trunk": "plain", "widths": (8, 16, 24), "stages": (1, 2, 3)},
        {"stages": (2, 3), "last": 1, "reach": 1, "warmup_steps": 2},
        {"block": "bottleneck", "widths": (8, 16, 32), "position_lr": 0.1, "decay_norms": False},
        {"position_groups": 4},
    ],
    official={"alexnet": Official("torchvision", 58_499_245, 711.58752e6)},
)
