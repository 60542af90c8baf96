"""Stochastic Depth: Huang et al. 2016."""

from __future__ import annotations

from typing import Any

from zoo.papers.paper import CIFAR10, EXTRA_DIGITS, IMAGENET, SGD, Between, Official, Paper, Preset, Published
from zoo.papers.resnet import SMALL, TINY, cifar, imagenet

SD_CIFAR = {
    **SGD,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 128,
    "epochs": 500,
    "schedule": "step",
    "milestones": [0.5, 0.75],
    "idle_updates": True,
}
"""Section 4. Torch7 goes on with momentum and weight decay in blocks that were dropped."""
SD_SVHN = SD_CIFAR | {"epochs": 50, "milestones": [0.6, 0.7], "augment": False}
SD_1202 = SD_CIFAR | {"epochs": 300, "warmup": 10 / 300, "warmup_steps": 0, "warmup_lr": 0.01}
"""Section 4: ten epochs at .01, then at .1, divided by 10 at epochs 150 and 225."""
SD_IMAGENET = SD_CIFAR | {"epochs": 120, "milestones": [0.25, 0.5, 0.75]}
"""Section 4: the defaults of fb.resnet.torch with batches of 128 for 90 epochs, then 30 epochs at 1e-4."""


def _official(n: int) -> dict[str, Any]:
    return cifar(n, "A-pool") | {"conv_bias": True}


def _table_1(dataset: str, error: float, note: str = "") -> Published:
    unlike = EXTRA_DIGITS if dataset == "svhn" else ""
    return Published(dataset=dataset, source="Huang et al. 2016, Table 1", error=error, note=note, unlike=unlike)


PAPER = Paper(
    title="Stochastic Depth",
    family="drops at training",
    varies="nothing; which blocks run varies per training batch",
    citation="Huang, Sun, Liu, Sedra, Weinberger: Deep Networks with Stochastic Depth. ECCV 2016. arXiv:1603.09382",
    presets={
        "tiny": Preset(parameters={**TINY, "last_survival": 0.8}),
        "small": Preset(parameters=SMALL),
        "stochastic-depth-110": Preset(
            parameters=_official(18),
            task=CIFAR10,
            recipe=SD_CIFAR,
            published=[
                _table_1("cifar10", 5.25, "11.66 without augmentation"),
                _table_1("cifar100", 24.98, "37.8 without augmentation"),
            ],
        ),
        "stochastic-depth-152": Preset(
            parameters=_official(25), task=CIFAR10, recipe=SD_SVHN, published=[_table_1("svhn", 1.75)]
        ),
        "stochastic-depth-1202": Preset(
            parameters=_official(200),
            task=CIFAR10,
            recipe=SD_1202,
            published=[
                Published(dataset="cifar10", source="Huang et al. 2016, section 4, 1202 layers", error=4.91),
            ],
        ),
        "stochastic-depth-imagenet-152": Preset(
            parameters=imagenet((3, 8, 36, 3), "bottleneck"),
            task=IMAGENET,
            recipe=SD_IMAGENET,
            published=[_table_1("imagenet", 21.98, "no better than constant depth, 21.78")],
        ),
    },
    knobs={"last_survival": Between(0.5, 1.0)},
    variants=[
        {"mode": "row", "rescale": "train", "schedule": "uniform", "last_survival": 0.7},
        {"shortcut_kind": "A-pool", "conv_bias": True, "block": "bottleneck", "widths": (8, 16, 32)},
    ],
    official={
        "stochastic-depth-110": Official("yueatsprograms/Stochastic_Depth", 1_732_010, 252.888e6),
        "stochastic-depth-imagenet-152": Official("torchvision", 60_192_808, 11_513.627e6),
    },
)
